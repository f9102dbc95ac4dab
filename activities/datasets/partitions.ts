import { type DataType, type StructField, type StructType, simpleString } from 'spark-connect-js';
import { OperatorError } from '../operator.js';
import { identifier, literal } from './sql-text.js';

/** Types whose values are folders' names and come back the same. */
const partitionTypes: ReadonlySet<DataType['kind']> = new Set([
  'string',
  'boolean',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'decimal',
  'date',
  'timestamp',
  'timestampNtz',
  'yearMonthInterval',
  'dayTimeInterval',
]);

/** The columns that become folders, in the schema's spelling. @throws OperatorError `InvalidParams` when one cannot be a folder */
export function partitionColumns(
  what: string,
  { fields }: StructType,
  partitionBy: readonly string[],
): string[] {
  const refused = (column: string, reason: string): OperatorError =>
    new OperatorError('InvalidParams', `${what}, partitionBy: ${column}: ${reason}`);
  const partitions = partitionBy.map((wanted) => {
    const field =
      fields.find(({ name }) => name === wanted) ??
      fields.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (field === undefined) {
      const known = fields.map(({ name }) => name).join(', ');
      throw refused(wanted, `there is no such column; there are ${known}`);
    }
    const { name, dataType } = field;
    if (!partitionTypes.has(dataType.kind)) {
      throw refused(
        name,
        `a value of type ${simpleString(dataType)} cannot be a folder's name; CAST it to string`,
      );
    }
    if (name.startsWith('.'))
      throw refused(name, 'Spark ignores folders whose name starts with a dot; rename it');
    return name;
  });
  const twice = partitions.find((name, index) => partitions.indexOf(name) < index);
  if (twice !== undefined) throw refused(twice, 'it is listed twice');
  if (partitions.length > 0 && partitions.length === fields.length) {
    throw refused(partitions.join(', '), 'these are all columns, and at least one has to stay in the files');
  }
  return partitions;
}

/** What Spark calls the folder of the null values of a column. */
const nullFolder = '__HIVE_DEFAULT_PARTITION__';

/** Bytes that a file system allows for the name of a folder. */
const maxNameBytes = 255;

/** Characters that Spark writes as three: `%3A` for a colon. */
const escaped = String.raw`["#%'*/:=?\\{\[\]^\x00-\x1F\x7F]`;

/**
 * A column in SQL. For one that becomes folders, text that would come back as another value, or cannot be a folder's name, ends the
 * query in words.
 */
export function partitionValue({ name, dataType }: StructField, partitions: readonly string[]): string {
  const column = identifier(name);
  if (dataType.kind !== 'string' || !partitions.includes(name)) return column;
  const room = maxNameBytes - Buffer.byteLength(name) - 1;
  const fail = (reason: string): string => `raise_error(${literal(`partitionBy: ${name}: ${reason}`)})`;
  const length = `octet_length(regexp_replace(${column}, ${literal(escaped)}, '%00'))`;
  return `CASE
    WHEN ${column} IN ('', '${nullFolder}') THEN ${fail(`a folder cannot be called "" or ${nullFolder}, as null is; use another text, or null`)}
    WHEN contains(${column}, '\\u0000') THEN ${fail('a text has the character NUL in it, which no folder can have in its name')}
    WHEN octet_length(${column}) > ${Math.floor(room / 3)} AND ${length} > ${room} THEN ${fail(`a text is too long for the name of a folder, which has room for ${room} bytes`)}
    ELSE ${column} END AS ${column}`;
}
