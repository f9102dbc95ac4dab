import * as arrow from 'apache-arrow';
import { type DataType, type StructType, types } from '../types/data-type.js';
import { simpleString } from '../types/type-text.js';
import { toInput } from './input.js';
import type { CalendarInterval } from './interval.js';
import { Row, Variant } from './row.js';

/** A row as callers give it: a {@link Row}, an object with the columns' names as keys, or the values in order. */
export type RowInput = Row<object> | Readonly<Record<string, unknown>> | readonly unknown[];

/**
 * Writes rows as an Arrow table. `firstRow` is the number of the first one, for errors.
 * @throws TypeError naming row and column of a value that does not fit its type
 */
export function writeRows(rows: readonly RowInput[], schema: StructType, firstRow = 0): arrow.Table {
  const fields = schema.fields.map((field) => arrowField(field.name, field.dataType, field.nullable));
  const columns = rows.length === 0 ? fields.map(() => []) : columnsOf(rows, schema, firstRow);
  const children = schema.fields.map((field, index) => {
    const values = columns[index] ?? [];
    return writeColumn(
      field.dataType,
      values,
      (row) => `row ${firstRow + row}, column "${field.name}"`,
      field.nullable,
    );
  });
  const struct = arrow.makeData({
    type: new arrow.Struct(fields),
    length: rows.length,
    nullCount: 0,
    children,
  });
  const arrowSchema = new arrow.Schema(fields);
  return new arrow.Table(arrowSchema, [new arrow.RecordBatch(arrowSchema, struct)]);
}

function columnsOf(rows: readonly RowInput[], schema: StructType, firstRow: number): unknown[][] {
  const columns: unknown[][] = schema.fields.map(() => new Array(rows.length));
  rows.forEach((row, at) => {
    const values = structValues(row, schema, `row ${firstRow + at}`);
    columns.forEach((column, index) => {
      column[at] = values[index];
    });
  });
  return columns;
}

/** The values of a row or struct in the order of the schema's fields. */
function structValues(row: unknown, schema: StructType, where: string): readonly unknown[] {
  const { fields } = schema;
  const values = row instanceof Row ? row.values : row;
  if (Array.isArray(values)) {
    if (values.length === fields.length) return values;
    throw new TypeError(`${where}: expected ${fields.length} values, got ${values.length}`);
  }
  if (typeof values !== 'object' || values === null) {
    throw new TypeError(`${where}: expected an object or an array of values, got ${describe(values)}`);
  }
  const unknown = Object.keys(values).find((key) => !fields.some((field) => field.name === key));
  if (unknown !== undefined) {
    throw new TypeError(
      `${where}: "${unknown}" is not a column; they are ${fields.map((f) => f.name).join(', ')}`,
    );
  }
  return fields.map((field) => (values as Record<string, unknown>)[field.name]);
}

/** Arrow's counterpart of a data type, as Spark expects it. */
export function arrowType(type: DataType): arrow.DataType {
  switch (type.kind) {
    case 'null':
      return new arrow.Null();
    case 'boolean':
      return new arrow.Bool();
    case 'byte':
      return new arrow.Int8();
    case 'short':
      return new arrow.Int16();
    case 'integer':
      return new arrow.Int32();
    case 'long':
      return new arrow.Int64();
    case 'float':
      return new arrow.Float32();
    case 'double':
      return new arrow.Float64();
    case 'string':
    case 'char':
    case 'varchar':
      return new arrow.Utf8();
    case 'binary':
      return new arrow.Binary();
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128);
    case 'date':
      return new arrow.DateDay();
    case 'timestamp':
      return new arrow.TimestampMicrosecond('UTC');
    case 'timestampNtz':
      return new arrow.TimestampMicrosecond();
    case 'time':
      return new arrow.TimeNanosecond();
    case 'yearMonthInterval':
      return new arrow.IntervalYearMonth();
    case 'dayTimeInterval':
      return new arrow.DurationMicrosecond();
    case 'calendarInterval':
      return new arrow.IntervalMonthDayNano();
    case 'array':
      return new arrow.List(arrowField('element', type.elementType, type.containsNull));
    case 'map':
      return new arrow.Map_(
        new arrow.Field(
          'entries',
          new arrow.Struct<{ key: arrow.DataType; value: arrow.DataType }>([
            arrowField('key', type.keyType, false),
            arrowField('value', type.valueType, type.valueContainsNull),
          ]),
          false,
        ),
      );
    case 'struct':
      return new arrow.Struct(
        type.fields.map((field) => arrowField(field.name, field.dataType, field.nullable)),
      );
    case 'variant':
      return new arrow.Struct([
        new arrow.Field('value', new arrow.Binary(), false),
        // This mark tells Spark that the struct is a variant.
        new arrow.Field('metadata', new arrow.Binary(), false, new Map([['variant', 'true']])),
      ]);
    case 'udt':
      return arrowType(type.sqlType);
  }
}

