import type { DataFrame, SparkSession } from 'spark-connect-js';
import type { AcceptedFile } from './check-files.js';
import { type ColumnTypes, ddl } from './column-types.js';
import { rowIndexBits } from './row-checks.js';
import { fileNumber } from './spark-paths.js';

/**
 * The rows of Parquet files as declared, each with a `_position`: the number of its file, and the row's index in the
 * file below. So positions are in reading order and the same in every scan.
 */
export function readParquet(
  spark: SparkSession,
  files: readonly AcceptedFile[],
  types: ColumnTypes,
): DataFrame {
  return spark.read
    .schema(ddl(types))
    .parquet(...files.map(({ readAs }) => readAs))
    .selectExpr(
      '*',
      `shiftleft(CAST(${fileNumber} AS BIGINT), ${rowIndexBits}) + _metadata.row_index AS _position`,
    );
}
