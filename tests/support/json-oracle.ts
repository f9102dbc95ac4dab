import fc from 'fast-check';
import { ingested } from './ingest-texts.js';

/** How the files of {@link jsonFile} are declared. `at` is the number of the file. */
export const jsonFormat = {
  format: 'json',
  schema: {
    at: 'string',
    s: 'string',
    n: 'bigint',
    x: 'double',
    b: 'boolean',
    o: 'struct<i:bigint,t:string>',
    l: 'array<double>',
  },
} as const;

const number = fc.oneof(
  fc.constantFrom('0', '-0', '1', '1.0', '1.10', '-7', '1e2', '1E-2', '1e400', '-1e400', '5e-324'),
  fc.constantFrom('9007199254740993', '9223372036854775807', '9223372036854775808', `1${'0'.repeat(40)}1`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const string = fc.oneof(
  fc.constantFrom(
    '""',
    '" 12 "',
    '"+5"',
    '"NaN"',
    '"-Inf"',
    '"7f"',
    '"yes"',
    '"N"',
    '".5"',
    '"9007199254740993"',
  ),
  fc.constantFrom('"\\u0031"', '"\\ud83d\\ude00"', '"\\u0000\\/\\b\\n"', '"é😀\u2028"', '"}{"'),
  fc.constantFrom('"[1]"', '"{\\"i\\":1}"', '"null"'),
);
/** Scalars, and now and then what makes no JSON of the line, or no text. */
const scalar = fc.oneof(
  { weight: 8, arbitrary: number },
  { weight: 8, arbitrary: string },
  { weight: 4, arbitrary: fc.constantFrom('true', 'false', 'null') },
  { weight: 1, arbitrary: fc.constantFrom('NaN', '01', '"a\tb"', '"\\x"', '"\\ud800"') },
);
const list = fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`);
const part = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constantFrom('[]', '{}', '[true,"a"]', '{"z":[7,null]}') },
);
/** Fields of an object, `key:value`. Few objects have a key twice: that makes no record of the line. */
const several = (each: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.uniqueArray(each, { maxLength: 4, selector: (text) => text.split(/[\s:]/)[0] }),
    },
    { weight: 1, arbitrary: fc.array(each, { maxLength: 3 }) },
  );
const object = several(
  fc
    .tuple(fc.constantFrom('i', 't', 'i', 't', 'I', '__proto__', '\\u0069'), part)
    .map(([key, value]) => `"${key}":${value}`),
).map((fields) => `{${fields.join(',')}}`);
const usual: Record<string, fc.Arbitrary<string>> = {
  s: string,
  n: fc.oneof(number, fc.constant('null')),
  x: number,
  b: fc.constantFrom('true', 'false', 'null', '1', '"no"'),
  o: object,
  l: list,
};
const field = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('s', 'n', 'x', 'b', 'o', 'l').chain((key) => pair(key, usual[key])),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('s', 'n', 'x', 'b', 'o', 'l', 'S', 'other', '__proto__')
      .chain((key) => pair(key)),
  },
);
const pair = (
  key: string,
  value: fc.Arbitrary<string> = fc.oneof(scalar, list, object),
): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(':', ' : ', ':\t'), value).map(([colon, text]) => `"${key}"${colon}${text}`);

type Line = (file: number) => string;

const record: fc.Arbitrary<Line> = several(field).map(
  (fields) => (file) => `{${[`"at":"${file}"`, ...fields].join(', ')}}`,
);
const line: fc.Arbitrary<Line> = fc.oneof(
  { weight: 6, arbitrary: record },
  {
    weight: 1,
    arbitrary: fc.tuple(record, fc.constantFrom(' x', '}', ',', '{}', ' \t', '\f', '\u00a0', ' null')).map(
      ([text, behind]): Line =>
        (file) =>
          `${text(file)}${behind}`,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(record, fc.double({ min: 0, max: 0.99, noNaN: true })).map(
      ([text, share]): Line =>
        (file) =>
          text(file).slice(0, Math.ceil(text(file).length * share)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(record, { maxLength: 2 }).map(
      (records): Line =>
        (file) =>
          ` [${records.map((text) => text(file)).join(' , ')}]`,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '  ', '\t', 'null', '7', '"text"', '[1]', '\0').map(
      (text): Line =>
        () =>
          text,
    ),
  },
);

/** A file of lines that are JSON, or almost. */
export const jsonFile: fc.Arbitrary<Line> = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 5 })
  .map(
    (lines) => (file) => `${lines.map(([text, end]) => `${text(file)}${end}`).join('')}{"at":"${file}"}\n`,
  );

/** Ingests texts that {@link jsonFile} made with their index. @returns where the result is not that of JSON.parse */
export async function jsonDifferences(texts: readonly string[]): Promise<string[]> {
  const files = Object.fromEntries(texts.map((text, index) => [`${index}.json`, text]));
  const { good, bad, stats } = await ingested(files, jsonFormat);
  const found = new Map<string, string[]>();
  const add = (file: string, row: string): void => void found.set(file, [...(found.get(file) ?? []), row]);
  for (const values of good) add(String(values[0]), shown([], values));
  for (const { file, text, values, reasons } of bad)
    add(file.replace('.json', ''), text === null ? shown(reasons, values) : malformed(text));
  const differences = texts.flatMap((text, index) => {
    const mine = (found.get(String(index)) ?? []).sort();
    const theirs = text.split(/\r?\n/).flatMap(expectedRows).sort();
    if (JSON.stringify(mine) === JSON.stringify(theirs)) return [];
    const more = mine.filter((row) => !theirs.includes(row));
    const missing = theirs.filter((row) => !mine.includes(row));
    return [`${JSON.stringify(text)}: found ${more.join('; ')}, expected ${missing.join('; ')}`];
  });
  const { rowsRead, rowsWritten, rowsRejected } = stats;
  if (rowsRead !== rowsWritten + rowsRejected)
    differences.push(`${rowsRead} rows read, ${rowsWritten} written, ${rowsRejected} rejected`);
  return differences.sort((one, other) => one.length - other.length);
}

const malformed = (text: string): string => `malformed ${JSON.stringify(text)}`;

/** A row for comparison: the reasons that it is bad for, and its values. JSON text in a string column is compared as JSON. */
const shown = (reasons: readonly string[], [at, s, ...others]: readonly unknown[]): string =>
  `${[...reasons].sort()} ${JSON.stringify([at, typeof s === 'string' ? normal(s) : s, ...others])}`;

function normal(text: string): string {
  const value = /^\s*[[{]/.test(text) ? parsed(text) : undefined;
  return value === undefined ? text : textOf(value);
}

/** JSON whose numbers are text behind {@link mark}: doubles would not hold them all. */
type Marked = null | boolean | string | Marked[] | { [key: string]: Marked };
const mark = '\uE000';

/** The value of a text that is strict JSON; undefined for others. Stricter than JSON.parse: no key twice, no lone surrogate. */
function parsed(text: string): Marked | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
  const value = JSON.parse(
    text.replace(tokens, (token) => (token.startsWith('"') ? token : `"${mark}${token}"`)),
  ) as Marked;
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined);
  const isLone = /\\ud[89a-f]/.test(JSON.stringify(value).replaceAll('\\\\', ''));
  return keys.length === keysOf(value) && !isLone ? value : undefined;
}

function keysOf(value: Marked): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum, each) => sum + keysOf(each), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

function expectedRows(text: string): string[] {
  if (/^[ \t\f]*$/.test(text)) return [];
  const value = parsed(text);
  const records = Array.isArray(value) ? value : [value];
  return records.every(isObject) ? records.map(expectedRow) : [malformed(text)];
}

const isObject = (value: Marked | undefined): value is { [key: string]: Marked } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (value: { [key: string]: Marked }, key: string): Marked =>
  Object.hasOwn(value, key) ? (value[key] ?? null) : null;

function expectedRow(record: { [key: string]: Marked }): string {
  const reasons: string[] = [];
  const values = Object.keys(jsonFormat.schema).map((name) => {
    const value = own(record, name);
    if (value === null) return null;
    const read = readers[name]?.(value) ?? null;
    if (read === null) reasons.push(`${name}.type`);
    return read;
  });
  return shown(reasons, values);
}

type Reader = (value: Marked) => unknown;

const textOf = (value: Marked): string => {
  if (typeof value === 'string') return value.replace(mark, '');
  return JSON.stringify(value).replaceAll(new RegExp(`"${mark}([^"]*)"`, 'g'), '$1');
};