function arrowField(name: string, type: DataType, nullable: boolean): arrow.Field {
  return new arrow.Field(name, arrowType(type), nullable);
}

/** Says which value is at fault, for errors. */
type Where = (index: number) => string;

function writeColumn(
  type: DataType,
  values: readonly unknown[],
  where: Where,
  nullable: boolean,
): arrow.Data {
  const length = values.length;
  const nullBitmap = new Uint8Array((((length + 7) >> 3) + 7) & ~7);
  let nullCount = 0;
  values.forEach((value, index) => {
    if (value !== null && value !== undefined)
      nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
    else if (nullable || type.kind === 'null') nullCount++;
    else throw new TypeError(`${where(index)}: null in a column that must not hold nulls`);
  });
  const convert = <T>(index: number, to: (value: unknown) => T): T => {
    const value = values[index];
    try {
      return to(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TypeError(
        `${where(index)}: ${describe(value)} does not fit ${simpleString(type)}: ${reason}`,
      );
    }
  };
  const isNull = (index: number) => values[index] === null || values[index] === undefined;
  const base = { length, nullCount, nullBitmap: nullCount === 0 ? null : nullBitmap };
  const fill = <A extends { [index: number]: T }, T>(array: A, to: (value: unknown) => T): A => {
    for (let index = 0; index < length; index++) if (!isNull(index)) array[index] = convert(index, to);
    return array;
  };
  const target = arrowType(type);
  const fixed = (data: arrow.Data['values']) =>
    arrow.makeData({ ...base, type: target, data } as unknown as Parameters<typeof arrow.makeData>[0]);

  switch (type.kind) {
    case 'null':
      // Its count of nulls is its length; makeData would leave it unknown.
      return new arrow.Data(new arrow.Null(), 0, length, length);
    case 'boolean': {
      const bits = new Uint8Array(nullBitmap.length);
      for (let index = 0; index < length; index++) {
        if (!isNull(index) && convert(index, toInput.boolean))
          bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
      }
      return fixed(bits);
    }
    case 'byte':
      return fixed(fill(new Int8Array(length), toInput.integer(8)));
    case 'short':
      return fixed(fill(new Int16Array(length), toInput.integer(16)));
    case 'integer':
      return fixed(fill(new Int32Array(length), toInput.integer(32)));
    case 'long':
      return fixed(fill(new BigInt64Array(length), toInput.long));
    case 'float':
      return fixed(fill(new Float32Array(length), toInput.number));
    case 'double':
      return fixed(fill(new Float64Array(length), toInput.number));
    case 'date':
      return fixed(fill(new Int32Array(length), toInput.epochDay));
    case 'timestamp':
      return fixed(fill(new BigInt64Array(length), toInput.timestampMicros));
    case 'timestampNtz':
      return fixed(fill(new BigInt64Array(length), toInput.localMicros));
    case 'time':
      return fixed(fill(new BigInt64Array(length), toInput.timeNanos));
    case 'dayTimeInterval':
      return fixed(fill(new BigInt64Array(length), toInput.dayTimeMicros));
    case 'yearMonthInterval':
      return fixed(fill(new Int32Array(length), toInput.months));
    case 'decimal': {
      const words = new BigUint64Array(length * 2);
      for (let index = 0; index < length; index++) {
        if (isNull(index)) continue;
        const unscaled = convert(index, toInput.unscaled(type.precision, type.scale));
        words[index * 2] = BigInt.asUintN(64, unscaled);
        words[index * 2 + 1] = BigInt.asUintN(64, unscaled >> 64n);
      }
      return fixed(new Uint32Array(words.buffer));
    }
    case 'calendarInterval': {
      const words = new Int32Array(length * 4);
      for (let index = 0; index < length; index++) {
        if (!isNull(index)) words.set(calendarWords(convert(index, toInput.calendarInterval)), index * 4);
      }
      return fixed(words);
    }
    case 'string':
    case 'char':
    case 'varchar':
      return variable(new arrow.Utf8(), (index) => convert(index, toInput.utf8));
    case 'binary':
      return variable(new arrow.Binary(), (index) => convert(index, toInput.bytes));
    case 'variant':
      return structOf([
        values.map((_, index) => (isNull(index) ? new Uint8Array() : convert(index, toInput.variant).value)),
        values.map((_, index) =>
          isNull(index) ? new Uint8Array() : convert(index, toInput.variant).metadata,
        ),
      ]);
    case 'array': {
      const { offsets, items, origin } = flatten((index) => convert(index, toInput.array));
      const child = writeColumn(
        type.elementType,
        items,
        (at) => `${where(origin(at))}, an element`,
        type.containsNull,
      );
      return arrow.makeData({ ...base, type: target as arrow.List, valueOffsets: offsets, child });
    }
    case 'map': {
      const { offsets, items, origin } = flatten((index) => convert(index, toInput.entries));
      const entryType = types.struct([
        types.field('key', type.keyType, false),
        types.field('value', type.valueType, type.valueContainsNull),
      ]);
      const child = writeColumn(entryType, items, (at) => where(origin(at)), false);
      return arrow.makeData({ ...base, type: target as arrow.Map_, valueOffsets: offsets, child });
    }
    case 'struct': {
      const rows = values.map((value, index) =>
        isNull(index) ? undefined : structValues(value, type, where(index)),
      );
      const children = type.fields.map((field, at) =>
        writeColumn(
          field.dataType,
          rows.map((row) => row?.[at]),
          (index) => `${where(index)}, field "${field.name}"`,
          // Below a null struct there are no values, whatever the field demands.
          field.nullable || nullCount > 0,
        ),
      );
      return arrow.makeData({ ...base, type: target as arrow.Struct, children });
    }
    case 'udt':
      return writeColumn(type.sqlType, values, where, nullable);
  }

  function variable(
    variableType: arrow.Utf8 | arrow.Binary,
    bytesAt: (index: number) => Uint8Array,
  ): arrow.Data {
    const valueOffsets = new Int32Array(length + 1);
    const parts: Uint8Array[] = [];
    let end = 0;
    for (let index = 0; index < length; index++) {
      if (!isNull(index)) {
        const part = bytesAt(index);
        parts.push(part);
        end += part.byteLength;
      }
      valueOffsets[index + 1] = end;
    }
    const data = Buffer.concat(parts, end);
    return variableType instanceof arrow.Utf8
      ? arrow.makeData({ ...base, type: variableType, valueOffsets, data })
      : arrow.makeData({ ...base, type: variableType, valueOffsets, data });
  }

  function structOf(columns: Uint8Array[][]): arrow.Data {
    const children = columns.map((column) => writeColumn(types.binary, column, where, false));
    return arrow.makeData({ ...base, type: target as arrow.Struct, children });
  }

  function flatten<T>(listAt: (index: number) => readonly T[]) {
    const offsets = new Int32Array(length + 1);
    const items: T[] = [];
    for (let index = 0; index < length; index++) {
      if (!isNull(index)) for (const item of listAt(index)) items.push(item);
      offsets[index + 1] = items.length;
    }
    const origin = (at: number) => Math.max(0, offsets.findIndex((offset) => offset > at) - 1);
    return { offsets, items, origin };
  }
}

function calendarWords(interval: CalendarInterval): [number, number, number, number] {
  const nanos = interval.micros * 1000n;
  return [
    interval.months,
    interval.days,
    Number(BigInt.asIntN(32, nanos)),
    Number(BigInt.asIntN(32, nanos >> 32n)),
  ];
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Variant || value instanceof Uint8Array) return value.constructor.name;
  if (typeof value === 'object' && value !== null)
    return `${value.constructor?.name ?? 'object'} ${safeText(value)}`;
  return String(value);
}

function safeText(value: object): string {
  const text = Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
