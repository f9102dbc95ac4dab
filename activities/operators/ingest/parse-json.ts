import { identifier, literal } from '../../datasets/sql-text.js';
import type { ColumnType } from './column-types.js';
import { parseText } from './parse-text.js';

/**
 * SQL of the value that JSON text stands for: null when anything in it is no value of its type. A key that an object has
 * twice, or more text behind the JSON, makes it no JSON. Scalars are read as their text would be in a column of their own.
 * @param text SQL of the text
 * @param type a type with parts
 */
export function parseJson(text: string, type: ColumnType): string {
  const value = `CASE WHEN NOT ${isWrong('v', type, 1)} THEN ${validValue('v', type, 1)} END`;
  return withName('v', wholeJson(text), value);
}

/** Put behind the text in an array, this must be what follows it there. */
const end = 'end of text';

/** JSON text as a variant that {@link isWholeJson} can be asked about. Spark's parser stops where a value ends. */
export const parsedToEnd = (text: string): string => `try_parse_json(concat('[', ${text}, ',"${end}"]'))`;

/** Whether text was one JSON value. Never null. */
export const isWholeJson = (parsed: string): string =>
  `coalesce(${part(parsed, '$[1]', 'string')} = '${end}' AND ${part(parsed, '$[2]', 'variant')} IS NULL, false)`;

/** JSON text as a variant: null unless the text is one value. */
const wholeJson = (text: string): string =>
  withName('p', parsedToEnd(text), `CASE WHEN ${isWholeJson('p')} THEN ${part('p', '$[0]', 'variant')} END`);

/** Whether a variant, or anything in it, is no value of the type. Null and what is missing are. */
function isWrong(v: string, type: ColumnType, depth: number): string {
  const inner = `v${depth}`;
  const someIsWrong = (parts: string, condition: string): string =>
    `(${v} IS NOT NULL AND NOT is_variant_null(${v}) AND coalesce(exists(${parts}, ${inner} -> ${condition}), true))`;
  switch (type.kind) {
    case 'array':
      return someIsWrong(elements(v), isWrong(inner, type.element, depth + 1));
    case 'map':
      return someIsWrong(`map_values(${entries(v)})`, isWrong(inner, type.value, depth + 1));
    case 'struct': {
      const fields = type.fields.map((field) => isWrong(entry(inner, field.name), field.type, depth + 1));
      // No object: no entries.
      return someIsWrong(`array(${entries(v)})`, `(${inner} IS NULL OR ${fields.join(' OR ')})`);
    }
    default:
      return `(${part(v, '$', 'string')} IS NOT NULL AND ${scalar(v, type)} IS NULL)`;
  }
}

/** The value of a variant that is one of the type. */
function validValue(v: string, type: ColumnType, depth: number): string {
  const inner = `v${depth}`;
  switch (type.kind) {
    case 'array':
      return `transform(${elements(v)}, ${inner} -> ${validValue(inner, type.element, depth + 1)})`;
    case 'map':
      return `transform_values(${entries(v)}, (k${depth}, ${inner}) -> ${validValue(inner, type.value, depth + 1)})`;
    case 'struct': {
      const fields = type.fields.map(
        (field) =>
          `${validValue(entry(inner, field.name), field.type, depth + 1)} AS ${identifier(field.name)}`,
      );
      return withName(
        inner,
        entries(v),
        `CASE WHEN ${inner} IS NOT NULL THEN struct(${fields.join(', ')}) END`,
      );
    }
    default:
      return scalar(v, type);
  }
}

/** A number that a variant does not hold in full is a double there: with an exponent, or of more than 38 digits. */
function scalar(v: string, type: ColumnType): string {
  const text = part(v, '$', 'string');
  const inexact = inexactNumbers[type.kind];
  const value = parseText(text, type);
  if (inexact === undefined) return value;
  const isInexact = `${text} RLIKE ${literal(inexact)} AND schema_of_variant(${v}) = 'DOUBLE'`;
  // A list or an object that becomes text.
  const holdsInexact = `${text} RLIKE ${literal(inexactInside)} AND schema_of_variant(${v}) RLIKE 'DOUBLE|VARIANT'`;
  const conditions = type.kind === 'string' ? `(${isInexact} OR ${holdsInexact})` : `(${isInexact})`;
  return `CASE WHEN NOT ${conditions} THEN ${value} END`;
}

/** JSON text with a double in it that may not be the number that was written. The types of list items may not be known. */
const inexactInside = '^[\\[{](.*[\\[:,])?"?-?(\\d[\\d.]{15,}|[\\d.]+E-?\\d|Infinity)';

/** What the text of a double looks like when it may not be the number that was written, by type. */
const inexactNumbers: { [kind in ColumnType['kind']]?: string } = {
  string: '^-?[\\dI]',
  // Up to 15 digits are as they were written.
  decimal: '^-?(?!(?:\\d\\.?){1,15}(?:E|$))',
  float: 'Infinity$',
  double: 'Infinity$',
};

const part = (v: string, path: string, type: string): string => `try_variant_get(${v}, '${path}', '${type}')`;
const elements = (v: string): string => part(v, '$', 'array<variant>');
const entries = (v: string): string => part(v, '$', 'map<string,variant>');
const entry = (entries: string, key: string): string => `${entries}[${literal(key)}]`;

/** Gives the value of an expression a name within another, so that it is computed once. */
const withName = (name: string, expression: string, body: string): string =>
  `transform(array(${expression}), ${name} -> ${body})[0]`;
