import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { binary, nullary, unary } from './define.js';

export const currentDate = nullary('current_date');
export const currentTimestamp = nullary('current_timestamp');
export const currentTimezone = nullary('current_timezone');
export const now = nullary('now');

export const year = unary('year');
export const quarter = unary('quarter');
export const month = unary('month');
export const day = unary('day');
export const dayOfMonth = unary('dayofmonth');
/** 1 is Sunday. */
export const dayOfWeek = unary('dayofweek');
export const dayOfYear = unary('dayofyear');
/** Name of the day, in three letters. */
export const dayname = unary('dayname');
export const monthname = unary('monthname');
/** 0 is Monday. */
export const weekday = unary('weekday');
/** Week of the year by ISO 8601. */
export const weekOfYear = unary('weekofyear');
export const hour = unary('hour');
export const minute = unary('minute');
export const second = unary('second');
export const lastDay = unary('last_day');

/** Days from the second date to the first. */
export const datediff = binary('datediff');
export const dateAdd = (start: ColumnOrName, days: ColumnOrValue): Column => call('date_add', start, days);
export const dateSub = (start: ColumnOrName, days: ColumnOrValue): Column => call('date_sub', start, days);
export const addMonths = (start: ColumnOrName, months: ColumnOrValue): Column =>
  call('add_months', start, months);
export const monthsBetween = (end: ColumnOrName, start: ColumnOrName, roundOff = true): Column =>
  functionCall('months_between', [named(end), named(start), lit(roundOff)]);
/** The next day after a date that is, say, a `Mon`. */
export const nextDay = (date: ColumnOrName, weekdayName: string): Column =>
  call('next_day', date, weekdayName);
export const makeDate = (years: ColumnOrName, months: ColumnOrName, days: ColumnOrName): Column =>
  functionCall('make_date', [named(years), named(months), named(days)]);

/** Cuts a date to its `year`, `quarter`, `month` or `week`. */
export const trunc = (date: ColumnOrName, unit: string): Column => call('trunc', date, unit);
/** Cuts a timestamp to a unit from `microsecond` to `year`. */
export const dateTrunc = (unit: string, timestamp: ColumnOrName): Column =>
  functionCall('date_trunc', [lit(unit), named(timestamp)]);
/** Formats by a pattern such as `yyyy-MM-dd HH:mm`. */
export const dateFormat = (date: ColumnOrName, pattern: string): Column => call('date_format', date, pattern);
export const toDate = (column: ColumnOrName, pattern?: string): Column => parsed('to_date', column, pattern);
export const toTimestamp = (column: ColumnOrName, pattern?: string): Column =>
  parsed('to_timestamp', column, pattern);
export const toTimestampNtz = (column: ColumnOrName, pattern?: string): Column =>
  parsed('to_timestamp_ntz', column, pattern);
/** Null for what is not a timestamp of that pattern. */
export const tryToTimestamp = (column: ColumnOrName, pattern?: string): Column =>
  parsed('try_to_timestamp', column, pattern);
export const tryToDate = (column: ColumnOrName, pattern?: string): Column =>
  parsed('try_to_date', column, pattern);

/** Seconds since 1970 of a timestamp, or of a text by a pattern. */
export const unixTimestamp = (column: ColumnOrName, pattern = 'yyyy-MM-dd HH:mm:ss'): Column =>
  call('unix_timestamp', column, pattern);
/** Text of a timestamp given in seconds since 1970. */
export const fromUnixtime = (column: ColumnOrName, pattern = 'yyyy-MM-dd HH:mm:ss'): Column =>
  call('from_unixtime', column, pattern);
export const unixDate = unary('unix_date');
export const unixMicros = unary('unix_micros');
export const unixMillis = unary('unix_millis');
export const unixSeconds = unary('unix_seconds');
export const timestampSeconds = unary('timestamp_seconds');
export const timestampMillis = unary('timestamp_millis');
export const timestampMicros = unary('timestamp_micros');
export const fromUtcTimestamp = (timestamp: ColumnOrName, zone: ColumnOrValue): Column =>
  call('from_utc_timestamp', timestamp, zone);
export const toUtcTimestamp = (timestamp: ColumnOrName, zone: ColumnOrValue): Column =>
  call('to_utc_timestamp', timestamp, zone);
/** One part of a date, time or interval, such as `YEAR` or `SECOND`. */
export const datePart = (part: string, source: ColumnOrName): Column =>
  functionCall('date_part', [lit(part), named(source)]);
/** A span of days and less, from columns. */
export const makeDtInterval = (
  days: ColumnOrName,
  hours: ColumnOrName,
  minutes: ColumnOrName,
  seconds: ColumnOrName,
): Column => functionCall('make_dt_interval', [named(days), named(hours), named(minutes), named(seconds)]);

/**
 * The window of time that a row falls into, as a struct `start`, `end`; durations such as `10 minutes`. With `slide`
 * the windows overlap and a row falls into several.
 */
export const window = (timestamp: ColumnOrName, duration: string, slide?: string, start?: string): Column =>
  functionCall('window', [
    named(timestamp),
    lit(duration),
    lit(slide ?? duration),
    ...(start === undefined ? [] : [lit(start)]),
  ]);
/** A window that lasts while rows follow each other within a gap. */
export const sessionWindow = (timestamp: ColumnOrName, gap: ColumnOrValue): Column =>
  call('session_window', timestamp, gap);

function call(name: string, column: ColumnOrName, ...rest: ColumnOrValue[]): Column {
  return functionCall(name, [named(column), ...rest.map(lit)]);
}

function parsed(name: string, column: ColumnOrName, pattern: string | undefined): Column {
  return pattern === undefined ? functionCall(name, [named(column)]) : call(name, column, pattern);
}
