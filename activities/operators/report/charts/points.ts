import { formatCell } from '../format.js';
import type { ScaledField } from '../params.js';
import type { Cell, ColumnType, DataTable } from '../report-data.js';

/** Position along x: a number, an instant in milliseconds, or a category. */
export type Position = number | string;

export interface PointSeries {
  name: string;
  points: [Position, number | null][];
}

export interface Points {
  series: PointSeries[];
  xType: ColumnType;
  /** Labels of a category axis in order of appearance; empty for other axes. */
  categories: string[];
  /** Points that cannot be drawn: at or below zero on a log scale. */
  undrawable: number;
}

/** Index of a column that the collector has checked to be there. */
export function columnIndex(table: DataTable, name: string): number {
  const index = table.columns.findIndex((column) => column.name === name);
  if (index < 0) throw new RangeError(`no column ${name}`);
  return index;
}

export const numberAt = (row: Cell[], index: number): number | null => numberOf(row[index] ?? null);

/** Where a cell of a number column is drawn; null for NaN and infinities. */
function numberOf(cell: Cell): number | null {
  const number = typeof cell === 'string' ? Number(cell) : cell;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The name of the series that a row belongs to. */
export function seriesNameAt(table: DataTable, row: Cell[], index: number): string {
  return formatCell(row[index] ?? null, table.columns[index]?.type ?? 'text');
}

/**
 * Splits rows into series of points, by the y column or by a category column. Points without a position are left
 * out; along numbers and time they are sorted.
 */
export function toPoints(table: DataTable, x: ScaledField, ys: ScaledField[], series: string | null): Points {
  const xIndex = columnIndex(table, x.column);
  const xType = table.columns[xIndex]?.type ?? 'text';
  const byName = new Map<string, PointSeries>();
  const categories = new Set<string>();
  let undrawable = 0;
  for (const y of ys) {
    const yIndex = columnIndex(table, y.column);
    const seriesIndex = series === null ? -1 : columnIndex(table, series);
    for (const row of table.rows) {
      const position = toPosition(row[xIndex] ?? null, xType);
      if (position === null) continue;
      const value = numberAt(row, yIndex);
      const drawable =
        !(x.scale === 'log' && typeof position === 'number' && position <= 0) &&
        !(y.scale === 'log' && value !== null && value <= 0);
      if (!drawable) {
        undrawable += 1;
        continue;
      }
      if (typeof position === 'string') categories.add(position);
      const name = seriesIndex < 0 ? y.label : seriesNameAt(table, row, seriesIndex);
      const entry = byName.get(name) ?? { name, points: [] };
      byName.set(name, entry);
      entry.points.push([position, value]);
    }
  }
  const all = [...byName.values()];
  for (const { points } of all) {
    points.sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : 0));
  }
  return { series: all, xType, categories: [...categories], undrawable };
}

function toPosition(cell: Cell, type: ColumnType): Position | null {
  if (cell === null) return null;
  if (type === 'number') return numberOf(cell);
  // Dates are read as UTC by JavaScript, times without a zone are not.
  if (type === 'date') return Date.parse(String(cell));
  if (type === 'instant') return Date.parse(String(cell).replace(/Z?$/, 'Z'));
  return formatCell(cell, type);
}

export function undrawableNotes(count: number): string[] {
  if (count === 0) return [];
  return [
    `${count.toLocaleString('en-GB')} ${count === 1 ? 'value' : 'values'} at or below zero cannot be drawn on the log scale.`,
  ];
}
