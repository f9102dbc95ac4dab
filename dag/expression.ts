import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { useOwnTimes } from './cel-times.js';
import { fromCel, toCel } from './cel-values.js';
import { type Allowance, BudgetError, charactersOf, maxResult, withinBudget } from './evaluation-budget.js';
import { inexactNumber, isExactNumber } from './exact-json.js';
import { registerFunctions } from './expression-functions.js';
import type { Json } from './json.js';
import { countSteps, meter, nodesOf } from './metered-cel.js';
import { didYouMean } from './nearest.js';
import { type QuotingName, quotingNames } from './quoting/codes.js';
import { registerQuoting } from './quoting/functions.js';
import { type Reference, referencesIn, textsOf } from './references.js';
import type { ParamSchema } from './schema/param.js';

/** The variables that expressions see; `event` in callbacks alone. */
export const variables = ['params', 'config', 'dag', 'run', 'tasks', 'item', 'index', 'event'] as const;

export type VariableName = (typeof variables)[number];

/** Values of the variables, converted for CEL once by {@link toCel}. Absent ones are unknown in this place. */
export type Scope = Readonly<Partial<Record<VariableName, unknown>>> & {
  /** Bears what evaluations in this scope cost. */
  readonly allowance?: Allowance;
};

/** Longest expression, in characters. */
const maxLength = 20_000;

/** An expression that can't be parsed or evaluated. The message names the expression, the place in it and what is wrong. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The message without the hint. */
  readonly summary: string;
  constructor(
    /** The expression's text. */
    readonly expression: string,
    /** From 1, in {@link expression}; undefined when no place is known. */
    readonly position: number | undefined,
    readonly problem: string,
    readonly hint?: string,
  ) {
    const place = position === undefined ? '' : ` at character ${position}`;
    const summary = `expression \`${shortened(expression)}\`${place}: ${problem}`;
    super(hint === undefined ? summary : `${summary} (${hint})`);
    this.summary = summary;
  }
}

/** A parsed expression. */
export interface Expression {
  readonly source: string;
  /** What it reads of the variables, as far as it can be known without evaluating it. */
  readonly references: readonly Reference[];
  /** Those that its text could come from, if it gives text at all. */
  readonly textReferences: readonly Reference[];
  /** The function that makes all of it a part of code. */
  readonly quoting: QuotingName | undefined;
  /** @throws ExpressionError */
  evaluate(scope: Scope): Json;
}

const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true });
for (const variable of variables) environment.registerVariable(variable, 'dyn');
registerFunctions(environment);
registerQuoting(environment);
countSteps(environment);

/**
 * Parses a CEL expression.
 * @throws ExpressionError for a syntax error, an unknown variable or function, types that don't fit, or a pattern that can't
 * be used.
 */
export function parseExpression(source: string): Expression {
  return attempt(source, () => {
    if (source.length > maxLength) {
      throw new Error(`it has ${source.length} characters, at most ${maxLength} are allowed`);
    }
    const parsed = environment.parse(source);
    const nodes = nodesOf(parsed.ast);
    const check = parsed.check();
    if (!check.valid) throw check.error;
    refuseInexactNumbers(source, nodes);
    useOwnTimes(nodes);
    meter(nodes);
    const quoting = quotingOf(parsed.ast);
    const start = quoting === undefined ? 0 : quoting.length + 1;
    // Errors are about what was written.
    const written = quoting === undefined ? source : source.slice(start, -1).trim();
    return {
      source,
      references: referencesIn(parsed.ast, variables),
      get textReferences() {
        return textsOf(parsed.ast).flatMap((node) => referencesIn(node, variables));
      },
      quoting,
      evaluate: (scope) =>
        attempt(written, () => withinBudget(scope.allowance, () => resultOf(parsed, scope)), start),
    };
  });
}

function quotingOf({ op, args, input }: ASTNode): QuotingName | undefined {
  const name = op === 'call' ? quotingNames.find((each) => each === args[0]) : undefined;
  return name !== undefined && input.startsWith(`${name}(`) && input.endsWith(')') ? name : undefined;
}

/** Of doubles; the library reads integers with all their digits. */
function refuseInexactNumbers(source: string, nodes: readonly ASTNode[]): void {
  for (const { op, args, range } of nodes) {
    if (op !== 'value' || typeof args !== 'number') continue;
    const literal = source.slice(range.start, range.end);
    if (isExactNumber(literal)) continue;
    const { message, hint } = inexactNumber(literal);
    throw Object.assign(new Error(`${message} (${hint})`), { range });
  }
}

function resultOf(parsed: ParseResult, scope: Scope): Json {
  const value: unknown = parsed(scope);
  if (value instanceof Promise) throw new Error('the expression is asynchronous');
  if (charactersOf(value) > maxResult) {
    throw new BudgetError(
      `its result has more than ${maxResult} characters; let a dataset or a file hold it`,
    );
  }
  return fromCel(value);
}

/**
 * The scope of a run's expressions without tasks; values are converted once, here.
 * @param params The schemas of the params: those that are `number` are doubles.
 */
export function createScope(
  values: Readonly<Partial<Record<VariableName, Json>>>,
  params: Readonly<Record<string, ParamSchema>> = {},
): Scope {
  const schemas: Partial<Record<string, Json>> = { params: { properties: params as Json } };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, toCel(value, schemas[name])]),
  );
}

/** @param start Where the source begins in what was parsed. */
function attempt<T>(source: string, action: () => T, start = 0): T {
  try {
    return action();
  } catch (error) {
    throw asExpressionError(source, error, start);
  }
}

function asExpressionError(source: string, error: unknown, start: number): ExpressionError {
  if (error instanceof RangeError) return new ExpressionError(source, undefined, 'it is nested too deeply');
  const { summary, message, range, code } = error as {
    summary?: string;
    message?: string;
    range?: { start: number };
    code?: string;
  };
  const problem = summary ?? message ?? String(error);
  const position = range && range.start >= start ? range.start - start + 1 : undefined;
  return new ExpressionError(source, position, problem, hintFor(source, code, problem));
}

function shortened(expression: string): string {
  return expression.length > 500 ? `${expression.slice(0, 499)}…` : expression;
}

function hintFor(source: string, code: string | undefined, problem: string): string | undefined {
  if (code === 'unknown_variable') {
    const dashed = /\btasks\.([\w]+-[\w-]*\w)/.exec(source);
    if (dashed) return `write tasks["${dashed[1]}"] for a task id that holds '-'`;
    const name = problem.slice(problem.lastIndexOf(' ') + 1);
    return didYouMean(name, variables) ?? `known: ${variables.join(', ')}`;
  }
  if (code === 'no_such_overload' && /\bstring\b/.test(problem)) return 'convert to text with string(…)';
  if (code === 'no_such_key') return 'test with has(…) whether a key is there';
  return undefined;
}
