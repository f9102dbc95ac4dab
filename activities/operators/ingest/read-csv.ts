import type { DataFrame, SparkSession } from 'spark-connect-js';
import type { AcceptedFile } from './check-files.js';
import type { ColumnTypes } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { parseRecords, textFields, textSettings, withPositions } from './text-records.js';

/** The records of CSV files as declared (see {@link parseRecords}), each with its `_position`. */
export function readCsv(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  spec: DatasetSpec,
  types: ColumnTypes,
): DataFrame {
  // Spark assigns CSV columns by position, so files of different headers are read apart.
  const groups = new Map<string, AcceptedFile[]>();
  for (const file of files) {
    const columns = JSON.stringify(file.header ?? [...types.keys()]);
    groups.set(columns, [...(groups.get(columns) ?? []), file]);
  }
  const settings = {
    ...spec.options,
    ...textSettings,
    header: true,
    // Else a line with too few or too many values passes when those that are asked for are there.
    columnPruning: false,
  };
  const frames = [...groups].map(([columns, members]) => {
    const records = spark.read
      .format('csv')
      .options(settings)
      .schema(textFields(JSON.parse(columns) as string[]))
      .load(...members.map(({ path }) => path));
    return parseRecords(records, spec);
  });
  return withPositions(frames.reduce((all, frame) => all.unionByName(frame)));
}