const bigint: Reader = (value) => {
  const text = textOf(value).trim();
  if (!/^[+-]?\d+$/.test(text)) return null;
  const whole = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, whole) === whole ? String(whole) : null;
};

const double: Reader = (value) => {
  const text = textOf(value).trim();
  const [, sign, special] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (special !== undefined)
    return special.length === 3 && /nan/i.test(special) ? 'NaN' : `${sign === '-' ? '-' : ''}Infinity`;
  const number = Number(text);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) && Number.isFinite(number) ? number : null;
};

const boolean: Reader = (value) => {
  const text = textOf(value).trim();
  if (/^(?:true|t|yes|y|1)$/i.test(text)) return true;
  return /^(?:false|f|no|n|0)$/i.test(text) ? false : null;
};

/** Text of a struct's part. Of a number of up to 38 digits it is without the zeros at the end, of others there is none. */
const textWithin: Reader = (value) => {
  if (typeof value !== 'string' || !value.startsWith(mark)) return textOf(value);
  const exact = exactWithin(value);
  return exact === undefined ? null : textOf(exact);
};

function exactWithin(value: Marked): Marked | undefined {
  if (typeof value !== 'string' || !value.startsWith(mark)) return value;
  const text = value.slice(1);
  if (/e/i.test(text) || text.replace(/\D/g, '').length > 38) return undefined;
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return `${mark}${plain === '-0' ? '0' : plain}`;
}

/** A container, or a text that is one. */
const inside = (value: Marked): Marked | undefined =>
  typeof value !== 'string' ? value : value.startsWith(mark) ? undefined : parsed(value);

const readers: Record<string, Reader> = {
  at: textOf,
  s: textOf,
  n: bigint,
  x: double,
  b: boolean,
  o(value) {
    const struct = inside(value);
    if (!isObject(struct)) return null;
    const [i, t] = [own(struct, 'i'), own(struct, 't')];
    const whole = i === null ? null : bigint(exactWithin(i) ?? '');
    const text = t === null ? null : textWithin(t);
    return (i !== null && whole === null) || (t !== null && text === null) ? null : { i: whole, t: text };
  },
  l(value) {
    const items = inside(value);
    if (!Array.isArray(items)) return null;
    const doubles = items.map((item) => (item === null ? null : double(item)));
    return doubles.some((item, index) => item === null && items[index] !== null) ? null : doubles;
  },
};
