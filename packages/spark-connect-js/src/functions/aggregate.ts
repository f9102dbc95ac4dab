import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { binary, unary, variadic } from './define.js';

export const anyValue = unary('any_value');
export const avg = unary('avg');
export const bitAnd = unary('bit_and');
export const bitOr = unary('bit_or');
export const bitXor = unary('bit_xor');
export const boolAnd = unary('bool_and');
export const boolOr = unary('bool_or');
/** All values as an array, in no certain order. */
export const collectList = unary('collect_list');
/** The distinct values as an array, in no certain order. */
export const collectSet = unary('collect_set');
export const corr = binary('corr');
/** Number of rows for which a condition is true. */
export const countIf = unary('count_if');
export const covarPop = binary('covar_pop');
export const covarSamp = binary('covar_samp');
/** In rows of a cube or rollup: 1 when the column was summed over, else 0. */
export const grouping = unary('grouping');
export const groupingId = variadic('grouping_id');
export const kurtosis = unary('kurtosis');
export const max = unary('max');
/** The first column's value in the row where the second is largest. */
export const maxBy = binary('max_by');
export const mean = unary('avg');
export const median = unary('median');
export const min = unary('min');
/** The first column's value in the row where the second is smallest. */
export const minBy = binary('min_by');
export const mode = unary('mode');
export const product = unary('product');
export const regrCount = binary('regr_count');
export const regrIntercept = binary('regr_intercept');
export const regrR2 = binary('regr_r2');
export const regrSlope = binary('regr_slope');
export const skewness = unary('skewness');
/** Standard deviation of a sample. */
export const stddev = unary('stddev');
export const stddevPop = unary('stddev_pop');
export const stddevSamp = unary('stddev_samp');
export const sum = unary('sum');
export const tryAvg = unary('try_avg');
export const trySum = unary('try_sum');
export const variance = unary('variance');
export const varPop = unary('var_pop');
export const varSamp = unary('var_samp');

/** Number of rows in which the column is not null; of all rows for `*`. */
export const count = (column: ColumnOrName = '*'): Column =>
  functionCall('count', [column === '*' ? lit(1) : named(column)]);
/** Number of distinct combinations of values that are not null. */
export const countDistinct = (...columns: ColumnOrName[]): Column =>
  functionCall('count', columns.map(named), true);
export const sumDistinct = (column: ColumnOrName): Column => functionCall('sum', [named(column)], true);
/** Number of distinct values, estimated; `relativeError` is its standard deviation, by default 0.05. */
export const approxCountDistinct = (column: ColumnOrName, relativeError?: number): Column =>
  functionCall('approx_count_distinct', [
    named(column),
    ...(relativeError === undefined ? [] : [lit(relativeError)]),
  ]);

/** The value in the first row seen; with `ignoreNulls` the first that is not null. */
export const first = (column: ColumnOrName, ignoreNulls = false): Column =>
  functionCall('first', [named(column), lit(ignoreNulls)]);
export const last = (column: ColumnOrName, ignoreNulls = false): Column =>
  functionCall('last', [named(column), lit(ignoreNulls)]);

/** Exact percentile, interpolated; `p` in 0–1, or several of them for an array. */
export const percentile = (column: ColumnOrName, p: ColumnOrValue): Column =>
  functionCall('percentile', [named(column), lit(p)]);
/** A value of the column at about that percentile; greater `accuracy` is closer and takes more memory. */
export const percentileApprox = (column: ColumnOrName, p: ColumnOrValue, accuracy = 10_000): Column =>
  functionCall('percentile_approx', [named(column), lit(p), lit(accuracy)]);
/** The texts of a group, joined. */
export const listagg = (column: ColumnOrName, delimiter = ''): Column =>
  functionCall('listagg', [named(column), lit(delimiter)]);
/** A histogram with about that many bins, as an array of structs x, y. */
export const histogramNumeric = (column: ColumnOrName, bins: number): Column =>
  functionCall('histogram_numeric', [named(column), lit(bins)]);
