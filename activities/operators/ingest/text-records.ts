import type { DataFrame } from 'spark-connect-js';
import { identifier, literal } from '../../datasets/sql-text.js';
import { isNested } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { parseJson } from './parse-json.js';
import { parseText } from './parse-text.js';
import { wholeRecord } from './row-checks.js';

/** Column of a record's text when it is no record. */
export const corruptRecord = '_corrupt_record';

/** Reader options that the records of text files are read with. */
export const textSettings = { mode: 'PERMISSIVE', columnNameOfCorruptRecord: corruptRecord };

/** The fields of a text file as Spark's readers take them: all as text, and the text of a record that is none. */
export const textFields = (columns: readonly string[]): string =>
  [...columns, corruptRecord].map((name) => `${identifier(name)} string`).join(', ');

/**
 * The records of text files as declared: values that are none of their type are null, with their text in
 * `_unparsed` by column; so is the text of a whole record that is no record. Each has the number of its file, `_file`,
 * which the records must have.
 */
export function parseRecords(records: DataFrame, { schema }: Pick<DatasetSpec, 'schema'>): DataFrame {
  const parsed = Object.entries(schema).map(([name, { type, format }]) => {
    const text = identifier(name);
    const expression = isNested(type) ? parseJson(text, type) : parseText(text, type, format);
    return { name, text, expression };
  });
  const unparsed = parsed
    .filter(({ text, expression }) => expression !== text)
    .map(
      ({ name, text, expression }) => `${literal(name)}, CASE WHEN ${expression} IS NULL THEN ${text} END`,
    );
  const texts = [`'${wholeRecord}', ${corruptRecord}`, ...unparsed].join(', ');
  return records.selectExpr(
    ...parsed.map(({ name, expression }) => `${expression} AS ${identifier(name)}`),
    `map_filter(map(${texts}), (name, text) -> text IS NOT NULL) AS _unparsed`,
    '_file',
  );
}

/** Gives each row its `_position` in reading order, which holds within one scan alone. */
export const withPositions = (rows: DataFrame): DataFrame =>
  rows.selectExpr('*', 'monotonically_increasing_id() AS _position');
