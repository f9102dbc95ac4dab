import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import { binary, unary, variadic } from './define.js';

export const ascii = unary('ascii');
export const base64 = unary('base64');
export const bitLength = unary('bit_length');
export const btrim = unary('btrim');
export const charLength = unary('char_length');
/** The character of a code point. */
export const chr = unary('chr');
/** Joins texts, binaries or arrays; null when one of them is. */
export const concat = variadic('concat');
/** Every word begins with a capital. */
export const initcap = unary('initcap');
export const length = unary('length');
export const levenshtein = binary('levenshtein');
export const lower = unary('lower');
export const ltrim = unary('ltrim');
export const octetLength = unary('octet_length');
export const reverse = unary('reverse');
export const rtrim = unary('rtrim');
export const soundex = unary('soundex');
export const trim = unary('trim');
export const unbase64 = unary('unbase64');
export const upper = unary('upper');
export const urlDecode = unary('url_decode');
export const urlEncode = unary('url_encode');
export const contains = binary('contains');
export const startswith = binary('startswith');
export const endswith = binary('endswith');

/** Joins texts with a separator; nulls are skipped. */
export const concatWs = (separator: string, ...columns: ColumnOrName[]): Column =>
  functionCall('concat_ws', [lit(separator), ...columns.map(named)]);
/** Text from binary in a character set such as `UTF-8`. */
export const decode = (column: ColumnOrName, charset: string): Column => call('decode', column, charset);
export const encode = (column: ColumnOrName, charset: string): Column => call('encode', column, charset);
/** Number with thousands separators and that many digits after the point. */
export const formatNumber = (column: ColumnOrName, digits: number): Column =>
  call('format_number', column, digits);
/** printf-style formatting. */
export const formatString = (format: string, ...columns: ColumnOrName[]): Column =>
  functionCall('format_string', [lit(format), ...columns.map(named)]);
/** Position of a part, from 1; 0 when it does not occur. */
export const instr = (column: ColumnOrName, part: ColumnOrValue): Column => call('instr', column, part);
export const locate = (part: ColumnOrValue, column: ColumnOrName, start = 1): Column =>
  functionCall('locate', [lit(part), named(column), lit(start)]);
export const left = (column: ColumnOrName, length: ColumnOrValue): Column => call('left', column, length);
export const right = (column: ColumnOrName, length: ColumnOrValue): Column => call('right', column, length);
/** Fills up to a length on the left, or cuts to it. */
export const lpad = (column: ColumnOrName, length: number, pad: string): Column =>
  call('lpad', column, length, pad);
export const rpad = (column: ColumnOrName, length: number, pad: string): Column =>
  call('rpad', column, length, pad);
export const repeat = (column: ColumnOrName, times: ColumnOrValue): Column => call('repeat', column, times);
export const replace = (
  column: ColumnOrName,
  search: ColumnOrValue,
  replacement: ColumnOrValue = '',
): Column => call('replace', column, search, replacement);
/** Splits at matches of a Java regular expression, into at most `limit` parts (-1 for any number). */
export const split = (column: ColumnOrName, pattern: ColumnOrValue, limit = -1): Column =>
  call('split', column, pattern, limit);
/** One part of a text that is split at a delimiter, from 1. */
export const splitPart = (column: ColumnOrName, delimiter: ColumnOrValue, part: ColumnOrValue): Column =>
  call('split_part', column, delimiter, part);
/** Part of a text from a position that counts from 1. */
export const substring = (column: ColumnOrName, start: ColumnOrValue, length: ColumnOrValue): Column =>
  call('substring', column, start, length);
/** What precedes the n-th delimiter; with negative n what follows the n-th from the end. */
export const substringIndex = (column: ColumnOrName, delimiter: string, n: number): Column =>
  call('substring_index', column, delimiter, n);
/** Replaces single characters by those at the same place in another list. */
export const translate = (column: ColumnOrName, matching: string, replacement: string): Column =>
  call('translate', column, matching, replacement);
export const toNumber = (column: ColumnOrName, format: string): Column => call('to_number', column, format);
export const toChar = (column: ColumnOrName, format: string): Column => call('to_char', column, format);

// Java regular expressions
export const regexpCount = (column: ColumnOrName, pattern: ColumnOrValue): Column =>
  call('regexp_count', column, pattern);
/** A group of the first match; empty when nothing matches. Group 0 is the whole match. */
export const regexpExtract = (column: ColumnOrName, pattern: ColumnOrValue, group = 1): Column =>
  call('regexp_extract', column, pattern, group);
export const regexpExtractAll = (column: ColumnOrName, pattern: ColumnOrValue, group = 1): Column =>
  call('regexp_extract_all', column, pattern, group);
export const regexpLike = (column: ColumnOrName, pattern: ColumnOrValue): Column =>
  call('regexp_like', column, pattern);
export const regexpReplace = (
  column: ColumnOrName,
  pattern: ColumnOrValue,
  replacement: ColumnOrValue,
): Column => call('regexp_replace', column, pattern, replacement);

function call(name: string, column: ColumnOrName, ...rest: ColumnOrValue[]): Column {
  return functionCall(name, [named(column), ...rest.map(lit)]);
}
