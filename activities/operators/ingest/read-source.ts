import { fileURLToPath } from 'node:url';
import type { DataFrame, SparkSession } from 'spark-connect-js';
import { identifier, literal } from '../../datasets/sql-text.js';
import type { AcceptedFile } from './check-files.js';
import { type ColumnTypes, ddl } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { parseExpression, rowIndexBits, wholeRecord } from './row-checks.js';

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

/**
 * The records of CSV or JSON files as declared: values that are none of their type are null, with their text in
 * `_unparsed` by column; so is the text of a whole record that is no record. Each has its `_source_file` and a
 * `_position` in reading order, which holds within one scan alone.
 */
export function readText(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  { format, options, schema }: DatasetSpec,
  types: ColumnTypes,
): DataFrame {
  // Spark assigns CSV columns by position, so files of different headers are read apart.
  const groups = new Map<string, AcceptedFile[]>();
  for (const file of files) {
    const columns = JSON.stringify(file.header ?? [...types.keys()]);
    groups.set(columns, [...(groups.get(columns) ?? []), file]);
  }
  const parsed = Object.entries(schema).map(([name, column]) => {
    const type = types.get(name) ?? column.type;
    return { name, type, expression: parseExpression(name, column, type) };
  });
  const unparsed = parsed
    .filter(({ type }) => type !== 'string')
    .map(
      ({ name, expression }) =>
        `${literal(name)}, CASE WHEN ${expression} IS NULL THEN ${identifier(name)} END`,
    );
  const texts = [`'${wholeRecord}', _corrupt_record`, ...unparsed].join(', ');
  const settings = {
    ...options,
    header: true,
    mode: 'PERMISSIVE',
    columnNameOfCorruptRecord: '_corrupt_record',
    // Else a line with too few or too many values passes when those that are asked for are there.
    columnPruning: false,
  };
  const frames = [...groups].map(([columns, members]) =>
    spark.read
      .format(format)
      .options(settings)
      .schema(
        [...(JSON.parse(columns) as string[]), '_corrupt_record']
          .map((name) => `${identifier(name)} string`)
          .join(', '),
      )
      .load(...members.map(({ path }) => path))
      .selectExpr(
        ...parsed.map(({ name, expression }) => `${expression} AS ${identifier(name)}`),
        `map_filter(map(${texts}), (name, text) -> text IS NOT NULL) AS _unparsed`,
        '_metadata.file_path AS _source_file',
      ),
  );
  return frames
    .reduce((all, frame) => all.unionByName(frame))
    .selectExpr('*', 'monotonically_increasing_id() AS _position');
}

/** The path of a file as this process knows it, from Spark's URL of it. */
export function localPath(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url.replace(/^file:\/*/, 'file:///')) : url;
}
