import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatasetRef } from '../../activities/operator.js';
import { type DagTasks, runDagTasks } from '../support/dag-tasks.js';
import { duckdb, parquet } from '../support/duckdb.js';

let dataRoot: string;
let tasks: DagTasks;

beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'penguins-'));
  tasks = await runDagTasks('examples/penguins/penguins.yaml', dataRoot);
});

afterAll(() => rm(dataRoot, { recursive: true, force: true }));

it('the second example runs by YAML and SQL alone', async () => {
  expect(tasks.ingest?.stats).toMatchObject({ rowsRead: 344, rowsWritten: 333, rowsRejected: 11 });
  // Two lack everything but species and island, eight more their sex, and one has a dot for it.
  expect(tasks.ingest?.stats.rejectedByReason).toMatchObject({
    'measurements.Sex.notNull': 10,
    'measurements.Sex.oneOf': 1,
    'measurements.Body Mass (g).notNull': 2,
  });
  const transformed = tasks.transform?.output as Record<string, DatasetRef> | undefined;
  const means = await duckdb(
    `SELECT species, penguins::INT AS penguins, round(body_mass_g) AS grams
     FROM ${parquet(join(dataRoot, transformed?.species?.path ?? ''))} ORDER BY species`,
  );
  const source = `read_json('node_modules/vega-datasets/data/penguins.json')`;
  expect(means).toEqual(
    await duckdb(
      `SELECT Species AS species, count(*)::INT AS penguins, round(avg("Body Mass (g)")) AS grams
       FROM ${source} WHERE Sex IN ('MALE', 'FEMALE') GROUP BY Species ORDER BY Species`,
    ),
  );
  expect(tasks.train?.stats.metrics['body_mass.r2']).toBeGreaterThan(0.66);
  expect(tasks.train?.stats.metrics['body_mass.improvement']).toBeGreaterThan(0.1);
  expect(tasks.report?.output).toMatchObject({ figures: { penguins: 333 } });
});
