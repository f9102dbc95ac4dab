import type { DataFrame, SparkSession } from 'spark-connect-js';
import { literal } from '../../datasets/sql-text.js';
import type { AcceptedFile } from './check-files.js';
import { type ColumnTypes, ddl } from './column-types.js';
import { rowIndexBits } from './row-checks.js';
import { localPath } from './spark-paths.js';

/** Rows of Parquet files, with `_source_file` as Spark spells it and `_row_index`. */
function parquetRows(spark: SparkSession, files: readonly AcceptedFile[], types: ColumnTypes): DataFrame {
  return spark.read
    .schema(ddl(types))
    .parquet(...files.map(({ path }) => path))
    .selectExpr('*', '_metadata.file_path AS _source_file', '_metadata.row_index AS _row_index');
}

/** The files' paths as Spark spells them, in the order of the list: asked for, since that is Spark's own affair. */
export async function spelledPaths(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  types: ColumnTypes,
): Promise<string[]> {
  const firstRows = parquetRows(spark, files, types).where('_row_index = 0').select('_source_file');
  const found = await firstRows.collect<{ _source_file: string }>();
  const spelling = new Map(found.map((row) => [localPath(row.get('_source_file')), row.get('_source_file')]));
  // A file without rows has no first row, and its number is never needed.
  return files.map(({ path }) => spelling.get(path) ?? path);
}

/**
 * The rows of Parquet files as declared, each with its `_source_file` and a `_position`: the number of its file in
 * the list above, the row's index in the file below. So positions are in reading order and the same in every scan.
 */
export async function readParquet(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  paths: readonly string[],
  types: ColumnTypes,
  view: string,
): Promise<DataFrame> {
  const rows = `${view}_rows`;
  await parquetRows(spark, files, types).createOrReplaceTempView(rows);
  const numbers = paths.map((path, number) => `(${literal(path)}, ${number}L)`).join(', ');
  return spark.sql(
    [
      `SELECT /*+ BROADCAST(files) */ ${rows}.* EXCEPT (_row_index),`,
      `  shiftleft(files.number, ${rowIndexBits}) + _row_index AS _position`,
      `FROM ${rows} JOIN VALUES ${numbers} AS files(path, number) ON _source_file = files.path`,
    ].join('\n'),
  );
}
