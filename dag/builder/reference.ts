import type { Json } from '../json.js';

/** The expression behind a reference. A registered symbol, so that two copies of this module understand each other. */
const expressionOf: unique symbol = Symbol.for('nightjar.expression');

interface Expression {
  /** In CEL. */
  text: string;
  /** The same as a part of another expression: in parentheses when it needs them. */
  operand: string;
}

declare const valueType: unique symbol;

/** A value that is known when the task starts: an expression that gives a `T`. */
export interface Reference<out T = unknown> {
  readonly [expressionOf]: Expression;
  readonly [valueType]?: T;
}

// What is known of a value is checked; of any JSON nothing is known, and TypeScript's word for that is `any`.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Unknown = any;

/** A reference whose parts are references in turn: `fetch.output.orders[0].path`. */
export type Ref<T> = [Json] extends [T] ? Unknown : Reference<T> & Members<NonNullable<T>>;

type Members<T> = T extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item> }
  : T extends object
    ? { readonly [Key in keyof T]-?: Ref<T[Key]> }
    : unknown;

/** A reference to the value of a CEL expression, which `operand` writes as a part of another one. */
export function reference(text: string, operand = text): Ref<unknown> {
  const expression: Expression = { text, operand };
  return new Proxy(Object.freeze({}), {
    get(_target, key) {
      if (key === expressionOf) return expression;
      // Within JavaScript's own template strings.
      if (key === Symbol.toPrimitive) return () => `\${{ ${text} }}`;
      return typeof key === 'string' ? reference(operand + member(key)) : undefined;
    },
    has: (_target, key) => key === expressionOf,
  });
}

export function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && expressionOf in value;
}

export function expressionIn(value: Reference): Expression {
  return value[expressionOf];
}

/** Words that CEL keeps for itself. */
const reserved = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);

/** `.name`, `[0]` or `["any-thing"]`. */
export function member(key: string): string {
  if (/^(0|[1-9]\d*)$/.test(key)) return `[${key}]`;
  return /^[A-Za-z_]\w*$/.test(key) && !reserved.has(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
