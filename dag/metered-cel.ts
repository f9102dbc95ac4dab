import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import {
  BudgetError,
  keySteps,
  maxText,
  once,
  spend,
  spendOnList,
  spendOnText,
  spendOnValue,
} from './evaluation-budget.js';
import { compilePattern, type Pattern } from './pattern.js';
import { children } from './references.js';

/**
 * The CEL library bounds what it parses, but not what it evaluates. Here its evaluator is made to count: every node is a step,
 * and calls and operators cost what they do with their operands, which is known before they do it. This leans on the
 * library's inner workings, which its types leave out; tests tell when they change.
 */
type Node = ASTNode & {
  /** Set when a node is checked: works on what its operands gave. */
  handle?: (...args: unknown[]) => unknown;
  evaluate(evaluator: Evaluator, node: Node, context: unknown): unknown;
  /** `alternate` is what a macro such as `map` was made into. */
  readonly meta: { readonly alternate?: { handle?: Node['handle'] } };
};

interface Evaluator {
  run(node: Node, context: unknown): unknown;
  /** Like run, but gives an error as value. */
  tryEval(node: Node, context: unknown): unknown;
}

/** Deepest expression, in nodes. */
const maxDepth = 500;

/** Steps to find out the local time in a zone. */
const zoneSteps = 2_000;

/** Steps to make an error that stays without effect, beside those to find its line. */
const errorSteps = 100;

/** Steps to compile a character of a pattern that only the data gives. */
const patternSteps = 2_000;

/** Longest text of a duration: the library reads it in the cube of its length. */
const maxDuration = 100;

/** Makes the evaluator of an environment count its steps. */
export function countSteps(environment: Environment): void {
  // The library hands its evaluator to nodes alone.
  const probe = environment.parse('null');
  (probe.ast as Node).evaluate = (evaluator) => {
    evaluator.run = (node, context) => {
      spend(1);
      return node.evaluate(evaluator, node, context);
    };
    evaluator.tryEval = (node, context) => {
      try {
        return evaluator.run(node, context);
      } catch (error) {
        if (error instanceof BudgetError) throw error;
        spend(errorSteps + node.end);
        return error;
      }
    };
    return null;
  };
  probe();
}

/** All nodes of an expression that was parsed. @throws Error when they are nested too deeply */
export function nodesOf(root: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === maxDepth) throw new Error(`it is nested more than ${maxDepth} levels deep`);
    found.push(...level);
    level = level.flatMap(({ args }) => children(args));
  }
  return found;
}

/** A pattern in an expression that can't be used, and its place. */
export class PatternError extends Error {
  constructor(
    message: string,
    readonly range: { start: number },
  ) {
    super(message);
  }
}

/**
 * Makes the calls and operators of an expression that was checked cost what they do.
 * @throws PatternError for a pattern that is written in the expression
 */
export function meter(nodes: readonly ASTNode[]): void {
  for (const node of nodes as readonly Node[]) {
    const { handle, meta } = node;
    const { alternate } = meta;
    if (alternate?.handle !== undefined) {
      const { handle: iterate } = alternate;
      alternate.handle = (collection, ...rest) => {
        // Of a map the keys are listed first, even if only some are looked at.
        spend(keysOf(collection) * keySteps);
        return iterate(collection, ...rest);
      };
    } else if (handle === undefined) {
    } else if (node.op === 'call') {
      const [name] = node.args;
      node.handle = (args, ...rest) => {
        spendOnCall(name, args as unknown[]);
        return spendOnResult(handle(args, ...rest));
      };
    } else if (node.op === 'rcall') {
      const [name] = node.args;
      const match = name === 'matches' ? matcher(node.args[2][0]) : undefined;
      node.handle = (args, ...rest) => {
        const [text, argument] = args as unknown[];
        if (match !== undefined && typeof text === 'string' && typeof argument === 'string')
          return match(text, argument);
        spendOnCall(name, args as unknown[]);
        const result = handle(args, ...rest);
        if (name === 'json') spendOnValue(result);
        return spendOnResult(result);
      };
    } else if (node.op === '.?' || node.op === '[?]') {
      node.handle = (...args) => {
        // An index that is out of bounds is an error inside.
        spend(errorSteps + node.end);
        return handle(...args);
      };
    } else if (operators.has(node.op)) {
      const { op } = node;
      node.handle = (left, right, ...rest) => {
        spendOnOperator(op, left, right);
        return spendOnResult(handle(left, right, ...rest));
      };
    }
  }
}

const operators: ReadonlySet<string> = new Set([
  '==',
  '!=',
  'in',
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '<=',
  '>',
  '>=',
]);

/** `matches` by an engine that takes linear time. */
function matcher(pattern: ASTNode | undefined): (text: string, pattern: string) => boolean {
  const test = ({ size, test }: Pattern, text: string): boolean => {
    spend(text.length * size);
    return test(text);
  };
  if (pattern?.op === 'value' && typeof pattern.args === 'string') {
    try {
      const compiled = compilePattern(pattern.args);
      return (text) => test(compiled, text);
    } catch (error) {
      throw new PatternError((error as Error).message, pattern.range);
    }
  }
  return (text, source) => {
    const compiled = once(source, () => {
      spend(source.length * patternSteps);
      return compilePattern(source);
    });
    return test(compiled, text);
  };
}

function spendOnCall(name: string, args: readonly unknown[]): void {
  const [subject, argument] = args;
  switch (name) {
    case 'contains':
    case 'indexOf':
    case 'lastIndexOf':
    case 'split':
    case 'replace':
      // The worst that a search for a text takes.
      spend((lengthOf(subject) * (1 + lengthOf(argument))) / 32);
      break;
    case 'join':
      if (Array.isArray(subject)) spendOnText(joinedLength(subject, lengthOf(argument)));
      break;
    case 'duration':
      if (lengthOf(subject) > maxDuration)
        throw new BudgetError(`a duration has at most ${maxDuration} characters`);
      break;
    default:
      if (name.startsWith('get') && typeof argument === 'string') spend(zoneSteps);
  }
  for (const each of args) {
    spend(Array.isArray(each) ? each.length : lengthOf(each) / 8);
    spend(keysOf(each) * keySteps);
  }
}

function spendOnOperator(op: string, left: unknown, right: unknown): void {
  if (op === '==' || op === '!=' || op === 'in') {
    spendOnValue(left);
    spendOnValue(right);
  } else {
    spend((lengthOf(left) + lengthOf(right)) / 32 + (keysOf(left) + keysOf(right)) * keySteps);
  }
}

function spendOnResult(result: unknown): unknown {
  if (typeof result === 'string') spendOnText(result.length);
  else if (Array.isArray(result)) spendOnList(result.length);
  else if (result instanceof Uint8Array) spendOnText(result.length);
  return result;
}

function joinedLength(parts: readonly unknown[], separator: number): number {
  const length = parts.reduce<number>((sum, part) => sum + lengthOf(part), 0);
  return length + separator * Math.max(0, parts.length - 1);
}

/** Length of texts, lists and bytes. */
function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array ? value.length : 0;
}

/** How many keys a map has. */
function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 0;
  if (value instanceof Map) return value.size;
  return value instanceof Uint8Array ? 0 : Object.keys(value).length;
}

/** @throws BudgetError when replacing would make too long a text */
export function replaceAll(text: string, from: string, to: string): string {
  const most = text.length + (text.length / Math.max(1, from.length) + 1) * to.length;
  if (most > maxText) {
    const count = text.split(from).length + 1;
    spendOnText(text.length + count * (to.length - from.length));
  }
  return text.replaceAll(from, () => to);
}
