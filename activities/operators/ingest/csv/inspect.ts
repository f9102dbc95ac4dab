import { isUtf8 } from 'node:buffer';
import type { CsvDialect } from './dialect.js';
import { RecordScanner } from './record-scanner.js';
import { splitRecord } from './split-record.js';
import { utf8Lines } from './utf8-lines.js';

/** What there is to know about a CSV file before Spark reads it. */
export type CsvFile = {
  /** Names of its columns, '' for one without. */
  header: string[];
  /** Whether Spark reads its records right as it is; else by a copy (see {@link copyCsv}). */
  plain: boolean;
};

/** Longest header, in bytes: what is longer is no header. */
const maxHeaderBytes = 1_000_000;

/** Reads a CSV file through. @throws Error why it cannot be ingested */
export async function inspectCsv(path: string, dialect: CsvDialect): Promise<CsvFile> {
  let header: string[] | undefined;
  const scanner = new RecordScanner(dialect, (record, sound) => {
    header = readHeader(record, sound, dialect);
    delete scanner.handler;
  });
  let bytes = 0;
  let plain = isPlain(dialect);
  for await (const lines of utf8Lines(path, dialect.encoding)) {
    plain &&= looksPlain(lines, dialect);
    // Without a quote there are but records of one line.
    const skip = scanner.betweenRecords && header !== undefined && plain && !hasQuotes(lines, dialect);
    if (!skip) scanner.scan(lines);
    plain &&= !scanner.quotedBreaks && !scanner.unsound;
    bytes += lines.length;
    if (header !== undefined && !plain) break;
    if (header === undefined && bytes > maxHeaderBytes)
      throw new Error('its first line is too long for a header');
  }
  scanner.finish();
  if (header === undefined) throw new Error('it has no header line');
  return { header, plain: plain && !scanner.unsound };
}

/** The names in a header; white space around a name is no part of it. */
function readHeader(record: Buffer, sound: boolean, dialect: CsvDialect): string[] {
  if (record.length > maxHeaderBytes) throw new Error('its first line is too long for a header');
  if (!isUtf8(record)) throw new Error(`its header line is not ${dialect.encoding}; set options.encoding`);
  if (!sound) throw new Error('a quote in its header line is not closed, or text follows it');
  return splitRecord(record.toString('utf8'), dialect).map(({ text }) => text.trim());
}

/** Whether Spark means the same by this dialect. */
function isPlain({ encoding, separator, trimStart, trimEnd }: CsvDialect): boolean {
  return encoding === 'utf-8' && Buffer.byteLength(separator) === 1 && !trimStart && !trimEnd;
}

/** Lines of white space alone, which Spark skips also where white space separates fields. */
const blankLine = /(?:^|[\r\n])(?:(?![\r\n])[ \p{Cc}])+(?:[\r\n]|$)/u;

/** Whether Spark reads these bytes right, as far as that can be told without looking at quotes. */
function looksPlain(lines: Buffer, dialect: CsvDialect): boolean {
  return (
    isUtf8(lines) &&
    !lines.includes(0) &&
    !hasLongLine(lines) &&
    (dialect.escape === undefined || dialect.escape === dialect.quote || !lines.includes(dialect.escape)) &&
    (dialect.separator > ' ' || !blankLine.test(lines.toString('latin1')))
  );
}

/** Fields of a record, at which Spark gives up a whole file; a line of fewer bytes has fewer. */
const maxFields = 20_480;

function hasLongLine(lines: Buffer): boolean {
  for (let start = 0; lines.length - start > maxFields; ) {
    const end = lines.lastIndexOf('\n', start + maxFields);
    if (end < start) return true;
    start = end + 1;
  }
  return false;
}

const hasQuotes = (lines: Buffer, { quote }: CsvDialect): boolean =>
  quote !== undefined && lines.includes(quote);
