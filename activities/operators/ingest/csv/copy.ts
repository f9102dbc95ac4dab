import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { literal } from '../../../datasets/sql-text.js';
import type { CsvDialect } from './dialect.js';
import { RecordScanner } from './record-scanner.js';
import { type CsvField, splitRecord } from './split-record.js';
import { utf8Lines } from './utf8-lines.js';

/**
 * How a copy is read by Spark. Each of its lines is a record with one field more: the text of what is no record in the
 * file, whose other fields are then empty. Fields are to be {@link decoded}.
 */
export const copyOptions = { sep: ',', quote: '"', escape: '"', header: false };

/** What stands for characters that a line of a copy must not have. The first is part of all, so it is replaced last. */
const codes: readonly [character: string, code: string][] = [
  ['\x1b', '\x1b0'],
  ['\n', '\x1b1'],
  ['\r', '\x1b2'],
  ['\0', '\x1b3'],
];

/** Begins the text of what is no record, so that it equals no `nullValue`, which has no control characters. */
const mark = '\x1b';

/** SQL of the text of what is no record, or null. */
export const decodedText = (field: string): string => `substring(${decoded(field)}, 2)`;

const codeOf = new Map(codes);

/** SQL of the value of a copy's field. */
export const decoded = (field: string): string =>
  codes.reduceRight(
    (sql, [character, code]) => `replace(${sql}, ${literal(code)}, ${literal(character)})`,
    field,
  );

/**
 * Copies a CSV file so that Spark reads its records right: in UTF-8, one a line whatever is in their fields, and those
 * that are no records as such. What is not sound is no record, line by line: where it ends cannot be told.
 * @param columns Fields that each record must have
 * @throws Error when the file cannot be read to its end
 */
export async function copyCsv(path: string, dialect: CsvDialect, columns: number, to: string): Promise<void> {
  let lines: string[] = [];
  const malformed = (text: string): void => {
    if (text !== '') lines.push(`${','.repeat(columns)}${field({ text: mark + text, quoted: true })}\n`);
  };
  const { separator, quote, trimStart, trimEnd } = dialect;
  // What a record says already in the copy's own dialect.
  const isCopied = separator === ',' && quote === '"' && dialect.escape === '"' && !trimStart && !trimEnd;
  let isHeader = true;
  const scanner = new RecordScanner(dialect, (record, sound) => {
    if (isHeader) {
      isHeader = false;
      return;
    }
    const text = record.toString('utf8');
    if (!sound) {
      for (const line of text.split(/\r\n|\n|\r/)) malformed(line);
      return;
    }
    const fields = splitRecord(text, dialect);
    if (fields.length !== columns || !isUtf8(record)) malformed(text);
    else lines.push(`${isCopied ? encoded(text) : fields.map(field).join(',')},\n`);
  });
  const file = await open(to, 'w');
  try {
    for await (const piece of utf8Lines(path, dialect.encoding)) {
      scanner.scan(piece);
      await file.write(lines.join(''));
      lines = [];
    }
    scanner.finish();
    await file.write(lines.join(''));
  } finally {
    await file.close();
  }
}

const field = ({ text, quoted }: CsvField): string =>
  text === '' && !quoted ? '' : `"${encoded(text.replaceAll('"', '""'))}"`;

const special = new RegExp(`[${codes.map(([character]) => character).join('')}]`, 'g');

const encoded = (text: string): string => text.replace(special, (character) => codeOf.get(character) ?? '');
