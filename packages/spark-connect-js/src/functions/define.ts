import { type Column, type ColumnOrName, functionCall, named } from '../sql/column.js';

/** Makes a wrapper for a SQL function without arguments. */
export const nullary = (name: string) => (): Column => functionCall(name, []);

/** Makes a wrapper for a SQL function of one column. */
export const unary =
  (name: string) =>
  (column: ColumnOrName): Column =>
    functionCall(name, [named(column)]);

/** Makes a wrapper for a SQL function of two columns. */
export const binary =
  (name: string) =>
  (left: ColumnOrName, right: ColumnOrName): Column =>
    functionCall(name, [named(left), named(right)]);

/** Makes a wrapper for a SQL function of any number of columns. */
export const variadic =
  (name: string) =>
  (...columns: ColumnOrName[]): Column =>
    functionCall(name, columns.map(named));
