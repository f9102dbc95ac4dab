import { type DataType, type StructField, type StructType, types } from '../types/data-type.js';
import type { RowInput } from './arrow-write.js';
import { Decimal } from './decimal.js';
import { CalendarInterval, DayTimeInterval, YearMonthInterval } from './interval.js';
import { Row, Variant } from './row.js';
import { LocalDate, LocalDateTime, LocalTime, Timestamp } from './time.js';

/**
 * Guesses a schema from the values of rows: numbers are DOUBLE, or BIGINT where all of a column are whole; Dates
 * TIMESTAMP; plain objects structs; Maps maps. Columns of rows given as arrays are called `_1`, `_2` and so on.
 * @throws TypeError when there are no rows, a column holds nulls only, or its values differ in type
 */
export function inferSchema(rows: readonly RowInput[]): StructType {
  if (rows.length === 0) throw new TypeError('Without rows, a schema must be given');
  return types.struct(inferFields(rows, ''));
}

function inferFields(rows: readonly unknown[], path: string): StructField[] {
  const columns = new Map<string, unknown[]>();
  for (const row of rows) {
    for (const [name, value] of entriesOf(row)) {
      const values = columns.get(name) ?? [];
      values.push(value);
      columns.set(name, values);
    }
  }
  return [...columns].map(([name, values]) => types.field(name, inferType(values, path + name)));
}

function entriesOf(row: unknown): [string, unknown][] {
  if (row instanceof Row) return Object.entries(row.toObject());
  if (Array.isArray(row)) return row.map((value, index) => [`_${index + 1}`, value]);
  return Object.entries(row ?? {});
}

function inferType(values: readonly unknown[], path: string): DataType {
  const present = values.filter((value) => value !== null && value !== undefined);
  const kinds = new Set(present.map(kindOf));
  const [kind] = kinds;
  if (kind === undefined)
    throw new TypeError(`The type of "${path}" cannot be guessed from nulls; give a schema`);
  if (kinds.size > 1) {
    throw new TypeError(
      `The values of "${path}" are of several types (${[...kinds].join(', ')}); give a schema`,
    );
  }
  switch (kind) {
    case 'number':
      return present.every(Number.isSafeInteger) ? types.long : types.double;
    case 'decimal': {
      const decimals = present as Decimal[];
      const scale = Math.max(...decimals.map((value) => value.scale));
      const digits = Math.max(...decimals.map((value) => value.precision - value.scale));
      return types.decimal(Math.min(38, Math.max(1, digits + scale)), scale);
    }
    case 'array':
      return types.array(inferType(present.flat(), `${path}[]`));
    case 'map': {
      const maps = present as Map<unknown, unknown>[];
      return types.map(
        inferType(
          maps.flatMap((map) => [...map.keys()]),
          `${path} keys`,
        ),
        inferType(
          maps.flatMap((map) => [...map.values()]),
          `${path} values`,
        ),
      );
    }
    case 'object':
      return types.struct(inferFields(present, `${path}.`));
    default:
      return atoms[kind];
  }
}

const atoms = {
  boolean: types.boolean,
  bigint: types.long,
  string: types.string,
  binary: types.binary,
  timestamp: types.timestamp,
  timestampNtz: types.timestampNtz,
  date: types.date,
  time: types.time(),
  yearMonthInterval: types.yearMonthInterval(),
  dayTimeInterval: types.dayTimeInterval(),
  calendarInterval: types.calendarInterval,
  variant: types.variant,
} as const;

function kindOf(value: unknown): keyof typeof atoms | 'number' | 'decimal' | 'array' | 'map' | 'object' {
  const type = typeof value;
  if (type === 'boolean' || type === 'bigint' || type === 'string' || type === 'number') return type;
  if (value instanceof Uint8Array) return 'binary';
  if (value instanceof Date || value instanceof Timestamp) return 'timestamp';
  if (value instanceof LocalDateTime) return 'timestampNtz';
  if (value instanceof LocalDate) return 'date';
  if (value instanceof LocalTime) return 'time';
  if (value instanceof Decimal) return 'decimal';
  if (value instanceof YearMonthInterval) return 'yearMonthInterval';
  if (value instanceof DayTimeInterval) return 'dayTimeInterval';
  if (value instanceof CalendarInterval) return 'calendarInterval';
  if (value instanceof Variant) return 'variant';
  if (Array.isArray(value)) return 'array';
  return value instanceof Map ? 'map' : 'object';
}
