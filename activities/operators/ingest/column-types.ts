import { fieldName, identifier } from '../../datasets/sql-text.js';
import type { DatasetSpec } from './params.js';

/** Types without parts that a column may have. */
export type SimpleType =
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'binary';

/** A declared type. Text has a length when it is `char(n)` or `varchar(n)`; both are written as strings. */
export type ColumnType =
  | { kind: SimpleType }
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'string'; length?: number }
  | { kind: 'array'; element: ColumnType }
  | { kind: 'map'; key: ColumnType; value: ColumnType }
  | { kind: 'struct'; fields: { name: string; type: ColumnType }[] };

/** The declared columns of a dataset with Spark's own spelling of the types that they are written as, in order. */
export type ColumnTypes = ReadonlyMap<string, string>;

export const columnTypes = ({ schema }: Pick<DatasetSpec, 'schema'>): ColumnTypes =>
  new Map(Object.entries(schema).map(([name, { type }]) => [name, spelled(type)]));

/** Columns as Spark's readers take them. */
export const ddl = (types: Iterable<[string, string]>): string =>
  [...types].map(([name, type]) => `${identifier(name)} ${type}`).join(', ');

/** Spark's spelling of the type that values of a declared type are written as. */
export function spelled(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${spelled(type.element)}>`;
    case 'map':
      return `map<${spelled(type.key)},${spelled(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${fieldName(field.name)}:${spelled(field.type)}`).join(',')}>`;
    default:
      return type.kind;
  }
}

/** Types that another one is part of. */
export function partsOf(type: ColumnType): ColumnType[] {
  switch (type.kind) {
    case 'array':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'struct':
      return type.fields.map((field) => field.type);
    default:
      return [];
  }
}

export const isNested = (type: ColumnType): boolean => partsOf(type).length > 0;

/** Whether a type or a part of it is such a one. */
export const someType = (type: ColumnType, is: (type: ColumnType) => boolean): boolean =>
  is(type) || partsOf(type).some((part) => someType(part, is));

const simpleTypes: Record<string, SimpleType> = {
  boolean: 'boolean',
  tinyint: 'tinyint',
  byte: 'tinyint',
  smallint: 'smallint',
  short: 'smallint',
  int: 'int',
  integer: 'int',
  bigint: 'bigint',
  long: 'bigint',
  float: 'float',
  real: 'float',
  double: 'double',
  date: 'date',
  timestamp: 'timestamp',
  timestamp_ltz: 'timestamp',
  timestamp_ntz: 'timestamp_ntz',
  binary: 'binary',
};

/** The types that a column may have, for error messages. */
export const knownTypes =
  'boolean, tinyint, smallint, int, bigint, float, double, decimal(p,s), string, char(n), varchar(n), binary, date, timestamp, timestamp_ntz, array<…>, map<…,…> or struct<name:type,…>';

/** Reads a type as Spark's SQL spells it. @throws Error when it is none that a column may have */
export function parseType(text: string): ColumnType {
  const reader = new TypeReader(text);
  const type = reader.type();
  reader.end();
  return type;
}

class TypeReader {
  private readonly tokens: string[];
  private at = 0;

  constructor(text: string) {
    this.tokens = text.match(/`(?:[^`]|``)+`|\w+|\S/g) ?? [];
  }

  type(): ColumnType {
    const word = this.next();
    const name = word.toLowerCase();
    switch (name) {
      case 'string':
        return { kind: 'string' };
      case 'char':
      case 'character':
      case 'varchar': {
        const [length = 0] = this.numbers(1, 1);
        if (length < 1) throw new Error(`the length of ${name} must be at least 1`);
        return { kind: 'string', length };
      }
      case 'decimal':
      case 'dec':
      case 'numeric': {
        const [precision = 10, scale = 0] = this.peek() === '(' ? this.numbers(1, 2) : [];
        if (precision < 1 || precision > 38 || scale > precision)
          throw new Error('a decimal has 1 to 38 digits, and no more of them behind the point than in all');
        return { kind: 'decimal', precision, scale };
      }
      case 'array': {
        this.expect('<');
        const element = this.type();
        this.expect('>');
        return { kind: 'array', element };
      }
      case 'map': {
        this.expect('<');
        const key = this.type();
        this.expect(',');
        const value = this.type();
        this.expect('>');
        return { kind: 'map', key, value };
      }
      case 'struct':
        return { kind: 'struct', fields: this.fields() };
    }
    const kind = Object.hasOwn(simpleTypes, name) ? simpleTypes[name] : undefined;
    if (kind === undefined) throw new Error(word === '' ? 'a type is missing' : `"${word}" is no such type`);
    return { kind };
  }

  end(): void {
    if (this.at < this.tokens.length) throw new Error(`"${this.next()}" is too much`);
  }

  private fields(): { name: string; type: ColumnType }[] {
    const fields: { name: string; type: ColumnType }[] = [];
    this.expect('<');
    do {
      const word = this.next();
      const name = word.startsWith('`') ? word.slice(1, -1).replaceAll('``', '`') : word;
      if (!/^[`\w]/.test(word)) throw new Error('the name of a field is missing');
      if (fields.some((other) => other.name.toLowerCase() === name.toLowerCase()))
        throw new Error(`the field "${name}" is there twice`);
      if (this.peek() === ':') this.next();
      fields.push({ name, type: this.type() });
    } while (this.next(',', '>') === ',');
    return fields;
  }

  /** Whole numbers in parentheses. */
  private numbers(least: number, most: number): number[] {
    this.expect('(');
    const numbers: number[] = [];
    do {
      const word = this.next();
      if (!/^\d{1,9}$/.test(word) || numbers.length === most)
        throw new Error(`expected ${least === most ? 'one number' : 'one or two numbers'} in parentheses`);
      numbers.push(Number(word));
    } while (this.next(',', ')') === ',');
    return numbers;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private next(...expected: string[]): string {
    const token = this.tokens[this.at++] ?? '';
    if (expected.length > 0 && !expected.includes(token))
      throw new Error(
        `expected ${expected.join(' or ')}${token === '' ? ' at the end' : `, got "${token}"`}`,
      );
    return token;
  }

  private expect(token: string): void {
    this.next(token);
  }
}
