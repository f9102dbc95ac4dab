import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DataTypeSchema, DataType as ProtoType } from '../gen/spark/connect/types_pb.js';
import { type DataType, type StructType, types } from './data-type.js';
import { fromSchemaJson } from './type-text.js';

type ProtoTypeInit = MessageInitShape<typeof DataTypeSchema>;

/** A data type as the protocol writes it. */
export function typeToProto(type: DataType): ProtoTypeInit {
  switch (type.kind) {
    case 'char':
      return { kind: { case: 'char', value: { length: type.length } } };
    case 'varchar':
      return { kind: { case: 'varChar', value: { length: type.length } } };
    case 'string':
      return { kind: { case: 'string', value: { collation: type.collation ?? '' } } };
    case 'decimal':
      return { kind: { case: 'decimal', value: { precision: type.precision, scale: type.scale } } };
    case 'time':
      return { kind: { case: 'time', value: { precision: type.precision } } };
    case 'yearMonthInterval':
    case 'dayTimeInterval':
      return { kind: { case: type.kind, value: { startField: type.startField, endField: type.endField } } };
    case 'array':
      return {
        kind: {
          case: 'array',
          value: { elementType: typeToProto(type.elementType), containsNull: type.containsNull },
        },
      };
    case 'map':
      return {
        kind: {
          case: 'map',
          value: {
            keyType: typeToProto(type.keyType),
            valueType: typeToProto(type.valueType),
            valueContainsNull: type.valueContainsNull,
          },
        },
      };
    case 'struct':
      return {
        kind: {
          case: 'struct',
          value: {
            fields: type.fields.map((field) => ({
              name: field.name,
              dataType: typeToProto(field.dataType),
              nullable: field.nullable,
              ...(field.metadata && { metadata: JSON.stringify(field.metadata) }),
            })),
          },
        },
      };
    case 'udt':
      return {
        kind: {
          case: 'udt',
          value: {
            type: 'udt',
            jvmClass: type.jvmClass,
            ...(type.pythonClass !== undefined && { pythonClass: type.pythonClass }),
            sqlType: typeToProto(type.sqlType),
          },
        },
      };
    default:
      return { kind: { case: type.kind, value: {} } } as ProtoTypeInit;
  }
}

/** Reads a data type of the protocol. @throws TypeError for a type that this library does not know */
export function typeFromProto(message: ProtoType | undefined): DataType {
  const kind = message?.kind;
  switch (kind?.case) {
    case 'null':
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'binary':
    case 'date':
    case 'timestamp':
    case 'timestampNtz':
    case 'calendarInterval':
    case 'variant':
      return types[kind.case];
    case 'string': {
      const { collation } = kind.value;
      return collation === '' || collation === 'UTF8_BINARY' ? types.string : { kind: 'string', collation };
    }
    case 'char':
      return types.char(kind.value.length);
    case 'varChar':
      return types.varchar(kind.value.length);
    case 'decimal':
      return types.decimal(kind.value.precision, kind.value.scale);
    case 'time':
      return types.time(kind.value.precision);
    case 'yearMonthInterval':
    case 'dayTimeInterval':
      return types[kind.case](kind.value.startField, kind.value.endField);
    case 'array':
      return types.array(typeFromProto(kind.value.elementType), kind.value.containsNull);
    case 'map': {
      const { keyType, valueType, valueContainsNull } = kind.value;
      return types.map(typeFromProto(keyType), typeFromProto(valueType), valueContainsNull);
    }
    case 'struct':
      return types.struct(
        kind.value.fields.map((field) =>
          types.field(
            field.name,
            typeFromProto(field.dataType),
            field.nullable,
            parseMetadata(field.metadata),
          ),
        ),
      );
    case 'udt':
      return {
        kind: 'udt',
        jvmClass: kind.value.jvmClass ?? '',
        pythonClass: kind.value.pythonClass,
        sqlType: kind.value.sqlType
          ? typeFromProto(kind.value.sqlType)
          : knownStorage(kind.value.jvmClass ?? ''),
      };
    case 'unparsed':
      return fromSchemaJson(JSON.stringify(kind.value.dataTypeString));
    default:
      throw new TypeError(`This client does not know Spark's data type ${kind?.case ?? '(none)'}`);
  }
}

/** How MLlib stores its types: the server names their classes only. */
const mllibStorage: Record<string, StructType> = {
  'org.apache.spark.ml.linalg.VectorUDT': types.struct([
    types.field('type', types.byte, false),
    types.field('size', types.integer),
    types.field('indices', types.array(types.integer, false)),
    types.field('values', types.array(types.double, false)),
  ]),
  'org.apache.spark.ml.linalg.MatrixUDT': types.struct([
    types.field('type', types.byte, false),
    types.field('numRows', types.integer, false),
    types.field('numCols', types.integer, false),
    types.field('colPtrs', types.array(types.integer, false)),
    types.field('rowIndices', types.array(types.integer, false)),
    types.field('values', types.array(types.double, false)),
    types.field('isTransposed', types.boolean, false),
  ]),
};

function knownStorage(jvmClass: string): DataType {
  const storage = mllibStorage[jvmClass];
  if (storage === undefined) {
    throw new TypeError(
      `This client does not know how Spark stores the user-defined type ${jvmClass || '(none)'}`,
    );
  }
  return storage;
}

/** Reads a schema of the protocol. @throws TypeError when it is not a struct */
export function structFromProto(message: ProtoType | undefined): StructType {
  const type = typeFromProto(message);
  if (type.kind !== 'struct') throw new TypeError(`Expected a struct, got ${type.kind}`);
  return type;
}

function parseMetadata(json: string | undefined): Record<string, unknown> | undefined {
  return json === undefined || json === '{}' ? undefined : JSON.parse(json);
}
