import {
  type DataType,
  type StructField,
  type StructType,
  simpleString,
  toDdl,
  types,
} from 'spark-connect-js';
import { OperatorError } from '../operator.js';

/** The schema of one part of what is read as one dataset, and where the part is, for messages. */
export type Part = { schema: StructType; where: string };

/**
 * The union of the columns of all parts, by name: in the order of the first part, then those that later ones add. A column that has
 * several types gets the smallest one that holds the values of all of them without loss. Fields of structs alike.
 *
 * @param what What is read as one, such as `input "sales"`
 * @throws OperatorError `SchemaMismatch` naming a column that no such type exists for, or whose name differs by case alone
 */
export function mergeSchemas(what: string, parts: readonly Part[]): StructType {
  const [first, ...others] = parts;
  if (first === undefined) return types.struct([]);
  let merged = first.schema;
  /** Where each column was seen first. */
  const seen = new Map(first.schema.fields.map(({ name }) => [name, first]));
  for (const part of others) {
    merged = mergeStructs(merged, part.schema, {
      differentCase: (name, other) => {
        throw new OperatorError(
          'SchemaMismatch',
          `${what}: a column is called "${name}" in ${seen.get(name)?.where} and "${other}" in ${part.where}; Spark takes both for one name, so give it one spelling in the tasks that write them`,
        );
      },
      differentTypes: (name) => {
        const earlier = seen.get(name);
        throw new OperatorError(
          'SchemaMismatch',
          `${what}: column "${name}" is ${typeIn(earlier?.schema, name)} in ${earlier?.where} and ${typeIn(part.schema, name)} in ${part.where}, and no type holds both without loss; CAST it to one type in the tasks that write them`,
        );
      },
    });
    for (const { name } of part.schema.fields) if (!seen.has(name)) seen.set(name, part);
  }
  return merged;
}

/**
 * The merged schema with a part's own types wherever the part has the column: what its files are read as before their columns are
 * cast. Parquet gives null for columns that are not there.
 */
export function ownTypes(merged: StructType, own: StructType): StructType {
  return ownType(merged, own) as StructType;
}

function ownType(merged: DataType, own: DataType): DataType {
  if (merged.kind === 'struct' && own.kind === 'struct') {
    const ownFields = new Map(own.fields.map((field) => [field.name, field.dataType]));
    return types.struct(
      merged.fields.map((field) => {
        const type = ownFields.get(field.name);
        return type === undefined ? field : { ...field, dataType: ownType(field.dataType, type) };
      }),
    );
  }
  if (merged.kind === 'array' && own.kind === 'array') {
    return types.array(ownType(merged.elementType, own.elementType));
  }
  if (merged.kind === 'map' && own.kind === 'map') {
    return types.map(ownType(merged.keyType, own.keyType), ownType(merged.valueType, own.valueType));
  }
  return own;
}

/** Whether two types hold the same values. */
export const sameType = (a: DataType, b: DataType): boolean => a.kind === b.kind && toDdl(a) === toDdl(b);

type Refusals = { differentCase(name: string, other: string): void; differentTypes(name: string): void };

function mergeStructs(a: StructType, b: StructType, refuse: Refusals): StructType {
  const fields = new Map(a.fields.map((field) => [field.name, field]));
  const spellings = new Map(a.fields.map(({ name }) => [name.toLowerCase(), name]));
  for (const field of b.fields) {
    const spelling = spellings.get(field.name.toLowerCase()) ?? field.name;
    if (spelling !== field.name) refuse.differentCase(spelling, field.name);
    const other = fields.get(field.name);
    fields.set(field.name, other === undefined ? field : mergeFields(other, field, refuse));
  }
  return types.struct([...fields.values()]);
}

function mergeFields(a: StructField, b: StructField, refuse: Refusals): StructField {
  const type = wider(a.dataType, b.dataType);
  if (type === undefined) refuse.differentTypes(a.name);
  const isSame = JSON.stringify(a.metadata) === JSON.stringify(b.metadata);
  return types.field(a.name, type ?? a.dataType, true, isSame ? a.metadata : undefined);
}

/** The smallest type that holds the values of both without loss. */
function wider(a: DataType, b: DataType): DataType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = wider(a.elementType, b.elementType);
    return element && types.array(element);
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const [key, value] = [wider(a.keyType, b.keyType), wider(a.valueType, b.valueType)];
    return key && value && types.map(key, value);
  }
  if (a.kind === 'struct' && b.kind === 'struct') return widerStruct(a, b);
  return widerNumber(a, b);
}

function widerStruct(a: StructType, b: StructType): StructType | undefined {
  let fits = true;
  const refuse = () => {
    fits = false;
  };
  const merged = mergeStructs(a, b, { differentCase: refuse, differentTypes: refuse });
  return fits ? merged : undefined;
}

/** Whole numbers, with the digits that the greatest of them have. */
const integers = [
  { type: types.byte, digits: 3 },
  { type: types.short, digits: 5 },
  { type: types.integer, digits: 10 },
  { type: types.long, digits: 19 },
] as const;
type Integer = (typeof integers)[number];

const maxPrecision = 38;

function widerNumber(a: DataType, b: DataType): DataType | undefined {
  const [i, j] = [integerOf(a), integerOf(b)];
  if (i !== undefined && j !== undefined) return i.digits > j.digits ? i.type : j.type;
  if (isFraction(a)) return isFraction(b) ? types.double : fractionFor(j, a);
  if (isFraction(b)) return fractionFor(i, b);
  const [p, q] = [asDecimal(a), asDecimal(b)];
  if (p === undefined || q === undefined) return undefined;
  const scale = Math.max(p.scale, q.scale);
  const precision = Math.max(p.precision - p.scale, q.precision - q.scale) + scale;
  return precision <= maxPrecision ? types.decimal(precision, scale) : undefined;
}

const integerOf = ({ kind }: DataType): Integer | undefined =>
  integers.find(({ type }) => type.kind === kind);

const isFraction = ({ kind }: DataType): boolean => kind === 'float' || kind === 'double';

/** A float is exact up to 2²⁴, a double up to 2⁵³. */
function fractionFor(integer: Integer | undefined, fraction: DataType): DataType | undefined {
  if (integer === undefined || integer.type.kind === 'long') return undefined;
  return integer.type.kind === 'integer' ? types.double : fraction;
}

function asDecimal(type: DataType): { precision: number; scale: number } | undefined {
  if (type.kind === 'decimal') return type;
  const integer = integerOf(type);
  return integer && { precision: integer.digits, scale: 0 };
}

function typeIn(schema: StructType | undefined, name: string): string {
  const field = schema?.fields.find((each) => each.name === name);
  return field === undefined ? 'missing' : simpleString(field.dataType);
}
