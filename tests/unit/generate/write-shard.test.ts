import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { badRowKinds } from '../../../activities/operators/generate-task-logs/bad-rows.js';
import {
  projectSchema,
  taskSchema,
  userSchema,
} from '../../../activities/operators/generate-task-logs/schemas.js';
import { writeShard } from '../../../activities/operators/generate-task-logs/write-shard.js';
import { generateSettings } from '../../../config/sections/generate.js';
import { duckdb, parquet } from '../../support/duckdb.js';
import { tempFolder } from '../../support/temp-folder.js';
import { noBadRows, type Overrides, sum, writeAll } from './support.js';

/** A digest of all values of a dataset, in the order of its files. */
async function digest(folder: string, dataset: string): Promise<unknown> {
  const [row] = await duckdb(
    `SELECT md5(string_agg(t::VARCHAR, chr(10) ORDER BY t.position)) AS digest
     FROM (SELECT row_number() OVER (ORDER BY filename, file_row_number) AS position, * EXCLUDE (filename, file_row_number)
           FROM read_parquet('${folder}/${dataset}/*.parquet', filename = true, file_row_number = true)) t`,
  );
  return row?.digest;
}

async function digests(overrides: Overrides, shards = 1) {
  const folder = tempFolder();
  const results = await writeAll(folder, overrides, shards);
  const [tasks, projects, users] = await Promise.all(
    ['tasks', 'projects', 'users'].map((dataset) => digest(folder, dataset)),
  );
  const badRows = badRowKinds.map((kind) => sum(results.map((result) => result.badRows[kind])));
  return { tasks, projects, users, badRows, rows: sum(results.map((result) => result.tasks.rows)) };
}

describe('reproducibility', () => {
  const overrides: Overrides = { records: 20_000, badRows: { duplicateId: 0.05, missingKey: 0.01 } };

  it('writes the same data and the same bad rows for 1, 4 and 7 shards', async () => {
    const single = await digests(overrides, 1);
    expect(single.rows).toBe(20_000);
    expect(await digests(overrides, 4)).toEqual(single);
    expect(await digests(overrides, 7)).toEqual(single);
  });

  it('writes the same data again for the same seed, and other data for another', async () => {
    const first = await digests({ ...overrides, seed: 1 });
    expect(await digests({ ...overrides, seed: 1 })).toEqual(first);
    const other = await digests({ ...overrides, seed: 2 });
    for (const dataset of ['tasks', 'projects', 'users'] as const) {
      expect(other[dataset]).not.toEqual(first[dataset]);
    }
  });

  it('replaces the files of an earlier attempt', async () => {
    const folder = tempFolder();
    await writeAll(folder, overrides, 2);
    const files = await readdir(join(folder, 'tasks'));
    await writeAll(folder, overrides, 2);
    expect(await readdir(join(folder, 'tasks'))).toEqual(files);
    expect(files.sort()).toEqual(['part-00000-00000.parquet', 'part-00001-00000.parquet']);
  });
});

