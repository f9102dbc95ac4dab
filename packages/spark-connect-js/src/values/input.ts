import { Decimal } from './decimal.js';
import { CalendarInterval, DayTimeInterval, YearMonthInterval } from './interval.js';
import { Variant } from './row.js';
import { LocalDate, LocalDateTime, LocalTime, Timestamp } from './time.js';

const encoder = new TextEncoder();
const fail = (expected: string): never => {
  throw new TypeError(`expected ${expected}`);
};

/**
 * What callers may give for a column of each type, and what is written for it. Exact types are always accepted, and
 * beside them what reads naturally and loses nothing: Dates, ISO texts, numbers where they are whole.
 * Every function throws a TypeError or RangeError for what does not fit.
 */
export const toInput = {
  boolean: (value: unknown): boolean => (typeof value === 'boolean' ? value : fail('a boolean')),

  integer: (bits: 8 | 16 | 32) => {
    const limit = 2 ** (bits - 1);
    return (value: unknown): number => {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number)) return fail('an integer');
      if (number < -limit || number >= limit) return fail(`an integer of ${bits} bits`);
      return number;
    };
  },

  long: (value: unknown): bigint => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value !== 'bigint') return fail('a bigint, or a number that is a safe integer');
    return BigInt.asIntN(64, value) === value ? value : fail('an integer of 64 bits');
  },

  number: (value: unknown): number => (typeof value === 'number' ? value : fail('a number')),

  unscaled:
    (precision: number, scale: number) =>
    (value: unknown): bigint => {
      const ok =
        value instanceof Decimal ||
        typeof value === 'string' ||
        typeof value === 'bigint' ||
        (typeof value === 'number' && Number.isFinite(value));
      if (!ok) return fail('a Decimal, a decimal text or a number');
      const { unscaled } = Decimal.from(value).withScale(scale);
      if ((unscaled < 0n ? -unscaled : unscaled) >= 10n ** BigInt(precision))
        return fail(`at most ${precision} digits`);
      return unscaled;
    },

  utf8: (value: unknown): Uint8Array =>
    typeof value === 'string' ? encoder.encode(value) : fail('a string'),

  bytes: (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : fail('a Uint8Array')),

  epochDay: (value: unknown): number => {
    if (value instanceof LocalDate) return value.epochDay;
    if (value instanceof Date) return LocalDate.fromDate(value).epochDay;
    return typeof value === 'string'
      ? LocalDate.parse(value).epochDay
      : fail('a LocalDate, a Date or an ISO date');
  },

  timestampMicros: (value: unknown): bigint => {
    if (value instanceof Timestamp) return value.micros;
    if (value instanceof Date) return Timestamp.fromDate(value).micros;
    return typeof value === 'string'
      ? Timestamp.parse(value).micros
      : fail('a Timestamp, a Date or an ISO timestamp with a time zone');
  },

  localMicros: (value: unknown): bigint => {
    if (value instanceof LocalDateTime) return value.micros;
    return typeof value === 'string'
      ? LocalDateTime.parse(value).micros
      : fail('a LocalDateTime or an ISO date-time');
  },

  timeNanos: (value: unknown): bigint => {
    if (value instanceof LocalTime) return value.nanos;
    return typeof value === 'string' ? LocalTime.parse(value).nanos : fail('a LocalTime or an ISO time');
  },

  dayTimeMicros: (value: unknown): bigint =>
    value instanceof DayTimeInterval ? value.micros : fail('a DayTimeInterval'),

  months: (value: unknown): number =>
    value instanceof YearMonthInterval ? value.months : fail('a YearMonthInterval'),

  calendarInterval: (value: unknown): CalendarInterval =>
    value instanceof CalendarInterval ? value : fail('a CalendarInterval'),

  variant: (value: unknown): Variant => (value instanceof Variant ? value : fail('a Variant')),

  array: (value: unknown): readonly unknown[] => {
    if (Array.isArray(value)) return value;
    return ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? Array.from(value as unknown as Iterable<unknown>)
      : fail('an array');
  },

  entries: (value: unknown): [unknown, unknown][] => {
    if (value instanceof Map) return [...value];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : fail('a Map or an object');
  },
} as const;
