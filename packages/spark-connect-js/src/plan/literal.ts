import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Expression_LiteralSchema } from '../gen/spark/connect/expressions_pb.js';
import { types } from '../types/data-type.js';
import { typeToProto } from '../types/type-proto.js';
import { Decimal } from '../values/decimal.js';
import { CalendarInterval, DayTimeInterval, YearMonthInterval } from '../values/interval.js';
import { LocalDate, LocalDateTime, LocalTime, Timestamp } from '../values/time.js';

/** A literal as a plain object, ready to become a protocol message. */
export type LiteralInit = MessageInitShape<typeof Expression_LiteralSchema>;
type LiteralType = NonNullable<LiteralInit['literalType']>;

/**
 * A value that can stand in an expression. Whole numbers become INT, or BIGINT when they don't fit; other numbers
 * DOUBLE; bigints BIGINT; Dates TIMESTAMP; arrays ARRAY. `cast` gives another type where it matters.
 */
export type LiteralValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Decimal
  | Timestamp
  | LocalDateTime
  | LocalDate
  | LocalTime
  | YearMonthInterval
  | DayTimeInterval
  | CalendarInterval;

/** Writes a literal. @throws TypeError for a value that has no literal */
export function toLiteral(value: LiteralValue): LiteralInit {
  return { literalType: literalType(value) };
}

function literalType(value: LiteralValue): LiteralType {
  if (value === null) return { case: 'null', value: typeToProto(types.null) } as LiteralType;
  switch (typeof value) {
    case 'boolean':
      return { case: 'boolean', value };
    case 'string':
      return { case: 'string', value };
    case 'bigint':
      return { case: 'long', value };
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { case: 'double', value };
      return (value | 0) === value ? { case: 'integer', value } : { case: 'long', value: BigInt(value) };
  }
  if (value instanceof Uint8Array) return { case: 'binary', value };
  if (value instanceof Date) return { case: 'timestamp', value: Timestamp.fromDate(value).micros };
  if (value instanceof Timestamp) return { case: 'timestamp', value: value.micros };
  if (value instanceof LocalDateTime) return { case: 'timestampNtz', value: value.micros };
  if (value instanceof LocalDate) return { case: 'date', value: value.epochDay };
  if (value instanceof LocalTime) return { case: 'time', value: { nano: value.nanos, precision: 6 } };
  if (value instanceof YearMonthInterval) return { case: 'yearMonthInterval', value: value.months };
  if (value instanceof DayTimeInterval) return { case: 'dayTimeInterval', value: value.micros };
  if (value instanceof CalendarInterval) {
    const { months, days, micros } = value;
    return { case: 'calendarInterval', value: { months, days, microseconds: micros } };
  }
  if (value instanceof Decimal) {
    const precision = Math.max(value.precision, value.scale, 1);
    return { case: 'decimal', value: { value: value.toString(), precision, scale: value.scale } };
  }
  throw new TypeError(`Not a value that can stand in an expression: ${String(value)}`);
}
