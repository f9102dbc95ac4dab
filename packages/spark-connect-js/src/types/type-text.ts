import { type DataType, type SimpleKind, type StructField, type StructType, types } from './data-type.js';

/** The names that Spark's schema JSON gives to simple types. SQL shortens three of them. */
const jsonNames: Record<SimpleKind, string> = {
  null: 'void',
  boolean: 'boolean',
  byte: 'byte',
  short: 'short',
  integer: 'integer',
  long: 'long',
  float: 'float',
  double: 'double',
  binary: 'binary',
  date: 'date',
  timestamp: 'timestamp',
  timestampNtz: 'timestamp_ntz',
  calendarInterval: 'interval',
  variant: 'variant',
};
const sqlNames: Record<string, string> = {
  byte: 'tinyint',
  short: 'smallint',
  integer: 'int',
  long: 'bigint',
};
const intervalFields = {
  yearMonthInterval: ['year', 'month'],
  dayTimeInterval: ['day', 'hour', 'minute', 'second'],
} as const;

/** The type in Spark's short notation, such as `bigint`, `array<int>` or `struct<a:decimal(10,2)>`. */
export function simpleString(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `array<${simpleString(type.elementType)}>`;
    case 'map':
      return `map<${simpleString(type.keyType)},${simpleString(type.valueType)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}:${simpleString(field.dataType)}`).join(',')}>`;
    case 'udt':
      return simpleString(type.sqlType);
    default: {
      const name = atomName(type);
      return sqlNames[name] ?? name;
    }
  }
}

/** The type as SQL's DDL accepts it; a struct as a list of columns: `id BIGINT NOT NULL, name STRING`. */
export function toDdl(type: DataType): string {
  if (type.kind !== 'struct') return sqlType(type);
  return type.fields.map((field) => columnDdl(field, ' ')).join(', ');
}

function sqlType(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${sqlType(type.elementType)}>`;
    case 'map':
      return `MAP<${sqlType(type.keyType)}, ${sqlType(type.valueType)}>`;
    case 'struct':
      return `STRUCT<${type.fields.map((field) => columnDdl(field, ': ')).join(', ')}>`;
    case 'udt':
      return sqlType(type.sqlType);
    default:
      return simpleString(type).toUpperCase();
  }
}

function columnDdl(field: StructField, separator: string): string {
  const name = /^[A-Za-z_]\w*$/.test(field.name) ? field.name : quoteIdentifier(field.name);
  const comment = field.metadata?.comment;
  const commentDdl = typeof comment === 'string' ? ` COMMENT '${comment.replace(/['\\]/g, '\\$&')}'` : '';
  return `${name}${separator}${sqlType(field.dataType)}${field.nullable ? '' : ' NOT NULL'}${commentDdl}`;
}

/** An identifier in backquotes, whatever it contains. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The name of a type without inner types, as in schema JSON. */
function atomName(type: Exclude<DataType, { kind: 'array' | 'map' | 'struct' | 'udt' }>): string {
  switch (type.kind) {
    case 'string':
      return type.collation === undefined ? 'string' : `string collate ${type.collation}`;
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'time':
      return `time(${type.precision})`;
    case 'yearMonthInterval':
    case 'dayTimeInterval': {
      const names = intervalFields[type.kind];
      const [start, end] = [names[type.startField], names[type.endField]];
      return start === end ? `interval ${start}` : `interval ${start} to ${end}`;
    }
    default:
      return jsonNames[type.kind];
  }
}

/** Spark's schema JSON, which keeps everything: nullability, metadata, user-defined types. */
export function toSchemaJson(type: DataType): string {
  return JSON.stringify(jsonValue(type));
}

function jsonValue(type: DataType): unknown {
  switch (type.kind) {
    case 'array':
      return { type: 'array', elementType: jsonValue(type.elementType), containsNull: type.containsNull };
    case 'map':
      return {
        type: 'map',
        keyType: jsonValue(type.keyType),
        valueType: jsonValue(type.valueType),
        valueContainsNull: type.valueContainsNull,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map((field) => ({
          name: field.name,
          type: jsonValue(field.dataType),
          nullable: field.nullable,
          metadata: field.metadata ?? {},
        })),
      };
    case 'udt':
      return {
        type: 'udt',
        class: type.jvmClass,
        ...(type.pythonClass !== undefined && { pyClass: type.pythonClass }),
        sqlType: jsonValue(type.sqlType),
      };
    case 'string':
      // Spark writes collations into the field's metadata; a plain string type reads back without one.
      return 'string';
    default:
      return atomName(type);
  }
}

/**
 * Reads Spark's schema JSON.
 * @throws TypeError when the text is not one
 */
export function fromSchemaJson(text: string): DataType {
  return parseType(JSON.parse(text));
}

/** Reads the schema JSON of a struct. @throws TypeError when it is of another type */
export function structFromSchemaJson(text: string): StructType {
  const type = fromSchemaJson(text);
  if (type.kind !== 'struct')
    throw new TypeError(`Expected the schema of a struct, got ${simpleString(type)}`);
  return type;
}

type JsonObject = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;
const kindByJsonName = new Map(Object.entries(jsonNames).map(([kind, name]) => [name, kind as SimpleKind]));

function parseType(json: unknown): DataType {
  if (typeof json === 'string') return parseAtom(json);
  if (isObject(json)) {
    if (json.type === 'array') return types.array(parseType(json.elementType), json.containsNull !== false);
    if (json.type === 'map') {
      return types.map(parseType(json.keyType), parseType(json.valueType), json.valueContainsNull !== false);
    }
    if (json.type === 'struct' && Array.isArray(json.fields))
      return types.struct(json.fields.map(parseField));
    if (json.type === 'udt') {
      return {
        kind: 'udt',
        jvmClass: String(json.class ?? ''),
        pythonClass: typeof json.pyClass === 'string' ? json.pyClass : undefined,
        sqlType: parseType(json.sqlType),
      };
    }
  }
  throw new TypeError(`Not a Spark data type: ${JSON.stringify(json)}`);
}

function parseField(json: unknown): StructField {
  if (!isObject(json) || typeof json.name !== 'string') {
    throw new TypeError(`Not a field of a struct: ${JSON.stringify(json)}`);
  }
  const metadata =
    isObject(json.metadata) && Object.keys(json.metadata).length > 0 ? json.metadata : undefined;
  return types.field(json.name, parseType(json.type), json.nullable !== false, metadata);
}

function parseAtom(name: string): DataType {
  const kind = kindByJsonName.get(name);
  if (kind !== undefined) return { kind };
  if (name === 'string') return types.string;
  const [, word, first, second] = /^(\w+)\((\d+)(?:,\s*(-?\d+))?\)$/.exec(name) ?? [];
  if (word === 'decimal') return types.decimal(Number(first), Number(second ?? 0));
  if (word === 'time') return types.time(Number(first));
  if (word === 'char' || word === 'varchar') return types[word](Number(first));
  const [, start, end = start] = /^interval (\w+)(?: to (\w+))?$/.exec(name) ?? [];
  for (const interval of ['yearMonthInterval', 'dayTimeInterval'] as const) {
    const names: readonly string[] = intervalFields[interval];
    if (start !== undefined && end !== undefined && names.includes(start) && names.includes(end)) {
      return types[interval](names.indexOf(start), names.indexOf(end));
    }
  }
  throw new TypeError(`Not a Spark data type: "${name}"`);
}
