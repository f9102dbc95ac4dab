import { identifier, literal, typedLiteral } from '../../datasets/sql-text.js';
import { spelled } from './column-types.js';
import { type Column, type DatasetSpec, referenceTarget } from './params.js';

/** One reason to refuse a row: its code, and an SQL condition that is true for the rows that break the rule. */
export type RowCheck = { reason: string; condition: string };

/**
 * All declared rules of a dataset as SQL over its rows. Conditions see the dataset's columns, and beside them, for the
 * i-th key `_first_<i>` (position of the key's first row, null when the key occurs once), and for the i-th reference
 * `_known_<i>` (true when the referenced row exists).
 */
export type RowChecks = {
  checks: RowCheck[];
  /** Columns of each key that must be unique. */
  keys: string[][];
  references: { column: string; dataset: string; target: string }[];
};

/** Reason of a CSV or JSON record that is no record; its text is under {@link wholeRecord} in `_unparsed`. */
export const malformed = 'malformed';
/** Key of `_unparsed` for a whole record; all others are columns. */
export const wholeRecord = '*';

export function rowChecks(spec: DatasetSpec): RowChecks {
  const isText = spec.format !== 'parquet';
  const checks: RowCheck[] = [];
  const keys: string[][] = [];
  const references: RowChecks['references'] = [];
  const addKey = (reason: string, columns: string[]): void => {
    const first = `_first_${keys.length}`;
    checks.push({ reason, condition: `${first} <> _position` });
    keys.push(columns);
  };

  for (const [name, column] of Object.entries(spec.schema)) {
    const { type } = column;
    const length = type.kind === 'string' ? type.length : undefined;
    const isNoValue = isText ? unparsed(name) : `char_length(${identifier(name)}) > ${length}`;
    if (length !== undefined || (isText && type.kind !== 'string'))
      checks.push({ reason: `${name}.type`, condition: isNoValue });
    if (!column.nullable) {
      const isNull = `${identifier(name)} IS NULL`;
      // A value that did not parse is null as well, and counts as a wrong type alone.
      checks.push({
        reason: `${name}.notNull`,
        condition: isText ? `${isNull} AND NOT ${unparsed(name)}` : isNull,
      });
    }
    checks.push(...valueChecks(name, column));
    if (column.unique) addKey(`${name}.unique`, [name]);
    if (column.references !== undefined) {
      const { dataset, column: target } = referenceTarget(column.references);
      const known = `_known_${references.length}`;
      checks.push({
        reason: `${name}.references`,
        condition: `${identifier(name)} IS NOT NULL AND ${known} IS NULL`,
      });
      references.push({ column: name, dataset, target });
    }
  }
  for (const rule of spec.rules) {
    if ('unique' in rule) addKey(rule.reason, rule.unique);
    else checks.push({ reason: rule.reason, condition: negated(rule.expect) });
  }
  return { checks, keys, references };
}

/** The line break ends a comment within the condition. */
const negated = (condition: string): string => `NOT (${condition}\n)`;

/** Checks on the value alone, in the column's own type: a float is no double, and 64 bits are more than a double has. */
function valueChecks(name: string, { type: declared, oneOf, min, max }: Column): RowCheck[] {
  const value = identifier(name);
  const type = spelled(declared);
  const checks: RowCheck[] = [];
  if (oneOf !== undefined) {
    const allowed = oneOf.map((each) => typedLiteral(each, type)).join(', ');
    checks.push({ reason: `${name}.oneOf`, condition: `${value} NOT IN (${allowed})` });
  }
  const outside = [
    ...(min === undefined ? [] : [`${value} < ${typedLiteral(min, type)}`]),
    ...(max === undefined ? [] : [`${value} > ${typedLiteral(max, type)}`]),
  ];
  if (outside.length > 0) {
    // Spark sorts NaN above all numbers, so a lower bound alone would let it pass.
    if (type === 'double' || type === 'float') outside.push(`isnan(${value})`);
    checks.push({ reason: `${name}.range`, condition: outside.join(' OR ') });
  }
  return checks;
}

const unparsed = (name: string): string => `map_contains_key(_unparsed, ${literal(name)})`;

