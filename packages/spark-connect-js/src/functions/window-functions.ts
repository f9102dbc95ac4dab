import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { nullary } from './define.js';

// Functions over a window: `rank().over(Window.partitionBy('team').orderBy('hours'))`.
export const cumeDist = nullary('cume_dist');
/** Rank without gaps after ties. */
export const denseRank = nullary('dense_rank');
export const percentRank = nullary('percent_rank');
/** Rank with gaps after ties. */
export const rank = nullary('rank');
export const rowNumber = nullary('row_number');
/** Number of the row's group when the window is cut into `groups` of equal size, from 1. */
export const ntile = (groups: number): Column => functionCall('ntile', [lit(groups)]);

/** The value some rows before; `fallback` where there is no such row. */
export const lag = (column: ColumnOrName, rows = 1, fallback: ColumnOrValue = null): Column =>
  functionCall('lag', [named(column), lit(rows), lit(fallback)]);
/** The value some rows after; `fallback` where there is no such row. */
export const lead = (column: ColumnOrName, rows = 1, fallback: ColumnOrValue = null): Column =>
  functionCall('lead', [named(column), lit(rows), lit(fallback)]);
/** The value in the frame's n-th row, from 1. */
export const nthValue = (column: ColumnOrName, n: number, ignoreNulls = false): Column =>
  functionCall('nth_value', [named(column), lit(n), lit(ignoreNulls)]);
export const firstValue = (column: ColumnOrName, ignoreNulls = false): Column =>
  functionCall('first_value', [named(column), lit(ignoreNulls)]);
export const lastValue = (column: ColumnOrName, ignoreNulls = false): Column =>
  functionCall('last_value', [named(column), lit(ignoreNulls)]);
