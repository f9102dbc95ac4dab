import {
  type DataType,
  type StructType,
  simpleString,
  structFromSchemaJson,
  toSchemaJson,
  types,
} from 'spark-connect-js';
import type { Json, SchemaField } from '../operator.js';

/** Metadata by which Spark itself marks columns. They say where a column comes from, not what the files hold. */
const sparksOwn = /^__(?!COLLATIONS$)/;

/**
 * The schema that a dataset written from such rows has: all columns may be null, as Spark sees those of any file, and have no
 * marks of Spark's own.
 */
export function storedSchema({ fields }: StructType): StructType {
  return types.struct(
    fields.map(({ name, dataType, metadata = {} }) => {
      const kept = Object.entries(metadata).filter(([key]) => !sparksOwn.test(key));
      return types.field(
        name,
        nullable(dataType),
        true,
        kept.length > 0 ? Object.fromEntries(kept) : undefined,
      );
    }),
  );
}

function nullable(type: DataType): DataType {
  switch (type.kind) {
    case 'array':
      return types.array(nullable(type.elementType));
    case 'map':
      return types.map(nullable(type.keyType), nullable(type.valueType));
    case 'struct':
      return storedSchema(type);
    default:
      return type;
  }
}

/** The columns for people and for the digest. */
export const schemaFields = ({ fields }: StructType): SchemaField[] =>
  fields.map(({ name, dataType, nullable }) => ({ name, type: simpleString(dataType), nullable }));

/** Spark's own form of a schema, which says everything: what manifests keep. */
export const toSparkSchema = (schema: StructType): Json => JSON.parse(toSchemaJson(schema)) as Json;

export const fromSparkSchema = (schema: Json): StructType => structFromSchemaJson(JSON.stringify(schema));
