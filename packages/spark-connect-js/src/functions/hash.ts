import { type Column, type ColumnOrName, functionCall, lit, named } from '../sql/column.js';
import { unary, variadic } from './define.js';

export const crc32 = unary('crc32');
/** Murmur3 hash of 32 bits. */
export const hash = variadic('hash');
export const md5 = unary('md5');
export const sha1 = unary('sha1');
/** SHA-2 as hex digits. */
export const sha2 = (column: ColumnOrName, bits: 224 | 256 | 384 | 512): Column =>
  functionCall('sha2', [named(column), lit(bits)]);
export const xxhash64 = variadic('xxhash64');
