import type { DataFrame, SparkSession } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import type { AcceptedFile } from './check-files.js';
import type { ColumnTypes } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { isWholeJson, parsedToEnd } from './parse-json.js';
import { fileNumber, numberOf } from './spark-paths.js';
import { corruptRecord, parseRecords, textFields, textSettings, withPositions } from './text-records.js';

/**
 * The records of JSON files as declared (see {@link parseRecords}), each with its `_position`.
 *
 * Spark's reader stops where the JSON of a line ends, and takes the last value of a key that is there twice. So lines are
 * checked first, and files with a line that is not one JSON value are read from a copy of their other lines. Files
 * of one value each are copied too, to a line each: when a value spans lines, the reader rounds numbers.
 * @param copies Folder for the copies
 */
export async function readJson(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  spec: DatasetSpec,
  types: ColumnTypes,
  copies: string,
): Promise<DataFrame> {
  const wholeFiles = spec.options.multiLine === true;
  const uneven = wholeFiles ? files : await filesWithOtherLines(spark, files);
  const even = files.filter((file) => !uneven.includes(file));
  const fields = textFields([...types.keys()]);
  const reader = spark.read.format('json').options(textSettings);
  const frames: DataFrame[] = [];
  if (even.length > 0) frames.push(withNumber(reader.schema(fields).load(...readPaths(even))));
  if (uneven.length > 0) {
    const lines = checkedLines(spark, uneven, wholeFiles);
    const json = lines.where('_is_json').selectExpr("translate(value, '\\r\\n', '  ') AS value", '_file');
    await json.write.mode('overwrite').partitionBy('_file').text(copies);
    const empty = [...types.keys()].map((name) => `CAST(NULL AS string) AS ${identifier(name)}`);
    const others = lines.where('NOT _is_json').selectExpr(...empty, `value AS ${corruptRecord}`, '_file');
    frames.push(reader.schema(`${fields}, _file int`).load(copies), others);
  }
  const records = frames.reduce((all, frame) => all.unionByName(frame));
  return withPositions(parseRecords(records, spec));
}

/** The files with a line that is not one JSON value. */
async function filesWithOtherLines(
  spark: SparkSession,
  files: readonly AcceptedFile[],
): Promise<AcceptedFile[]> {
  const others = checkedLines(spark, files, false).where('NOT _is_json').select('_file').distinct();
  const numbers = (await others.collect<{ _file: number }>()).map((row) => row.get('_file'));
  return files.filter((file) => numbers.includes(numberOf(file)));
}

/** The lines that are not blank, or the text of each file: `value`, whether it is one JSON value, and `_file`. */
function checkedLines(spark: SparkSession, files: readonly AcceptedFile[], wholeFiles: boolean): DataFrame {
  const texts = spark.read
    .format('text')
    .option('wholetext', wholeFiles)
    .load(...readPaths(files));
  return withNumber(texts)
    .selectExpr("trim(LEADING '\\uFEFF' FROM value) AS value", '_file')
    .where("value RLIKE '\\\\S'")
    .selectExpr('*', `${parsedToEnd('value')} AS _json`)
    .selectExpr('value', '_file', `${isWholeJson('_json')} AS _is_json`);
}

const readPaths = (files: readonly AcceptedFile[]): string[] => files.map(({ readAs }) => readAs);

const withNumber = (rows: DataFrame): DataFrame => rows.selectExpr('*', `${fileNumber} AS _file`);
