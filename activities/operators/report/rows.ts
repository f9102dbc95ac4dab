import type { Cell, ColumnType, DataTable } from './report-data.js';

/**
 * Makes a table of rows given as objects, which may have different keys, or of one object, whose entries become rows
 * of `name` and `value`. Keeps at most so many rows.
 */
export function rowsToTable(data: Record<string, Cell>[] | Record<string, Cell>, maxRows: number): DataTable {
  const all = Array.isArray(data) ? data : Object.entries(data).map(([name, value]) => ({ name, value }));
  const objects: Record<string, Cell>[] = all.slice(0, maxRows);
  const names = [...new Set(objects.flatMap((row) => Object.keys(row)))];
  return {
    columns: names.map((name) => ({ name, type: typeOf(objects.map((row) => row[name] ?? null)) })),
    rows: objects.map((row) => names.map((name) => row[name] ?? null)),
    truncated: all.length > maxRows,
  };
}

/** The type that all values of a column share; text when they differ. */
function typeOf(values: Cell[]): ColumnType {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  const [only] = types;
  return types.size === 1 && (only === 'number' || only === 'boolean') ? only : 'text';
}
