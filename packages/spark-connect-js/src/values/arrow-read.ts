import type { Data, RecordBatch } from 'apache-arrow';
import type { DataType, StructType } from '../types/data-type.js';
import { Decimal } from './decimal.js';
import { CalendarInterval, DayTimeInterval, YearMonthInterval } from './interval.js';
import { type AnyRow, Row, type Value, Variant } from './row.js';
import { LocalDate, LocalDateTime, LocalTime, Timestamp } from './time.js';

/** Reads the value at a position of a column. */
type Reader = (index: number) => Value;

const utf8 = new TextDecoder();

/** Turns a batch into rows. The batch's columns are those of the schema, in order. */
export function readRows<T extends object = AnyRow>(batch: RecordBatch, schema: StructType): Row<T>[] {
  const readers = structReaders(batch.data, schema);
  return Array.from(
    { length: batch.numRows },
    (_, index) =>
      new Row<T>(
        schema,
        readers.map((read) => read(index)),
      ),
  );
}

function structReaders(data: Data, schema: StructType): Reader[] {
  return schema.fields.map((field, index) => columnReader(field.dataType, childOf(data, index)));
}

function childOf(data: Data, index: number): Data {
  const child = data.children[index];
  if (child === undefined) throw new TypeError(`The Arrow data lack column ${index} of the schema`);
  return child;
}

function columnReader(type: DataType, data: Data): Reader {
  const read = valueReader(type, data);
  return data.nullCount === 0 && type.kind !== 'null'
    ? read
    : (index) => (data.getValid(index) ? read(index) : null);
}

/** Readers go to the buffers themselves: Arrow's own accessors would round microseconds to milliseconds. */
function valueReader(type: DataType, data: Data): Reader {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean': {
      const bits = data.values as Uint8Array;
      return (index) => ((bits[(data.offset + index) >> 3] ?? 0) & (1 << ((data.offset + index) & 7))) !== 0;
    }
    case 'byte':
    case 'short':
    case 'integer':
    case 'float':
    case 'double': {
      const values = data.values as Int32Array | Float64Array;
      return (index) => values[index] ?? null;
    }
    case 'long': {
      const values = data.values as BigInt64Array;
      return (index) => values[index] ?? null;
    }
    case 'string':
    case 'char':
    case 'varchar': {
      const bytes = bytesReader(data);
      return (index) => utf8.decode(bytes(index));
    }
    case 'binary': {
      const bytes = bytesReader(data);
      return (index) => bytes(index).slice();
    }
    case 'decimal': {
      const words = data.values as Uint32Array;
      return (index) => Decimal.of(int128(words, index * 4), type.scale);
    }
    case 'date': {
      const days = data.values as Int32Array;
      return (index) => new LocalDate(days[index] ?? 0);
    }
    case 'timestamp':
      return int64Reader(data, (micros) => new Timestamp(micros));
    case 'timestampNtz':
      return int64Reader(data, (micros) => new LocalDateTime(micros));
    case 'time':
      return int64Reader(data, (nanos) => new LocalTime(nanos));
    case 'dayTimeInterval':
      return int64Reader(data, (micros) => new DayTimeInterval(micros));
    case 'yearMonthInterval': {
      const months = data.values as Int32Array;
      return (index) => new YearMonthInterval(months[index] ?? 0);
    }
    case 'calendarInterval': {
      // Per value: 32 bits of months, 32 of days, 64 of nanoseconds.
      const words = data.values as Int32Array;
      return (index) => {
        const [months = 0, days = 0, low = 0, high = 0] = words.subarray(index * 4, index * 4 + 4);
        const nanos = (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low));
        return new CalendarInterval(months, days, nanos / 1000n);
      };
    }
    case 'array': {
      const read = columnReader(type.elementType, childOf(data, 0));
      const offsets = data.valueOffsets;
      return (index) => range(offsets, index, read);
    }
    case 'map': {
      const entries = childOf(data, 0);
      const readKey = columnReader(type.keyType, childOf(entries, 0));
      const readValue = columnReader(type.valueType, childOf(entries, 1));
      const offsets = data.valueOffsets;
      return (index) => new Map(range(offsets, index, (at): [Value, Value] => [readKey(at), readValue(at)]));
    }
    case 'struct': {
      const readers = structReaders(data, type);
      return (index) =>
        new Row(
          type,
          readers.map((read) => read(index)),
        );
    }
    case 'variant': {
      const value = bytesReader(childOf(data, 0));
      const metadata = bytesReader(childOf(data, 1));
      return (index) => new Variant(value(index).slice(), metadata(index).slice());
    }
    case 'udt':
      return valueReader(type.sqlType, data);
  }
}

function int64Reader(data: Data, make: (value: bigint) => Value): Reader {
  const values = data.values as BigInt64Array;
  return (index) => make(values[index] ?? 0n);
}

function bytesReader(data: Data): (index: number) => Uint8Array {
  const values = data.values as Uint8Array;
  const offsets = data.valueOffsets;
  return (index) => values.subarray(Number(offsets[index]), Number(offsets[index + 1]));
}

function range<T>(offsets: Data['valueOffsets'], index: number, read: (at: number) => T): T[] {
  const end = Number(offsets[index + 1]);
  const items: T[] = [];
  for (let at = Number(offsets[index]); at < end; at++) items.push(read(at));
  return items;
}

/** A little-endian 128-bit integer in four words. */
function int128(words: Uint32Array, at: number): bigint {
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words.subarray(at, at + 4);
  const low = (BigInt(w1) << 32n) | BigInt(w0);
  if (w2 === 0 && w3 === 0) return low;
  const high = BigInt.asIntN(64, (BigInt(w3) << 32n) | BigInt(w2));
  return (high << 64n) | low;
}
