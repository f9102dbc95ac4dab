import type { LiteralInit } from '../plan/literal.js';
import type { DataFrame } from '../sql/data-frame.js';
import type { AttributeValue } from './literals.js';
import type { ParamType } from './params.js';

type ParamTypes<Args extends readonly unknown[]> = { readonly [Index in keyof Args]: ParamType<Args[Index]> };

/** Something that a model or its summary can be asked for on the server. */
export interface Attribute {
  readonly args: readonly ParamType<never>[];
  /** Whether the answer is a DataFrame, which asks the server only when it is used. */
  readonly isFrame: boolean;
}

/** An attribute with the type of the method that asks for it. */
export interface TypedAttribute<Args extends readonly unknown[], Result> extends Attribute {
  /** For the type checker alone: nothing has this. */
  readonly method?: (...args: Args) => Result;
}

/** Attributes of a class, by name. */
export type AttributeTable = { readonly [name: string]: Attribute };

/** The attributes of a table as methods. Values are promises: each call asks the server. */
export type AttributeMethods<Table extends AttributeTable> = {
  readonly [Name in keyof Table]: Table[Name] extends TypedAttribute<infer Args, infer Result>
    ? (...args: Args) => Result
    : never;
};

/** An attribute that is a value, with the types of its arguments if it takes any. */
export const value = <Result extends AttributeValue, Args extends readonly unknown[] = []>(
  ...args: ParamTypes<Args>
): TypedAttribute<Args, Promise<Result>> => ({ args, isFrame: false });

/** An attribute that is a DataFrame. */
export const frame = (): TypedAttribute<[], DataFrame> => ({ args: [], isFrame: true });

/** Encodes the arguments of a call. @throws TypeError for one of another type than declared */
export function encodeArgs(
  method: string,
  types: readonly ParamType<never>[],
  args: readonly unknown[],
): LiteralInit[] {
  return types.map((type, index) => {
    const arg = args[index];
    if (!type.accepts(arg)) {
      throw new TypeError(`${method}: argument ${index + 1} must be ${type.expected}, got ${String(arg)}`);
    }
    return type.encode(arg as never);
  });
}
