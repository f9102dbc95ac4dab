import { literal } from '../../datasets/sql-text.js';
import { type ColumnType, spelled } from './column-types.js';
import {
  datePattern,
  decimalPattern,
  exponentPattern,
  infinityPattern,
  localTimestampPattern,
  timestampPattern,
  zeroExponentPattern,
} from './text-patterns.js';

/**
 * SQL of the value that a text stands for: null when it is no value of the type. Spark's own casts take more than that:
 * `7f` and `0x1p3` as numbers, `12:30` as a time of today, any text after a date; they round decimals.
 * @param text SQL of the text
 * @param type a type without parts
 * @param format Pattern of dates and times that are not ISO 8601
 */
export function parseText(text: string, type: ColumnType, format?: string): string {
  if (format !== undefined) return parseFormatted(text, type.kind, format);
  const cast = `try_cast(${text} AS ${spelled(type)})`;
  switch (type.kind) {
    case 'string':
      return type.length === undefined ? text : when(`char_length(${text}) <= ${type.length}`, text);
    case 'float':
    case 'double':
      // Infinity is also what Spark makes of a number that is too large. The letters are those of Java's own notations.
      return `CASE WHEN abs(${cast}) < double('Infinity') AND NOT ${has(text, 'd', 'D', 'f', 'F', 'x', 'X')} THEN ${cast} WHEN ${like(text, infinityPattern)} THEN ${cast} END`;
    case 'decimal':
      return parseDecimal(text, type.precision, type.scale);
    case 'date':
      return when(`(${isPlainDate(text)} OR ${like(text, datePattern)})`, cast);
    case 'timestamp':
      return `CASE WHEN current_timezone() = 'UTC' AND ${isPlainTime(text)} THEN ${cast} WHEN ${like(text, timestampPattern)} AND ${isRealTime(text, cast)} THEN ${cast} END`;
    case 'timestamp_ntz':
      return when(like(text, localTimestampPattern), cast);
    default:
      return cast;
  }
}

function parseDecimal(text: string, precision: number, scale: number): string {
  const cast = `try_cast(${text} AS decimal(${precision},${scale}))`;
  const plain = `CASE WHEN ${isPlainNumber(text, scale)} OR ${like(text, decimalPattern(precision, scale))} THEN ${cast}`;
  const spare = 38 - precision;
  if (spare === 0) return `${plain} END`;
  // With so few digits, a decimal with all the spare ones behind the point holds the number exactly, unless it is tiny.
  const exact = `try_cast(${text} AS decimal(38,${scale + spare}))`;
  const isZero = `(${cast} <> 0 OR ${like(text, zeroExponentPattern)})`;
  return `${plain} WHEN ${like(text, exponentPattern(spare))} AND ${cast} = ${exact} AND ${isZero} THEN ${cast} END`;
}

// Regular expressions cost more than casts. Most texts show by a few characters that Spark takes them for what they are.

/** `2026-03-01`, if Spark takes it for a date at all. */
const isPlainDate = (text: string): string =>
  `(length(${text}) = 10 AND ${hasAt(text, '-', 5)} AND NOT ${has(text, 'T', ' ')} AND ${text} >= '0001')`;

/** `2026-03-01 10:00:00`, if Spark takes it for a time at all. It leaves no room for the name of a time zone. */
const isPlainTime = (text: string): string =>
  `(length(${text}) = 19 AND ${hasAt(text, '-', 5)} AND ${hasAt(text, ':', 17)} AND ${text} >= '0001')`;

/** Digits with at most so many behind the point, if Spark takes it for a number at all. */
const isPlainNumber = (text: string, scale: number): string =>
  `(octet_length(${text}) = length(${text}) AND locate('.', ${text}) NOT BETWEEN 1 AND length(${text}) - ${scale + 1} AND NOT ${has(text, 'e', 'E')})`;

/** Clocks that are put forward skip an hour, and Spark takes a time within it for a later one. */
function isRealTime(text: string, timestamp: string): string {
  const local = `try_cast(${text} AS timestamp_ntz)`;
  const zone = `trim(regexp_extract(${text}, '[A-Za-z]+/.*', 0))`;
  const inItsZone = `convert_timezone(current_timezone(), ${zone}, CAST(${timestamp} AS timestamp_ntz)) = ${local}`;
  const inSession = `(current_timezone() = 'UTC' OR ${like(text, ':.*(?:[A-Z]|[+-]\\d)')} OR CAST(${timestamp} AS timestamp_ntz) = ${local})`;
  return `CASE WHEN contains(${text}, '/') THEN ${inItsZone} ELSE ${inSession} END`;
}

function parseFormatted(text: string, type: ColumnType['kind'], format: string): string {
  const parsed = `try_to_timestamp(${text}, ${literal(format)})`;
  const local = `to_timestamp_ntz(${text}, ${literal(format)})`;
  // A pattern takes signs and zeros as years as well.
  const isInYears = `year(${parsed}) BETWEEN 1 AND 9999`;
  if (type === 'date') return when(isInYears, `CAST(${parsed} AS date)`);
  if (type === 'timestamp_ntz') return when(isInYears, local);
  // Whether a pattern names the zone is in its letters outside of quotes.
  const namesZone = /[XxZzVO]/.test(format.replace(/'[^']*'/g, ''));
  if (namesZone) return when(isInYears, parsed);
  const exists = `current_timezone() = 'UTC' OR CAST(${parsed} AS timestamp_ntz) = ${local}`;
  return when(`${isInYears} AND (${exists})`, parsed);
}

const when = (condition: string, value: string): string => `CASE WHEN ${condition} THEN ${value} END`;

const has = (text: string, ...letters: string[]): string =>
  `(${letters.map((letter) => `contains(${text}, '${letter}')`).join(' OR ')})`;

const hasAt = (text: string, character: string, place: number): string =>
  `substr(${text}, ${place}, 1) = '${character}'`;

const like = (text: string, pattern: string): string => `${text} RLIKE ${literal(pattern)}`;