describe('files', () => {
  it('hold the declared columns: what readers of Parquet other than our own see', async () => {
    const folder = tempFolder();
    await writeAll(folder, { records: 2000 });
    const duckdbTypes: Record<string, string> = {
      bigint: 'BIGINT',
      int: 'INTEGER',
      string: 'VARCHAR',
      double: 'DOUBLE',
      date: 'DATE',
      // Adjusted to UTC: Spark's `timestamp`; a plain TIMESTAMP would be `timestamp_ntz`.
      timestamp: 'TIMESTAMP WITH TIME ZONE',
    };
    for (const [dataset, schema] of Object.entries({
      tasks: taskSchema,
      projects: projectSchema,
      users: userSchema,
    })) {
      const source = join(folder, dataset);
      const columns = await duckdb(`DESCRIBE SELECT * FROM ${parquet(source)}`);
      expect(columns.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
        schema.map(({ name, type }) => [name, duckdbTypes[type]]),
      );
      const stored = await duckdb(
        `SELECT name, repetition_type FROM parquet_schema('${source}/*.parquet') WHERE type IS NOT NULL`,
      );
      expect(stored.map(({ name, repetition_type }) => [name, repetition_type])).toEqual(
        schema.map(({ name, nullable }) => [name, nullable ? 'OPTIONAL' : 'REQUIRED']),
      );
    }
    const [units] = await duckdb(
      `SELECT count(DISTINCT converted_type) AS kinds, min(converted_type) AS kind
       FROM parquet_schema('${folder}/tasks/*.parquet') WHERE name LIKE '%_at'`,
    );
    expect(units).toEqual({ kinds: 1n, kind: 'TIMESTAMP_MICROS' });
  });

  it('are as large as blocks allow, and one without rows tells the schema to a shard without rows', async () => {
    const folder = tempFolder();
    const results = await writeAll(folder, { records: 1500 }, 3);
    expect(results.map(({ tasks }) => tasks.rows)).toEqual([0, 1024, 476]);
    expect(results.map(({ tasks }) => tasks.files.length)).toEqual([1, 1, 1]);
    const [all] = await duckdb(
      `SELECT count(*) AS rows, max(task_id) AS last FROM ${parquet(join(folder, 'tasks'))}`,
    );
    expect(all).toEqual({ rows: 1500n, last: 1500n });
  });

  it('are several when a shard is long, none of them left unfinished', async () => {
    const folder = tempFolder();
    const records = 256 * 1024 + 10;
    const [result] = await writeAll(folder, { records });
    expect(result?.tasks.files).toEqual(['tasks/part-00000-00000.parquet', 'tasks/part-00000-00001.parquet']);
    expect((await readdir(join(folder, 'tasks'))).sort()).toEqual([
      'part-00000-00000.parquet',
      'part-00000-00001.parquet',
    ]);
    const [ids] = await duckdb(
      `SELECT count(*) AS rows, count(DISTINCT task_id) AS ids FROM ${parquet(join(folder, 'tasks'))} WHERE task_id <= ${records}`,
    );
    expect(Number(ids?.rows)).toBeGreaterThan(records - 300);
  });

  it('hold dimensions that tasks refer to, with names', async () => {
    const folder = tempFolder();
    await writeAll(folder, { records: 5000, projects: 30, users: 70, badRows: noBadRows });
    const source = (dataset: string) => parquet(join(folder, dataset));
    const [joined] = await duckdb(
      `SELECT count(*) AS rows, count(DISTINCT p.department) AS departments, count(DISTINCT u.team) AS teams,
              min(length(p.name)) > 3 AND min(length(u.name)) > 3 AS named,
              bool_and(p.started_on <= created_at::DATE AND u.hired_on <= created_at::DATE) AS in_time,
              bool_and(p.budget_hours > 0) AS budgets,
              bool_and(u.seniority IN ('junior', 'mid', 'senior', 'lead')) AS seniorities
       FROM ${source('tasks')} JOIN ${source('projects')} p USING (project_id) JOIN ${source('users')} u USING (user_id)`,
    );
    expect(joined).toEqual({
      rows: 5000n,
      departments: 2n,
      teams: 4n,
      named: true,
      in_time: true,
      budgets: true,
      seniorities: true,
    });
  });
});

describe('progress and cancellation', () => {
  it('reports rows up to the total, and lets the event loop turn', async () => {
    const settings = generateSettings.parse({ records: 100_000 });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    const seen: number[] = [];
    await writeShard({
      settings,
      shard: 1,
      shards: 2,
      folder: tempFolder(),
      onProgress: ({ rows, total }) => {
        expect(total).toBe(100_000 - 49 * 1024);
        seen.push(rows);
      },
    });
    clearInterval(timer);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(100_000 - 49 * 1024);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops at the next turn when it is aborted, with the reason, leaving nothing half-written', async () => {
    const folder = tempFolder();
    const controller = new AbortController();
    const reason = new Error('the task was cancelled');
    const writing = writeShard({
      settings: generateSettings.parse({ records: 1_000_000 }),
      shard: 0,
      shards: 1,
      folder,
      signal: controller.signal,
      onProgress: ({ rows }) => {
        if (rows > 100_000) controller.abort(reason);
      },
    });
    await expect(writing).rejects.toBe(reason);
    expect(await readdir(join(folder, 'tasks'))).toEqual([]);
  });
});
