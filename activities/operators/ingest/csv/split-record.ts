import type { CsvDialect } from './dialect.js';

/** A field of a record. */
export type CsvField = { text: string; quoted: boolean };

const lastSpace = 0x20;

/** The fields of a sound record (see {@link RecordScanner}). */
export function splitRecord(record: string, dialect: CsvDialect): CsvField[] {
  const { separator, quote, trimStart, trimEnd } = dialect;
  const fields: CsvField[] = [];
  for (let at = 0; ; at += separator.length) {
    if (trimStart) at = skipSpaces(record, at, separator);
    if (quote !== undefined && record[at] === quote) {
      const { text, end } = quotedText(record, at + 1, quote, dialect.escape);
      fields.push({ text, quoted: true });
      at = trimEnd ? skipSpaces(record, end, separator) : end;
    } else {
      const next = record.indexOf(separator, at);
      const end = next < 0 ? record.length : next;
      let last = end;
      if (trimEnd) while (last > at && record.charCodeAt(last - 1) <= lastSpace) last--;
      fields.push({ text: record.slice(at, last), quoted: false });
      at = end;
    }
    if (at >= record.length) return fields;
  }
}

function skipSpaces(record: string, from: number, separator: string): number {
  let at = from;
  while (at < record.length && record.charCodeAt(at) <= lastSpace && !record.startsWith(separator, at)) at++;
  return at;
}

/** The text after an opening quote, and where the closing one ends. @param before Makes a quote after it plain */
function quotedText(
  record: string,
  start: number,
  quote: string,
  before: string | undefined,
): { text: string; end: number } {
  if (before === quote) {
    let end = record.indexOf(quote, start);
    const isSimple = record[end + 1] !== quote;
    while (record[end + 1] === quote) end = record.indexOf(quote, end + 2);
    const text = record.slice(start, end);
    return { text: isSimple ? text : text.replaceAll(quote + quote, quote), end: end + 1 };
  }
  let text = '';
  let from = start;
  for (let at = start; record[at] !== quote; at++) {
    const next = record[at + 1];
    if (record[at] !== before || (next !== quote && next !== before)) continue;
    text += record.slice(from, at) + next;
    at++;
    from = at + 1;
  }
  const end = record.indexOf(quote, from);
  return { text: text + record.slice(from, end), end: end + 1 };
}
