import { mkdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readParquetFooter } from '../../datasets/parquet-footer.js';
import type { ColumnTypes } from './column-types.js';
import { copyCsv } from './csv/copy.js';
import { type CsvDialect, csvOptions } from './csv/dialect.js';
import { inspectCsv } from './csv/inspect.js';
import type { DatasetSpec } from './params.js';

/** A file that can be ingested. */
export type AcceptedFile = {
  path: string;
  bytes: number;
  /** Parquet: rows by its footer. */
  rows?: number;
  /** CSV: names in its header line, in order. */
  header?: string[];
  /** Where Spark reads it: a link or a copy in the task's folder. Its name begins with the file's number. */
  readAs: string;
  /** Whether `readAs` is a copy (see {@link copyCsv}). */
  copied: boolean;
};

/** A file that is left out, and why. */
export type RejectedFile = { file: string; reason: string };

/** What the files of a dataset are good for. */
export type FileCheck = {
  accepted: AcceptedFile[];
  rejected: RejectedFile[];
  /** Columns that files have and the schema has not. */
  undeclared: string[];
};

/** Files that are opened at the same time. */
const parallelism = 16;

/**
 * Holds each file against the declared columns, and copies those that fit but Spark would misread.
 * @param folder Where Spark is to find the files; made anew
 */
export async function checkFiles(
  files: readonly string[],
  { format, options }: Pick<DatasetSpec, 'format' | 'options'>,
  types: ColumnTypes,
  folder: string,
): Promise<FileCheck> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dialect = csvOptions.parse(format === 'csv' ? options : {});

  const check = async (path: string, number: number): Promise<Verdict> => {
    const reject = (reason: string): Verdict => ({ rejected: { file: path, reason } });
    try {
      const found = await stat(path);
      if (!found.isFile()) throw new Error('it is not a file');
      if (found.size === 0 && format !== 'json') throw new Error('it is empty');
      const { columns, rows, header, plain } = await look[format](path, dialect);
      const problems = columns === undefined ? [] : mismatches(columns, types);
      if (problems.length > 0) return reject(problems.join('; '));

      const name = join(folder, `${number}.${format}`);
      const readAs = plain ? `${name}${codec(path)}` : name;
      if (!plain) await copyCsv(path, dialect, header?.length ?? 0, readAs);
      const accepted = {
        ...{ path, bytes: found.size, readAs, copied: !plain },
        ...(rows !== undefined && { rows }),
        ...(header !== undefined && { header }),
      };
      return { accepted, undeclared: (columns ?? []).flatMap(({ name }) => (types.has(name) ? [] : [name])) };
    } catch (error) {
      return reject(`unreadable: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const verdicts: Verdict[] = [];
  for (let start = 0; start < files.length; start += parallelism) {
    const batch = files.slice(start, start + parallelism);
    verdicts.push(...(await Promise.all(batch.map((path, index) => check(path, start + index)))));
  }
  return {
    accepted: verdicts.flatMap((each) => ('accepted' in each ? [each.accepted] : [])),
    rejected: verdicts.flatMap((each) => ('rejected' in each ? [each.rejected] : [])),
    undeclared: [...new Set(verdicts.flatMap((each) => ('accepted' in each ? each.undeclared : [])))],
  };
}

/**
 * Links the files that are not copied to where Spark is to find them: it takes some names for patterns, and cannot read
 * others. For each attempt, as the last one may have removed what it no longer needed.
 */
export async function linkFiles(files: readonly AcceptedFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path, readAs, copied } of files) {
    if (copied) continue;
    await rm(readAs, { force: true });
    await symlink(path, readAs);
  }
}

type Verdict = { accepted: AcceptedFile; undeclared: string[] } | { rejected: RejectedFile };

type Column = { name: string; type: string | undefined };

/** What a file says of itself; `plain`: Spark reads it right. */
type Facts = { columns?: Column[]; rows?: number; header?: string[]; plain: boolean };

const look: Record<DatasetSpec['format'], (path: string, dialect: CsvDialect) => Promise<Facts>> = {
  parquet: async (path) => ({ ...(await readParquetFooter(path)), plain: true }),
  json: async () => ({ plain: true }),
  csv: async (path, dialect) => {
    if (!['', '.gz'].includes(codec(path)))
      throw new Error(`CSV packed as ${codec(path)} is not supported; use .gz`);
    const { header, plain } = await inspectCsv(path, dialect);
    return { columns: header.map((name) => ({ name, type: undefined })), header, plain };
  },
};

/** The ending by which Spark knows that a file is packed, and how. */
const codec = (path: string): string =>
  /\.(gz|bz2|zst|lz4|snappy|deflate)$/i.exec(path)?.[0].toLowerCase() ?? '';

function mismatches(columns: readonly Column[], types: ColumnTypes): string[] {
  const found = new Map<string, Column>();
  const repeated = columns.flatMap((column) => {
    // A separator at the end of each line makes a column without a name.
    if (column.name === '') return [];
    const other = found.get(column.name.toLowerCase());
    if (other === undefined) {
      found.set(column.name.toLowerCase(), column);
      return [];
    }
    return other.name === column.name
      ? [`column ${column.name} appears twice`]
      : [`columns ${other.name} and ${column.name} differ only by case`];
  });
  const wrong = [...types].flatMap(([name, expected]) => {
    const column = found.get(name.toLowerCase());
    if (column?.name !== name)
      return [`column ${name} is missing${column === undefined ? '' : `, there is ${column.name}`}`];
    const { type } = column;
    return type === undefined || type === expected ? [] : [`column ${name} is ${type}, expected ${expected}`];
  });
  return [...repeated, ...wrong];
}
