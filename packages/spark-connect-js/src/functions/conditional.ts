import {
  CaseColumn,
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { binary, nullary, unary, variadic } from './define.js';

/** Begins a CASE: `when(cond, value).when(…).otherwise(…)`; null when nothing matches. */
export const when = (condition: Column, value: ColumnOrValue): CaseColumn =>
  new CaseColumn([condition, value]);
/** The first value that is not null. */
export const coalesce = variadic('coalesce');
/** The largest value in the row; nulls are skipped. */
export const greatest = variadic('greatest');
/** The smallest value in the row; nulls are skipped. */
export const least = variadic('least');
export const ifnull = binary('ifnull');
export const isnan = unary('isnan');
export const isnull = unary('isnull');
export const isnotnull = unary('isnotnull');
/** The first column, or the second where the first is NaN. */
export const nanvl = binary('nanvl');
/** Null where both are equal, else the first. */
export const nullif = binary('nullif');
export const nvl = binary('nvl');
export const equalNull = binary('equal_null');
/** The second column where the first is not null, else the third. */
export const nvl2 = (test: ColumnOrName, present: ColumnOrName, absent: ColumnOrName): Column =>
  functionCall('nvl2', [named(test), named(present), named(absent)]);
export const not = (condition: ColumnOrName): Column => functionCall('not', [named(condition)]);

export const asc = (column: ColumnOrName): Column => named(column).asc();
export const ascNullsFirst = (column: ColumnOrName): Column => named(column).ascNullsFirst();
export const ascNullsLast = (column: ColumnOrName): Column => named(column).ascNullsLast();
export const desc = (column: ColumnOrName): Column => named(column).desc();
export const descNullsFirst = (column: ColumnOrName): Column => named(column).descNullsFirst();
export const descNullsLast = (column: ColumnOrName): Column => named(column).descNullsLast();

/** Path of the file that the row was read from; empty when there is none. */
export const inputFileName = nullary('input_file_name');
/** Numbers that grow and are unique within the DataFrame, with gaps. */
export const monotonicallyIncreasingId = nullary('monotonically_increasing_id');
export const sparkPartitionId = nullary('spark_partition_id');
export const currentCatalog = nullary('current_catalog');
export const currentDatabase = nullary('current_database');
export const currentUser = nullary('current_user');
export const version = nullary('version');
/** The name of a column's type. */
export const typeOf = unary('typeof');
/** Fails the query with a message. */
export const raiseError = (message: ColumnOrValue): Column => functionCall('raise_error', [lit(message)]);
/** Null where a condition holds; elsewhere fails the query with a message. */
export const assertTrue = (condition: ColumnOrName, message?: ColumnOrValue): Column =>
  functionCall('assert_true', [named(condition), ...(message === undefined ? [] : [lit(message)])]);
