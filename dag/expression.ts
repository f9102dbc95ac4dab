import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { useOwnTimes } from './cel-times.js';
import { fromCel, toCel } from './cel-values.js';
import { type Allowance, BudgetError, charactersOf, maxResult, withinBudget } from './evaluation-budget.js';
import { inexactNumber, isExactNumber } from './exact-json.js';
import { registerFunctions } from './expression-functions.js';
import type { Json } from './json.js';
import { countSteps, meter, nodesOf } from './metered-cel.js';
import { didYouMean } from './nearest.js';
import { type Reference, referencesIn } from './references.js';
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
  /** @throws ExpressionError */
  evaluate(scope: Scope): Json;
}

const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true });
for (const variable of variables) environment.registerVariable(variable, 'dyn');
registerFunctions(environment);
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
    return {
      source,
      references: referencesIn(parsed.ast, variables),
      evaluate: (scope) =>
        attempt(source, () => withinBudget(scope.allowance, () => resultOf(parsed, scope))),
    };
  });
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

function attempt<T>(source: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asExpressionError(source, error);
  }
}

function asExpressionError(source: string, error: unknown): ExpressionError {
  if (error instanceof RangeError) return new ExpressionError(source, undefined, 'it is nested too deeply');
  const { summary, message, range, code } = error as {
    summary?: string;
    message?: string;
    range?: { start: number };
    code?: string;
  };
  const problem = summary ?? message ?? String(error);
  return new ExpressionError(source, range && range.start + 1, problem, hintFor(source, code, problem));
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
