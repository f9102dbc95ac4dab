import { type StructType, simpleString, structFromSchemaJson, toSchemaJson, types } from 'spark-connect-js';
import { expect, it } from 'vitest';
import { storedSchema } from '../../../activities/datasets/dataset-schema.js';
import { mergeSchemas, ownTypes } from '../../../activities/datasets/merge-schemas.js';

const { byte, short, integer, long, float, double, string, date, timestamp, timestampNtz, decimal } = {
  ...types,
};
const struct = (fields: Record<string, Parameters<typeof types.field>[1]>): StructType =>
  types.struct(Object.entries(fields).map(([name, type]) => types.field(name, type)));

const merged = (...schemas: StructType[]): StructType =>
  mergeSchemas(
    'input "parts"',
    schemas.map((schema, index) => ({ schema, where: `run/task-${index + 1}/part` })),
  );

it.each([
  [byte, short, 'smallint'],
  [integer, long, 'bigint'],
  [integer, double, 'double'],
  [short, float, 'float'],
  [integer, float, 'double'],
  [float, double, 'double'],
  [decimal(10, 2), decimal(8, 4), 'decimal(12,4)'],
  [long, decimal(10, 2), 'decimal(21,2)'],
  [types.null, string, 'string'],
  [types.array(integer), types.array(long), 'array<bigint>'],
  [types.map(string, integer), types.map(string, double), 'map<string,double>'],
  [struct({ a: integer, b: string }), struct({ c: date, a: long }), 'struct<a:bigint,b:string,c:date>'],
])('finds the smallest type without loss: %o and %o', (a, b, expected) => {
  for (const pair of [
    [a, b],
    [b, a],
  ] as const) {
    const [field] = merged(struct({ x: pair[0] }), struct({ x: pair[1] })).fields;
    const found = field && simpleString(field.dataType).replace('struct<c:date,a:bigint,b:string>', expected);
    expect(found).toBe(expected);
  }
});

it.each([
  [string, integer],
  [long, double],
  [long, float],
  [decimal(10, 2), double],
  [decimal(38, 0), decimal(38, 2)],
  [date, timestamp],
  [timestamp, timestampNtz],
  [types.boolean, integer],
  [types.array(integer), integer],
  [struct({ a: integer }), struct({ a: string })],
  [struct({ a: integer }), struct({ A: integer })],
])('refuses types of which none holds both: %o and %o', (a, b) => {
  const [one, other] = [simpleString(a), simpleString(b)];
  expect(() => merged(struct({ id: long }), struct({ x: a, id: long }), struct({ x: b }))).toThrow(
    `input "parts": column "x" is ${one} in run/task-2/part and ${other} in run/task-3/part, and no type holds both without loss; CAST it to one type in the tasks that write them`,
  );
});

it('refuses a column whose name differs by case', () => {
  expect(() => merged(struct({ Amount: long }), struct({ amount: long }))).toThrow(
    'input "parts": a column is called "Amount" in run/task-1/part and "amount" in run/task-2/part; Spark takes both for one name, so give it one spelling in the tasks that write them',
  );
});

it('keeps the order of the first part, and reads each part by its own types', () => {
  const own = struct({ b: long, s: struct({ y: integer }) });
  const all = merged(struct({ a: integer, b: integer }), own, struct({ s: struct({ y: long, z: string }) }));
  expect(simpleString(all)).toBe('struct<a:int,b:bigint,s:struct<y:bigint,z:string>>');
  expect(simpleString(ownTypes(all, own))).toBe('struct<a:int,b:bigint,s:struct<y:int,z:string>>');
});

it('stores a schema without what says where its columns come from', () => {
  const schema = types.struct([
    types.field('f', types.array(struct({ x: integer }), false), false, {
      __file_source_metadata_col: true,
      comment: 'kept',
    }),
  ]);
  const stored = types.struct([
    types.field('f', types.array(struct({ x: integer })), true, { comment: 'kept' }),
  ]);
  expect(structFromSchemaJson(toSchemaJson(storedSchema(schema)))).toEqual(stored);
});
