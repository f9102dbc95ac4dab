import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { fromCel, toCel } from './cel-values.js';
import { registerFunctions } from './expression-functions.js';
import type { Json } from './json.js';
import { didYouMean } from './nearest.js';
import { type Reference, referencesIn } from './references.js';

/** The variables that expressions see; `event` in callbacks alone. */
export const variables = ['params', 'config', 'dag', 'run', 'tasks', 'item', 'index', 'event'] as const;

export type VariableName = (typeof variables)[number];

/** Values of the variables, converted for CEL once by {@link toCel}. Absent ones are unknown in this place. */
export type Scope = Readonly<Partial<Record<VariableName, unknown>>>;

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
    const summary = `expression \`${expression}\`${place}: ${problem}`;
    super(hint === undefined ? summary : `${summary} (${hint})`);
    this.summary = summary;
  }
}

/** A parsed expression. */
export interface Expression {
  readonly source: string;
  /** What it reads of the variables, as far as it can be known without evaluating it. */
  readonly references: readonly Reference[];
  /** @throws ExpressionError */
  evaluate(scope: Scope): Json;
}

const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true });
for (const variable of variables) environment.registerVariable(variable, 'dyn');
registerFunctions(environment);

/**
 * Parses a CEL expression.
 * @throws ExpressionError for a syntax error, an unknown variable or function, or types that don't fit.
 */
export function parseExpression(source: string): Expression {
  const parsed = attempt(source, () => environment.parse(source));
  const check = parsed.check();
  if (!check.valid) throw asExpressionError(source, check.error);
  return {
    source,
    references: referencesIn(parsed.ast, variables),
    evaluate: (scope) => attempt(source, () => fromCel(evaluate(parsed, scope))),
  };
}

function evaluate(parsed: ParseResult, scope: Scope): unknown {
  const value: unknown = parsed(scope);
  if (value instanceof Promise) throw new Error('the expression is asynchronous');
  return value;
}

/** The scope of a run's expressions without tasks; values are converted once, here. */
export function createScope(values: Readonly<Partial<Record<VariableName, Json>>>): Scope {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toCel(value)]));
}

function attempt<T>(source: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asExpressionError(source, error);
  }
}

function asExpressionError(source: string, error: unknown): ExpressionError {
  const { summary, message, range, code } = error as {
    summary?: string;
    message?: string;
    range?: { start: number };
    code?: string;
  };
  const problem = summary ?? message ?? String(error);
  return new ExpressionError(source, range && range.start + 1, problem, hintFor(source, code, problem));
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
