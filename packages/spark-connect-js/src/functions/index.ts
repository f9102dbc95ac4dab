/**
 * Functions of Spark SQL: `import { functions as F } from 'spark-connect-js'`. Arguments of type {@link ColumnOrName}
 * take the name of a column; those of type {@link ColumnOrValue} take texts as literals. For any other function of
 * Spark there are `callFunction` and `expr`.
 */
export { callFunction, col, expr, lit } from '../sql/column.js';
export * from './aggregate.js';
export * from './collection.js';
export * from './conditional.js';
export * from './datetime.js';
export * from './hash.js';
export * from './math.js';
export * from './string.js';
export * from './window-functions.js';
