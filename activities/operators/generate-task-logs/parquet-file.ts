import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Table as ArrowTable, tableToIPC } from 'apache-arrow';
import {
  Compression,
  EnabledStatistics,
  Encoding,
  Table,
  WriterPropertiesBuilder,
  writeParquet,
} from 'parquet-wasm';

/** How a column is best stored: what the writer would find out slowly, or not at all. */
export type ColumnEncoding = 'dictionary' | 'delta' | 'plain';

/**
 * Writes one Parquet file (Snappy, one row group). It appears under its name when it is complete and not before: until
 * then its name starts with a dot, which readers of data folders skip.
 *
 * @param encodings of columns; a column without one is dictionary-encoded
 * @returns its size in bytes
 */
export async function writeParquetFile(
  path: string,
  table: ArrowTable,
  encodings: Readonly<Record<string, ColumnEncoding>> = {},
): Promise<number> {
  const bytes = writeParquet(
    Table.fromIPCStream(tableToIPC(table, 'stream')),
    writerProperties(table, encodings),
  );
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return bytes.byteLength;
}

function writerProperties(table: ArrowTable, encodings: Readonly<Record<string, ColumnEncoding>>) {
  // Statistics by row group, not by page: the files are small, and statistics of strings take a third of their time.
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setMaxRowGroupSize(Math.max(1, table.numRows))
    .setStatisticsEnabled(EnabledStatistics.Chunk);
  for (const [column, encoding] of Object.entries(encodings)) {
    builder = builder.setColumnDictionaryEnabled(column, encoding === 'dictionary');
    if (encoding === 'delta') builder = builder.setColumnEncoding(column, Encoding.DELTA_BINARY_PACKED);
  }
  return builder.build();
}
