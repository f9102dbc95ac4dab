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

/**
 * How a column is stored: `delta` for integers that are nearly sorted or small, `plain` for numbers of many values,
 * `enumeration` for a few strings, in a dictionary and without minimum and maximum, which would take long and help nobody.
 */
export type ColumnEncoding = 'delta' | 'plain' | 'enumeration';

/**
 * Writes one Parquet file (Snappy, one row group). It appears under its name when it is complete and not before: until
 * then its name starts with a dot, which readers of data folders skip.
 *
 * @param encodings of columns; others get a dictionary, and statistics by row group
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
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setMaxRowGroupSize(Math.max(1, table.numRows))
    .setStatisticsEnabled(EnabledStatistics.Chunk);
  for (const [column, encoding] of Object.entries(encodings)) {
    if (encoding === 'enumeration') {
      builder = builder.setColumnStatisticsEnabled(column, EnabledStatistics.None);
      continue;
    }
    builder = builder.setColumnDictionaryEnabled(column, false);
    if (encoding === 'delta') builder = builder.setColumnEncoding(column, Encoding.DELTA_BINARY_PACKED);
  }
  return builder.build();
}
