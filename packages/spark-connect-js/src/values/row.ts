import { inspect } from 'node:util';
import type { StructType } from '../types/data-type.js';
import type { Decimal } from './decimal.js';
import type { CalendarInterval, DayTimeInterval, YearMonthInterval } from './interval.js';
import type { LocalDate, LocalDateTime, LocalTime, Timestamp } from './time.js';

/** What a column of a row can hold; the package's README says which type of Spark becomes which. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decimal
  | Timestamp
  | LocalDateTime
  | LocalDate
  | LocalTime
  | YearMonthInterval
  | DayTimeInterval
  | CalendarInterval
  | Variant
  | Value[]
  | Map<Value, Value>
  | Row;

/** A semi-structured value in Spark's binary encoding. */
export class Variant {
  constructor(
    readonly value: Uint8Array,
    readonly metadata: Uint8Array,
  ) {}
}

/** The names and types that rows of `T` have: the default for those who don't say. */
export type AnyRow = Record<string, Value>;

/** A row of a result, or a struct inside one. Immutable. */
export class Row<T extends object = AnyRow> implements Iterable<Value> {
  constructor(
    readonly schema: StructType,
    readonly values: readonly Value[],
  ) {}

  /**
   * The value of a column by name; by the first of that name if there are several.
   * @throws RangeError when there is no such column
   */
  get<Name extends keyof T & string>(name: Name): T[Name] {
    const index = positionsOf(this.schema).get(name);
    if (index === undefined) {
      const names = this.schema.fields.map((field) => field.name).join(', ');
      throw new RangeError(`The row has no column "${name}"; its columns are: ${names}`);
    }
    return this.values[index] as T[Name];
  }

  /** The value of a column by position, from 0. @throws RangeError when there is no such column */
  at(index: number): Value {
    const value = this.values[index];
    if (value === undefined)
      throw new RangeError(`The row has ${this.values.length} columns, none at ${index}`);
    return value;
  }

  /** A plain object with the row's values by name; structs inside stay rows. */
  toObject(): T {
    return Object.fromEntries(
      this.schema.fields.map((field, index) => [field.name, this.values[index]]),
    ) as T;
  }

  /** Prints like a plain object. */
  [inspect.custom](): unknown {
    return this.toObject();
  }

  [Symbol.iterator](): Iterator<Value> {
    return this.values[Symbol.iterator]();
  }

  /**
   * What JSON.stringify writes: numbers where JSON holds them, else strings: 64-bit integers beyond ±2^53, `NaN`, `Infinity`
   * and `-Infinity`. Decimals, dates and times are strings; binary is base64; maps are objects, a key that is no text being
   * its JSON.
   */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(
      this.schema.fields.map((field, index) => [field.name, valueToJson(this.values[index] ?? null)]),
    );
  }
}

const positions = new WeakMap<StructType, ReadonlyMap<string, number>>();

/** Where the columns of a schema are, by name; the first of each name. */
function positionsOf(schema: StructType): ReadonlyMap<string, number> {
  let known = positions.get(schema);
  if (known === undefined) {
    known = new Map(schema.fields.map((field, index): [string, number] => [field.name, index]).reverse());
    positions.set(schema, known);
  }
  return known;
}

/** A value as a row gives it to JSON.stringify; see {@link Row.toJSON}. */
export function valueToJson(value: Value): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [keyToJson(key), valueToJson(item)]));
  }
  if (value instanceof Variant) {
    return { value: valueToJson(value.value), metadata: valueToJson(value.metadata) };
  }
  return value;
}

function keyToJson(key: Value): string {
  const json = valueToJson(key);
  return typeof json === 'string' ? json : JSON.stringify(json).replace(/^"(.*)"$/, '$1');
}
