import type { DataFrame, SparkSession } from 'spark-connect-js';
import type { AcceptedFile } from './check-files.js';
import type { ColumnTypes } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { fileNumber } from './spark-paths.js';
import { parseRecords, textFields, textSettings, withPositions } from './text-records.js';

/** The records of JSON files as declared (see {@link parseRecords}), each with its `_position`. */
export function readJson(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  spec: DatasetSpec,
  types: ColumnTypes,
): DataFrame {
  const records = spark.read
    .format('json')
    .options({ ...spec.options, ...textSettings })
    .schema(textFields([...types.keys()]))
    .load(...files.map(({ readAs }) => readAs))
    .selectExpr('*', `${fileNumber} AS _file`);
  return withPositions(parseRecords(records, spec));
}
