import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { binary, nullary, unary } from './define.js';

// Each is the function of Spark SQL with the same name.
export const abs = unary('abs');
export const acos = unary('acos');
export const acosh = unary('acosh');
export const asin = unary('asin');
export const asinh = unary('asinh');
export const atan = unary('atan');
export const atan2 = binary('atan2');
export const atanh = unary('atanh');
export const bin = unary('bin');
export const bitCount = unary('bit_count');
export const bitwiseNot = unary('~');
export const cbrt = unary('cbrt');
export const cos = unary('cos');
export const cosh = unary('cosh');
export const cot = unary('cot');
export const csc = unary('csc');
export const degrees = unary('degrees');
export const e = nullary('e');
export const exp = unary('exp');
export const expm1 = unary('expm1');
export const factorial = unary('factorial');
export const hex = unary('hex');
export const hypot = binary('hypot');
/** Natural logarithm. */
export const ln = unary('ln');
export const log10 = unary('log10');
export const log1p = unary('log1p');
export const log2 = unary('log2');
export const negative = unary('negative');
export const pi = nullary('pi');
/** Remainder that is never negative. */
export const pmod = binary('pmod');
export const pow = (base: ColumnOrName, exponent: ColumnOrValue): Column =>
  functionCall('power', [named(base), lit(exponent)]);
export const radians = unary('radians');
/** The nearest whole number as a DOUBLE; halves go to the even one. */
export const rint = unary('rint');
export const sec = unary('sec');
export const signum = unary('signum');
export const sin = unary('sin');
export const sinh = unary('sinh');
export const sqrt = unary('sqrt');
export const tan = unary('tan');
export const tanh = unary('tanh');
export const tryAdd = binary('try_add');
/** Division with null instead of an error for a zero divisor. */
export const tryDivide = binary('try_divide');
export const tryMultiply = binary('try_multiply');
export const trySubtract = binary('try_subtract');
export const unhex = unary('unhex');

/** Rounds halves away from zero, to a number of digits after the point (negative: before it). */
export const round = (column: ColumnOrName, digits = 0): Column =>
  functionCall('round', [named(column), lit(digits)]);
/** Rounds halves to the even neighbour. */
export const bround = (column: ColumnOrName, digits = 0): Column =>
  functionCall('bround', [named(column), lit(digits)]);
export const ceil = (column: ColumnOrName, digits?: number): Column => scaled('ceil', column, digits);
export const floor = (column: ColumnOrName, digits?: number): Column => scaled('floor', column, digits);

/** Logarithm to a base, e by default. */
export const log = (column: ColumnOrName, base?: number): Column =>
  base === undefined ? ln(column) : functionCall('log', [lit(base), named(column)]);
/** Converts the text of a number from one base to another. */
export const conv = (column: ColumnOrName, fromBase: number, toBase: number): Column =>
  functionCall('conv', [named(column), lit(fromBase), lit(toBase)]);
export const shiftLeft = (column: ColumnOrName, bits: number): Column =>
  functionCall('shiftleft', [named(column), lit(bits)]);
export const shiftRight = (column: ColumnOrName, bits: number): Column =>
  functionCall('shiftright', [named(column), lit(bits)]);
/** Number of the bucket of equal width between two bounds that a value falls into, from 1. */
export const widthBucket = (
  column: ColumnOrName,
  lower: ColumnOrValue,
  upper: ColumnOrValue,
  buckets: ColumnOrValue,
): Column => functionCall('width_bucket', [named(column), lit(lower), lit(upper), lit(buckets)]);

/** Uniformly distributed numbers in [0, 1); the same ones for the same seed, partitions and order of rows. */
export const rand = (seed?: number | bigint): Column => seeded('rand', seed);
/** Numbers of the standard normal distribution; see {@link rand}. */
export const randn = (seed?: number | bigint): Column => seeded('randn', seed);

function scaled(name: string, column: ColumnOrName, digits: number | undefined): Column {
  return functionCall(name, digits === undefined ? [named(column)] : [named(column), lit(digits)]);
}

function seeded(name: string, seed: number | bigint | undefined): Column {
  return functionCall(name, seed === undefined ? [] : [lit(seed)]);
}
