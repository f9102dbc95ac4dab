import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataTypeSchema } from '../src/gen/spark/connect/types_pb.js';
import { type DataType, fromSchemaJson, simpleString, toDdl, toSchemaJson, types } from '../src/index.js';
import { typeFromProto, typeToProto } from '../src/types/type-proto.js';
import { anyType } from './support/arbitrary.js';

const nested = types.struct([
  types.field('id', types.long, false),
  types.field('the name', types.string, true, { comment: "it's" }),
  types.field('tags', types.array(types.map(types.string, types.decimal(10, 2)))),
  types.field('point', types.struct([types.field('x', types.double, false), types.field('`', types.short)])),
  types.field('took', types.dayTimeInterval(1, 3)),
  types.field('age', types.yearMonthInterval(0, 0)),
]);

describe('data types as text', () => {
  it('has Spark’s short notation', () => {
    expect(simpleString(nested)).toBe(
      'struct<id:bigint,the name:string,tags:array<map<string,decimal(10,2)>>,point:struct<x:double,`:smallint>,' +
        'took:interval hour to second,age:interval year>',
    );
  });

  it('has DDL with quoted names, nullability and comments', () => {
    expect(toDdl(nested)).toBe(
      "id BIGINT NOT NULL, `the name` STRING COMMENT 'it\\'s', tags ARRAY<MAP<STRING, DECIMAL(10,2)>>, " +
        'point STRUCT<x: DOUBLE NOT NULL, ````: SMALLINT>, took INTERVAL HOUR TO SECOND, age INTERVAL YEAR',
    );
  });

  it('reads the schema JSON that Spark writes', () => {
    const json =
      '{"type":"struct","fields":[{"name":"a","type":"decimal(5,2)","nullable":false,"metadata":{}},' +
      '{"name":"v","type":{"type":"udt","class":"org.apache.spark.ml.linalg.VectorUDT","pyClass":"p.V",' +
      '"sqlType":"binary"},"nullable":true,"metadata":{"k":1}}]}';
    expect(fromSchemaJson(json)).toEqual(
      types.struct([
        types.field('a', types.decimal(5, 2), false),
        types.field(
          'v',
          {
            kind: 'udt',
            jvmClass: 'org.apache.spark.ml.linalg.VectorUDT',
            pythonClass: 'p.V',
            sqlType: types.binary,
          },
          true,
          { k: 1 },
        ),
      ]),
    );
  });

  it.each([
    '"foo"',
    '"decimal(x)"',
    '{"type":"struct"}',
    '{"type":"struct","fields":[{"type":"long"}]}',
    '3',
  ])('refuses %s', (json) => {
    expect(() => fromSchemaJson(json)).toThrow(TypeError);
  });

  it('survives a round trip through JSON and through the protocol', () => {
    fc.assert(
      fc.property(anyType, (type: DataType) => {
        expect(fromSchemaJson(toSchemaJson(type))).toEqual(type);
        expect(typeFromProto(create(DataTypeSchema, typeToProto(type)))).toEqual(type);
      }),
    );
  });
});
