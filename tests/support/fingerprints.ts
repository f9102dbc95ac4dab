import { resolve } from 'node:path';
import type { DatasetRef } from '../../activities/operator.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { duckdb, parquet } from './duckdb.js';

export type Fingerprint = { rows: unknown; checksum: unknown; referred: number };

const isDataset = (value: unknown): value is DatasetRef =>
  typeof value === 'object' && value !== null && 'dataset' in value && 'path' in value;

/** Rows and a checksum that does not depend on order, for every dataset that a run's tasks, but `generate`, wrote. */
export async function fingerprints(
  record: RunRecord,
  dataRoot: string,
): Promise<Record<string, Fingerprint>> {
  const found: Record<string, Fingerprint> = {};
  const visit = async (value: unknown): Promise<void> => {
    if (isDataset(value)) {
      const source = parquet(resolve(dataRoot, value.path));
      // Where a rejected row came from names the run.
      const described = await duckdb(`DESCRIBE SELECT * FROM ${source}`);
      const comparable = described.filter(({ column_name }) => column_name !== '_source_file');
      const columns = comparable.map(({ column_name, column_type }) =>
        // Sums of floating-point numbers depend on the order of summing in their last digits.
        column_type === 'DOUBLE' ? `round("${column_name}", 6)` : `"${column_name}"`,
      );
      const [row] = await duckdb(
        `SELECT count(*) AS n, sum(hash(${columns.join(', ')})) AS h FROM ${source}`,
      );
      found[value.dataset] = { rows: row?.n, checksum: row?.h, referred: value.rows };
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) await visit(inner);
    }
  };
  for (const { key, output } of record.tasks) if (!key.startsWith('generate')) await visit(output);
  return found;
}
