import { createHash } from 'node:crypto';
import type { MlParams } from '../gen/spark/connect/ml_common_pb.js';
import type { LiteralInit } from '../plan/literal.js';
import { type DataType, types } from '../types/data-type.js';
import { DenseMatrix, DenseVector, type Matrix, SparseMatrix, SparseVector, type Vector } from './linalg.js';
import {
  type AttributeValue,
  arrayLiteral,
  booleanLiteral,
  fromLiteral,
  matrixLiteral,
  stringLiteral,
  vectorLiteral,
} from './literals.js';

/** The type of a param: what values it takes, and how the protocol carries them. */
export interface ParamType<T> {
  /** For error messages: `an integer`. */
  readonly expected: string;
  accepts(value: unknown): boolean;
  encode(value: T): LiteralInit;
}

/** Params of a class, by name. */
export type ParamTable = { readonly [name: string]: ParamType<never> };

/** The params of a table as an object to pass: all are optional, Spark's own defaults apply to those left out. */
export type ParamValues<Table extends ParamTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends ParamType<infer T> ? T : never;
};

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isInt = (value: unknown): boolean => Number.isInteger(value) && Math.abs(Number(value)) <= 0x7fff_ffff;

export const int: ParamType<number> = {
  expected: 'a 32-bit integer',
  accepts: isInt,
  encode: (value) => ({ literalType: { case: 'integer', value } }),
};

/** 64-bit; numbers are taken up to 2⁵³, bigints beyond. */
export const long: ParamType<number | bigint> = {
  expected: 'an integer',
  accepts: (value) => typeof value === 'bigint' || Number.isSafeInteger(value),
  encode: (value) => ({ literalType: { case: 'long', value: BigInt(value) } }),
};

export const double: ParamType<number> = {
  expected: 'a number',
  accepts: isNumber,
  encode: (value) => ({ literalType: { case: 'double', value } }),
};

export const bool: ParamType<boolean> = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  encode: booleanLiteral,
};

export const string: ParamType<string> = {
  expected: 'a string',
  accepts: (value) => typeof value === 'string',
  encode: stringLiteral,
};

/** One of some words. */
export const oneOf = <const Word extends string>(...words: Word[]): ParamType<Word> => ({
  expected: `one of ${words.map((word) => `"${word}"`).join(', ')}`,
  accepts: (value) => (words as unknown[]).includes(value),
  encode: stringLiteral,
});

/** A list of another type. `element` is its type in Spark. */
const listOf = <T>(item: ParamType<T>, expected: string, element: DataType): ParamType<readonly T[]> => ({
  expected,
  accepts: (value) => Array.isArray(value) && value.every(item.accepts),
  encode: (value) => arrayLiteral(element, value.map(item.encode)),
});

export const stringList = listOf(string, 'a list of strings', types.string);
export const intList = listOf(int, 'a list of 32-bit integers', types.integer);
export const doubleList = listOf(double, 'a list of numbers', types.double);
export const doubleLists = listOf(doubleList, 'a list of lists of numbers', types.array(types.double));

export const vector: ParamType<Vector> = {
  expected: 'a vector',
  accepts: (value) => value instanceof DenseVector || value instanceof SparseVector,
  encode: vectorLiteral,
};

export const matrix: ParamType<Matrix> = {
  expected: 'a matrix',
  accepts: (value) => value instanceof DenseMatrix || value instanceof SparseMatrix,
  encode: matrixLiteral,
};

/**
 * Encodes the params that are set.
 * @throws TypeError naming the class and the param, for one that the class doesn't have or a value of another type
 */
export function encodeParams(
  className: string,
  table: ParamTable,
  values: Readonly<Record<string, unknown>>,
): { params: Record<string, LiteralInit> } {
  const params: Record<string, LiteralInit> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const type = Object.hasOwn(table, name) ? table[name] : undefined;
    if (type === undefined) {
      throw new TypeError(
        `${className} has no param "${name}"; it has: ${Object.keys(table).sort().join(', ')}`,
      );
    }
    if (!type.accepts(value)) {
      throw new TypeError(`${className}: param "${name}" must be ${type.expected}, got ${describe(value)}`);
    }
    params[name] = type.encode(value as never);
  }
  return { params };
}

/**
 * A stage's uid, by which Spark names files and default columns. It depends on nothing but the class and the params,
 * so that the same program sends the same plans each time it runs.
 */
export function deriveUid(className: string, values: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(
    Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
  return `${className}_${createHash('sha256').update(`${className}${text}`).digest('hex').slice(0, 12)}`;
}

/** Params as the server sends them with what it loaded. */
export function decodeParams(message: MlParams | undefined): Record<string, AttributeValue> {
  const params = Object.entries(message?.params ?? {}).map(([name, literal]) => [name, fromLiteral(literal)]);
  return Object.fromEntries(params);
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  return JSON.stringify(value) ?? typeof value;
}
