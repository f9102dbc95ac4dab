import { type Column, type ColumnOrName, callFunction, col, lit } from '../sql/column.js';

/** A column of vectors as a column of arrays, which SQL can read. */
export const vectorToArray = (vector: ColumnOrName, dtype: 'float64' | 'float32' = 'float64'): Column =>
  callFunction('vector_to_array', toColumn(vector), lit(dtype));

/** A column of arrays of numbers as a column of dense vectors. */
export const arrayToVector = (array: ColumnOrName): Column =>
  callFunction('array_to_vector', toColumn(array));

const toColumn = (column: ColumnOrName): Column => (typeof column === 'string' ? col(column) : column);
