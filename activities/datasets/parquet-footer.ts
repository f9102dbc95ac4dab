import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema, type SchemaTree } from 'hyparquet';
import { fieldName } from './sql-text.js';

/** What a Parquet file says of itself in its footer. */
export type ParquetFooter = {
  rows: number;
  /** Top-level columns in file order, with the Spark type that each is read as. */
  columns: { name: string; type: string }[];
};

/** Reads a file's footer, without its data. @throws Error when the file is not Parquet or its footer is damaged */
export async function readParquetFooter(file: string): Promise<ParquetFooter> {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file));
  const rows = Number(metadata.num_rows);
  const columns = parquetSchema(metadata).children.map((child) => ({
    name: child.element.name,
    type: sparkType(child),
  }));
  // The reader takes what it finds.
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`its footer is damaged: it has ${rows} rows`);
  if (columns.some(({ name }) => typeof name !== 'string'))
    throw new Error('its footer is damaged: a column has no name');
  return { rows, columns };
}

/**
 * The Spark type of a column, in the spelling of Spark's `simpleString`: what Spark reads the column as when it has
 * only the file to go by. A type that Spark cannot read gives a description in Parquet's own terms.
 */
function sparkType(node: SchemaTree): string {
  // A repeated field outside of a LIST or MAP is an array of required elements.
  if (node.element.repetition_type === 'REPEATED') return `array<${typeOfOne(node)}>`;
  return typeOfOne(node);
}

function typeOfOne(node: SchemaTree): string {
  const { element, children } = node;
  if (element.type !== undefined) return primitiveType(node);
  const annotation = element.logical_type?.type ?? element.converted_type;
  const [inner] = children;
  if (annotation === 'LIST' && inner !== undefined) return `array<${listElementType(inner, element.name)}>`;
  if ((annotation === 'MAP' || annotation === 'MAP_KEY_VALUE') && inner?.children.length === 2) {
    return `map<${inner.children.map(sparkType).join(',')}>`;
  }
  return `struct<${children.map((child) => `${fieldName(child.element.name)}:${sparkType(child)}`).join(',')}>`;
}

/** The element of a LIST: below a repeated group, or the repeated field itself in files of older writers. */
function listElementType(repeated: SchemaTree, listName: string): string {
  const { name, type } = repeated.element;
  const [only, ...more] = repeated.children;
  const isElement =
    type !== undefined ||
    more.length > 0 ||
    name === 'array' ||
    name === `${listName}_tuple` ||
    only === undefined;
  return isElement ? typeOfOne(repeated) : sparkType(only);
}

function primitiveType({ element }: SchemaTree): string {
  const { type, logical_type: logical, converted_type: converted } = element;
  const annotation = logical?.type ?? converted;
  if (annotation === 'DECIMAL') {
    const { precision = 0, scale = 0 } = logical?.type === 'DECIMAL' ? logical : element;
    return `decimal(${precision},${scale})`;
  }
  switch (type) {
    case 'BOOLEAN':
      return 'boolean';
    case 'FLOAT':
      return 'float';
    case 'DOUBLE':
      return 'double';
    case 'INT96':
      return 'timestamp';
    case 'INT32':
    case 'INT64':
      if (annotation === undefined) return type === 'INT32' ? 'int' : 'bigint';
      if (annotation === 'DATE') return 'date';
      if (logical?.type === 'TIMESTAMP' && logical.unit !== 'NANOS') {
        return logical.isAdjustedToUTC ? 'timestamp' : 'timestamp_ntz';
      }
      if (annotation === 'TIMESTAMP_MICROS' || annotation === 'TIMESTAMP_MILLIS') return 'timestamp';
      return integerTypes[integerAnnotation(element)] ?? unknownType(element);
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      if (annotation === undefined || annotation === 'BSON') return 'binary';
      if (['STRING', 'UTF8', 'ENUM', 'JSON'].includes(annotation)) return 'string';
      return unknownType(element);
    default:
      return unknownType(element);
  }
}

/** Spark widens unsigned integers to the next signed type. */
const integerTypes: Record<string, string> = {
  INT_8: 'tinyint',
  INT_16: 'smallint',
  INT_32: 'int',
  INT_64: 'bigint',
  UINT_8: 'smallint',
  UINT_16: 'int',
  UINT_32: 'bigint',
  UINT_64: 'decimal(20,0)',
};

function integerAnnotation({
  logical_type: logical,
  converted_type: converted,
}: SchemaTree['element']): string {
  if (logical?.type === 'INTEGER') return `${logical.isSigned ? 'INT' : 'UINT'}_${logical.bitWidth}`;
  return converted ?? '';
}

function unknownType({
  type,
  logical_type: logical,
  converted_type: converted,
}: SchemaTree['element']): string {
  const unit = logical !== undefined && 'unit' in logical ? `(${logical.unit})` : '';
  const annotation = logical?.type ?? converted;
  return `Parquet ${type ?? 'group'}${annotation === undefined ? '' : ` ${annotation}${unit}`}`;
}
