import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readParquetFooter } from './parquet-footer.js';

/** Files whose footers are read at the same time. */
const parallelism = 16;

/** Counts what Spark wrote below a folder from the files themselves: rows by their Parquet footers, without a scan. */
export async function countWritten(folder: string): Promise<{ files: number; rows: number; bytes: number }> {
  const files = await parquetFiles(folder);
  let rows = 0;
  for (let start = 0; start < files.length; start += parallelism) {
    const footers = await Promise.all(
      files.slice(start, start + parallelism).map(({ path }) => readParquetFooter(path)),
    );
    rows += footers.reduce((sum, footer) => sum + footer.rows, 0);
  }
  return { files: files.length, rows, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** The data files below a folder: names that start with `_` or `.` are Spark's own. */
export async function parquetFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile() && !/^[._]/.test(entry.name))
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, bytes: (await stat(path)).size };
      }),
  );
}
