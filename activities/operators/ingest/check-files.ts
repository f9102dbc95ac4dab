import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readParquetFooter } from '../../datasets/parquet-footer.js';
import type { ColumnTypes } from './column-types.js';
import type { DatasetSpec } from './params.js';

/** A file that can be ingested. */
export type AcceptedFile = {
  path: string;
  bytes: number;
  /** Parquet: rows by its footer. */
  rows?: number;
  /** CSV: names in its header line, in order. */
  header?: string[];
};

/** A file that is left out, and why. */
export type RejectedFile = { file: string; reason: string };

/** What the files of a dataset are good for, told from their footers and header lines alone. */
export type FileCheck = {
  accepted: AcceptedFile[];
  rejected: RejectedFile[];
  /** Columns that files have and the schema has not. */
  undeclared: string[];
};

/** Files that are opened at the same time. */
const parallelism = 16;

/** Holds each file against the declared columns. */
export async function checkFiles(
  files: readonly string[],
  { format, options }: Pick<DatasetSpec, 'format' | 'options'>,
  types: ColumnTypes,
): Promise<FileCheck> {
  const check = async (path: string): Promise<Verdict> => {
    try {
      const { size: bytes } = await stat(path);
      if (bytes === 0 && format !== 'json') throw new Error('it is empty');
      if (format === 'parquet') {
        const { rows, columns } = await readParquetFooter(path);
        return verdict({ path, bytes, rows }, columns, types);
      }
      if (format === 'json') return { accepted: { path, bytes }, undeclared: [] };
      const header = await readHeader(path, options);
      const columns = header.map((name) => ({ name, type: undefined }));
      return verdict({ path, bytes, header }, columns, types);
    } catch (error) {
      const reason = `unreadable: ${error instanceof Error ? error.message : String(error)}`;
      return { rejected: { file: path, reason } };
    }
  };

  const verdicts: Verdict[] = [];
  for (let start = 0; start < files.length; start += parallelism) {
    verdicts.push(...(await Promise.all(files.slice(start, start + parallelism).map(check))));
  }
  return {
    accepted: verdicts.flatMap((each) => ('accepted' in each ? [each.accepted] : [])),
    rejected: verdicts.flatMap((each) => ('rejected' in each ? [each.rejected] : [])),
    undeclared: [...new Set(verdicts.flatMap((each) => ('accepted' in each ? each.undeclared : [])))],
  };
}

type Verdict = { accepted: AcceptedFile; undeclared: string[] } | { rejected: RejectedFile };

function verdict(
  file: AcceptedFile,
  columns: readonly { name: string; type: string | undefined }[],
  types: ColumnTypes,
): Verdict {
  const found = new Map(columns.map(({ name, type }) => [name, type]));
  const repeated = columns.filter(
    ({ name }, index) => columns.findIndex((other) => other.name === name) < index,
  );
  const mismatches = [...types].flatMap(([name, expected]) => {
    if (!found.has(name)) return [`column ${name} is missing`];
    const type = found.get(name);
    return type === undefined || type === expected ? [] : [`column ${name} is ${type}, expected ${expected}`];
  });
  const problems = [...repeated.map(({ name }) => `column ${name} appears twice`), ...mismatches];
  if (problems.length > 0) return { rejected: { file: file.path, reason: problems.join('; ') } };
  return { accepted: file, undeclared: [...found.keys()].filter((name) => !types.has(name)) };
}

/** The names in the first line of a CSV file, gzipped or not. */
async function readHeader(path: string, options: DatasetSpec['options']): Promise<string[]> {
  const encoding = nodeEncoding(String(options.encoding ?? options.charset ?? 'utf-8'));
  const line = await readFirstLine(path, encoding);
  if (line === '') throw new Error('it has no header line');
  const separator = String(options.sep ?? options.delimiter ?? ',');
  return splitLine(line, separator, String(options.quote ?? '"')).map((name) => name.trim());
}

/** Longest header line, in characters: what is longer is no header. */
const maxHeaderLength = 1_000_000;

async function readFirstLine(path: string, encoding: BufferEncoding): Promise<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file;
  let text = '';
  try {
    for await (const chunk of bytes.setEncoding(encoding)) {
      text += chunk;
      const end = text.search(/[\r\n]/);
      if (end >= 0) return text.slice(0, end).replace(/^\uFEFF/, '');
      if (text.length > maxHeaderLength) throw new Error('its first line is too long for a header');
    }
    return text;
  } finally {
    file.destroy();
  }
}

function nodeEncoding(name: string): BufferEncoding {
  const known: Record<string, BufferEncoding> = {
    'utf-8': 'utf8',
    'us-ascii': 'latin1',
    'iso-8859-1': 'latin1',
    'utf-16le': 'utf16le',
  };
  const encoding = known[name.toLowerCase()];
  if (encoding === undefined)
    throw new Error(`encoding ${name} is not supported; use ${Object.keys(known).join(', ')}`);
  return encoding;
}

/** Splits one CSV line: fields may be quoted, quotes within quotes are doubled. */
function splitLine(line: string, separator: string, quote: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const isQuote = quote !== '' && line.startsWith(quote, at);
    if (isQuote && quoted && line.startsWith(quote, at + 1)) {
      field += quote;
      at++;
    } else if (isQuote) {
      quoted = !quoted;
    } else if (!quoted && line.startsWith(separator, at)) {
      fields.push(field);
      field = '';
      at += separator.length - 1;
    } else {
      field += line[at];
    }
  }
  return [...fields, field];
}
