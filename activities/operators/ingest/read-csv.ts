import type { DataFrame, SparkSession } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import type { AcceptedFile } from './check-files.js';
import type { ColumnTypes } from './column-types.js';
import { copyOptions, decoded, decodedText } from './csv/copy.js';
import { type CsvDialect, csvOptions } from './csv/dialect.js';
import type { DatasetSpec } from './params.js';
import { fileNumber } from './spark-paths.js';
import { corruptRecord, parseRecords, textFields, textSettings, withPositions } from './text-records.js';

/** The records of CSV files as declared (see {@link parseRecords}), each with its `_position`. */
export function readCsv(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  spec: DatasetSpec,
  types: ColumnTypes,
): DataFrame {
  const dialect = csvOptions.parse(spec.options);
  // Spark assigns CSV columns by position, so files of different headers are read apart.
  const groups = new Map<string, AcceptedFile[]>();
  for (const file of files) {
    const key = JSON.stringify([file.copied, file.header]);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const frames = [...groups.values()].map((members) =>
    parseRecords(readAlike(spark, members, dialect, types), spec),
  );
  return withPositions(frames.reduce((all, frame) => all.unionByName(frame)));
}

/** Most columns that Spark reads unless told otherwise. */
const maxColumns = 20_480;

/** The records of files of the same header, all of them links or all of them copies: declared columns as text. */
function readAlike(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  dialect: CsvDialect,
  types: ColumnTypes,
): DataFrame {
  const { header = [], copied = false } = files[0] ?? {};
  // Columns without use may have names that Spark cannot take.
  const fields = [...header, ...(copied ? ['malformed'] : [])].map((_, index) => `_${index}`);
  const value = (index: number): string => (copied ? decoded(`_${index}`) : `_${index}`);
  return spark.read
    .format('csv')
    .options({
      ...(copied ? copyOptions : plainOptions(dialect)),
      ...textSettings,
      nullValue: dialect.nullValue,
      maxColumns: Math.max(maxColumns, fields.length + 1),
      // Else a line with too few or too many values passes when those that are asked for are there.
      columnPruning: false,
    })
    .schema(textFields(fields))
    .load(...files.map(({ readAs }) => readAs))
    .selectExpr(
      ...[...types.keys()].map((name) => `${value(header.indexOf(name))} AS ${identifier(name)}`),
      `${copied ? decodedText(`_${header.length}`) : corruptRecord} AS ${corruptRecord}`,
      `${fileNumber} AS _file`,
    );
}

/** Spark's options for a dialect that it knows (see {@link inspectCsv}). */
const plainOptions = ({ separator, quote, comment }: CsvDialect) => ({
  sep: separator,
  quote: quote ?? '',
  escape: quote ?? '',
  ...(comment !== undefined && { comment }),
  header: true,
});