/** Keys that occur more than once, as `_key_<n>`, with the position of their first row. Keys with a null are no keys. */
export function duplicatesQuery(source: string, key: string[], index: number): string {
  const columns = key.map(identifier);
  return [
    `SELECT ${columns.map((column, n) => `${column} AS _key_${n}`).join(', ')}, min(_position) AS _first_${index}`,
    `FROM ${source}`,
    `WHERE ${columns.map((column) => `${column} IS NOT NULL`).join(' AND ')}`,
    `GROUP BY ${columns.join(', ')} HAVING count(*) > 1`,
  ].join('\n');
}

/** Parquet: bits of `_position` below the file's number that hold the row's index in its file. */
export const rowIndexBits = 40;

/**
 * The rows that break a rule, with all their reasons, and where they come from.
 * @param views Names of the views: the rows, the paths of the files by number, the duplicates of each key, the valid rows
 * of each referenced dataset
 */
export function quarantineQuery(
  spec: DatasetSpec,
  { checks, keys, references }: RowChecks,
  views: { source: string; files: string; duplicates: string[]; valid: (dataset: string) => string },
): string {
  const isText = spec.format !== 'parquet';
  const columns = Object.keys(spec.schema).map(identifier);
  const codes = checks.map(({ reason, condition }) => `  CASE WHEN ${condition} THEN ${literal(reason)} END`);
  const reasons = `array_compact(array(\n${codes.join(',\n')}))`;
  const isMalformed = unparsed(wholeRecord);
  const conditions = [...(isText ? [isMalformed] : []), ...checks.map(({ condition }) => condition)];

  const joins = [
    ...keys.map((key, index) => {
      const on = key.map((column, n) => `rows.${identifier(column)} = d${index}._key_${n}`).join(' AND ');
      return `LEFT JOIN ${views.duplicates[index]} AS d${index} ON ${on}`;
    }),
    ...references.map(({ column, dataset, target }, index) => {
      const known = `SELECT DISTINCT ${identifier(target)} AS _key, true AS _known_${index} FROM ${views.valid(dataset)}`;
      return `LEFT JOIN (${known}) AS r${index} ON rows.${identifier(column)} = r${index}._key`;
    }),
  ];
  const number = isText ? 'rows._file' : `shiftright(rows._position, ${rowIndexBits})`;
  // The last join, as only the rows that are refused need it.
  joins.push(`LEFT JOIN ${views.files} AS files ON files.number = ${number}`);
  const helpers = [
    ...keys.map((_, n) => `_first_${n}`),
    ...references.map((_, n) => `_known_${n}`),
    'files.path AS _source_file',
  ];
  return [
    `SELECT ${[...columns, ...(isText ? ['_unparsed'] : [])].join(', ')},`,
    `${isText ? `CASE WHEN ${isMalformed} THEN array('${malformed}') ELSE ${reasons} END` : reasons} AS _reasons,`,
    '_source_file,',
    ...(isText ? [] : [`_position % ${2 ** rowIndexBits}L AS _source_row,`]),
    '_position',
    `FROM (SELECT ${['rows.*', ...helpers].join(', ')} FROM ${views.source} AS rows`,
    ...joins.map((join) => `  ${join}`),
    ')',
    `WHERE ${conditions.map((condition) => `((${condition}) IS TRUE)`).join('\n   OR ')}`,
  ].join('\n');
}

/** The rows that are not quarantined, with the derived partition columns last, as Spark lays them out. */
export function validQuery(spec: DatasetSpec, source: string, quarantine: string | undefined): string {
  const columns = Object.keys(spec.schema).map(identifier);
  const derived = spec.partitionBy.flatMap(({ name, expression }) =>
    expression === undefined ? [] : [`${expression} AS ${identifier(name)}`],
  );
  const partitions = spec.partitionBy.map(({ name }) => identifier(name));
  // One task for each partition, so that each folder gets few files rather than one from every task.
  const hint = partitions.length === 0 ? '' : `/*+ REBALANCE(${partitions.join(', ')}) */ `;
  return [
    `SELECT ${hint}${[...columns, ...derived].join(', ')}`,
    `FROM ${source}`,
    ...(quarantine === undefined
      ? []
      : [`LEFT ANTI JOIN ${quarantine} ON ${source}._position = ${quarantine}._position`]),
  ].join('\n');
}
