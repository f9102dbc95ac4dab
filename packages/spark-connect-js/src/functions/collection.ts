import {
  type Column,
  type ColumnOrName,
  type ColumnOrValue,
  functionCall,
  lit,
  named,
} from '../sql/column.js';
import type { DataType } from '../types/data-type.js';
import { toSchemaJson } from '../types/type-text.js';
import { binary, unary, variadic } from './define.js';
import { lambda } from './lambda.js';

export const array = variadic('array');
/** A map of the columns in pairs: key, value, key, value… */
export const createMap = variadic('map');
/** A struct of the columns, named like them. */
export const struct = variadic('struct');

export const arrayCompact = unary('array_compact');
export const arrayDistinct = unary('array_distinct');
export const arrayExcept = binary('array_except');
export const arrayIntersect = binary('array_intersect');
export const arrayMax = unary('array_max');
export const arrayMin = unary('array_min');
export const arraySize = unary('array_size');
export const arrayUnion = binary('array_union');
export const arraysOverlap = binary('arrays_overlap');
export const arraysZip = variadic('arrays_zip');
export const flatten = unary('flatten');
export const size = unary('size');
export const shuffle = unary('shuffle');

export const arrayAppend = (array: ColumnOrName, value: ColumnOrValue): Column =>
  call('array_append', array, value);
export const arrayContains = (array: ColumnOrName, value: ColumnOrValue): Column =>
  call('array_contains', array, value);
/** Joins the texts of an array; nulls are skipped, or written as `nullReplacement`. */
export const arrayJoin = (array: ColumnOrName, delimiter: string, nullReplacement?: string): Column =>
  call('array_join', array, delimiter, ...(nullReplacement === undefined ? [] : [nullReplacement]));
/** Position of a value, from 1; 0 when it does not occur. */
export const arrayPosition = (array: ColumnOrName, value: ColumnOrValue): Column =>
  call('array_position', array, value);
export const arrayPrepend = (array: ColumnOrName, value: ColumnOrValue): Column =>
  call('array_prepend', array, value);
export const arrayRemove = (array: ColumnOrName, value: ColumnOrValue): Column =>
  call('array_remove', array, value);
export const arrayRepeat = (value: ColumnOrName, count: ColumnOrValue): Column =>
  call('array_repeat', value, count);
/** Elements from a position that counts from 1, or from the end when negative. */
export const slice = (array: ColumnOrName, start: ColumnOrValue, length: ColumnOrValue): Column =>
  call('slice', array, start, length);
/** Sorts an array; nulls come first, or last when descending. */
export const sortArray = (array: ColumnOrName, ascending = true): Column =>
  call('sort_array', array, ascending);
/** Numbers, dates or timestamps from one to another, both included. */
export const sequence = (start: ColumnOrName, stop: ColumnOrName, step?: ColumnOrName): Column =>
  functionCall('sequence', [named(start), named(stop), ...(step === undefined ? [] : [named(step)])]);
/** An element of an array by position from 1, or the value of a map under a key. */
export const elementAt = (column: ColumnOrName, key: ColumnOrValue): Column =>
  call('element_at', column, key);
export const tryElementAt = (column: ColumnOrName, key: ColumnOrValue): Column =>
  call('try_element_at', column, key);
/** An element of an array by position from 0; null when there is none. */
export const get = (array: ColumnOrName, index: ColumnOrValue): Column => call('get', array, index);

export const mapConcat = variadic('map_concat');
export const mapContainsKey = (map: ColumnOrName, key: ColumnOrValue): Column =>
  call('map_contains_key', map, key);
export const mapEntries = unary('map_entries');
export const mapFromArrays = binary('map_from_arrays');
export const mapFromEntries = unary('map_from_entries');
export const mapKeys = unary('map_keys');
export const mapValues = unary('map_values');

// One row per element; a null or empty array gives no row, or one with null for those called outer.
export const explode = unary('explode');
export const explodeOuter = unary('explode_outer');
/** Like {@link explode}, with the position. */
export const posexplode = unary('posexplode');
export const posexplodeOuter = unary('posexplode_outer');
/** One row per struct of an array, one column per field. */
export const inline = unary('inline');
export const inlineOuter = unary('inline_outer');

// Functions of elements: `transform('hours', (x) => x.multiply(2))`.
export const transform = (array: ColumnOrName, map: (item: Column, index: Column) => Column): Column =>
  functionCall('transform', [named(array), lambda(map.length > 1 ? 2 : 1, map)]);
export const filter = (array: ColumnOrName, test: (item: Column, index: Column) => Column): Column =>
  functionCall('filter', [named(array), lambda(test.length > 1 ? 2 : 1, test)]);
export const exists = (array: ColumnOrName, test: (item: Column) => Column): Column =>
  functionCall('exists', [named(array), lambda(1, test)]);
export const forall = (array: ColumnOrName, test: (item: Column) => Column): Column =>
  functionCall('forall', [named(array), lambda(1, test)]);
/** Folds an array into one value, and perhaps finishes it. */
export const aggregate = (
  array: ColumnOrName,
  start: ColumnOrValue,
  merge: (sum: Column, item: Column) => Column,
  finish?: (sum: Column) => Column,
): Column =>
  functionCall('aggregate', [
    named(array),
    lit(start),
    lambda(2, merge),
    ...(finish ? [lambda(1, finish)] : []),
  ]);
export const zipWith = (
  left: ColumnOrName,
  right: ColumnOrName,
  merge: (left: Column, right: Column) => Column,
): Column => functionCall('zip_with', [named(left), named(right), lambda(2, merge)]);
export const transformKeys = (map: ColumnOrName, to: (key: Column, value: Column) => Column): Column =>
  functionCall('transform_keys', [named(map), lambda(2, to)]);
export const transformValues = (map: ColumnOrName, to: (key: Column, value: Column) => Column): Column =>
  functionCall('transform_values', [named(map), lambda(2, to)]);
export const mapFilter = (map: ColumnOrName, test: (key: Column, value: Column) => Column): Column =>
  functionCall('map_filter', [named(map), lambda(2, test)]);

// JSON
/** Reads JSON by a schema, given as a type or as DDL; null for what does not fit. */
export const fromJson = (column: ColumnOrName, schema: DataType | string): Column =>
  call('from_json', column, typeof schema === 'string' ? schema : toSchemaJson(schema));
export const toJson = unary('to_json');
/** A part of a JSON text by a path such as `$.a[0]`. */
export const getJsonObject = (column: ColumnOrName, path: string): Column =>
  call('get_json_object', column, path);
export const parseJson = unary('parse_json');
export const tryParseJson = unary('try_parse_json');

function call(name: string, column: ColumnOrName, ...rest: ColumnOrValue[]): Column {
  return functionCall(name, [named(column), ...rest.map(lit)]);
}
