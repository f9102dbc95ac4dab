import { extentOf } from './extent.js';
import type { Cell, ColumnType } from './report-data.js';

const locale = 'en-GB';
/** Between a number and its unit: narrow and unbreakable. */
const gap = '\u202f';

/** A column's name as a label: `lead_time` → `Lead time`. */
export function humanise(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A number for reading: thousands separated, about four significant digits, its unit appended. */
export function formatNumber(value: number, unit = ''): string {
  return formatWith(value, unit, unit === '%' ? percentDigits(value * 100) : digits(value));
}

/** How to write the numbers of one column: as {@link formatNumber}, but all with as many digits after the point. */
export function columnFormat(values: number[], unit = ''): (value: number) => string {
  const scaled = values.map((value) => Math.abs(unit === '%' ? value * 100 : value));
  const [low, high] = extentOf(scaled.filter((size) => size > 0)) ?? [0, 0];
  const { maximumFractionDigits } = unit === '%' ? percentDigits(high) : digits(high);
  const whole = scaled.every(Number.isInteger);
  // Where the smallest would keep less than two of its digits, each number is written by its own size.
  if (whole || maximumFractionDigits === undefined || low * 10 ** maximumFractionDigits < 10) {
    return (value) => formatNumber(value, unit);
  }
  const fixed = { maximumFractionDigits, minimumFractionDigits: maximumFractionDigits };
  return (value) => formatWith(value, unit, fixed);
}

function formatWith(value: number, unit: string, options: Intl.NumberFormatOptions): string {
  switch (unit) {
    case '%':
      return `${plain(value * 100, options)}%`;
    case 'bytes':
      return formatBytes(value);
    case 's':
      return formatSeconds(value);
    default:
      return unit === '' ? plain(value, options) : `${plain(value, options)}${gap}${unit}`;
  }
}

function plain(value: number, options: Intl.NumberFormatOptions = digits(value)): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) return value.toExponential(2);
  return value.toLocaleString(locale, options);
}

/** Digits for a number of this size. */
function digits(value: number): Intl.NumberFormatOptions {
  const size = Math.abs(value);
  if (size >= 1000) return { maximumFractionDigits: 0 };
  if (size >= 1) return { maximumFractionDigits: size >= 100 ? 1 : 2 };
  return { maximumSignificantDigits: 3 };
}

function percentDigits(percent: number): Intl.NumberFormatOptions {
  return Math.abs(percent) >= 10 ? { maximumFractionDigits: 1 } : digits(percent);
}

/** A number for an axis: short (`1.2M`), with the unit only where it changes how the number is written. */
export function formatTick(value: number, unit = ''): string {
  if (unit === '%') return `${plain(value * 100)}%`;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 's') return formatSeconds(value);
  if (Math.abs(value) < 10_000) return plain(Number(value.toPrecision(12)));
  return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 });
}

/** Bytes in binary units: `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(Math.abs(bytes), 1)) / 10));
  const value = bytes / 1024 ** power;
  return `${plain(Number(value.toPrecision(3)))}${gap}${units[power]}`;
}

/** A duration: `350 ms`, `12.3 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0) return `-${formatSeconds(-seconds)}`;
  if (seconds === 0) return `0${gap}s`;
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))}${gap}ms`;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))}${gap}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, 'min', 's');
  return twoUnits(Math.round(whole / 60), 'h', 'min');
}

function twoUnits(value: number, large: string, small: string): string {
  const rest = value % 60;
  const first = `${plain(Math.floor(value / 60))}${gap}${large}`;
  return rest === 0 ? first : `${first} ${rest}${gap}${small}`;
}

/** A time as `2024-03-01 02:00 UTC`, with seconds only when there are any. Times without a zone stay without. */
export function formatInstant(iso: string): string {
  const match = /^(.+)T(\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z?)$/.exec(iso);
  if (match === null) return iso;
  const [, date, minutes, seconds, zone] = match;
  const time = seconds === ':00' || seconds === undefined ? minutes : `${minutes}${seconds}`;
  return `${date} ${time}${zone === 'Z' ? ' UTC' : ''}`;
}

/** A cell for reading. Absent values are a dash. */
export function formatCell(cell: Cell, type: ColumnType, unit = ''): string {
  if (cell === null) return '–';
  if (typeof cell === 'number') return formatNumber(cell, unit);
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return type === 'instant' ? formatInstant(cell) : cell;
}

/** Whether a unit is only written behind numbers, so that it may stand once in a heading instead. */
export function isAppended(unit: string): boolean {
  return !['', '%', 's', 'bytes'].includes(unit);
}

/** The title of an axis: `Duration (h, log scale)`. */
export function axisTitle(axis: { label: string; unit: string; scale?: 'linear' | 'log' }): string {
  const inLabel = isAppended(axis.unit) ? [axis.unit] : [];
  const notes = axis.scale === 'log' ? [...inLabel, 'log scale'] : inLabel;
  return notes.length === 0 ? axis.label : `${axis.label} (${notes.join(', ')})`;
}
