import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetRef } from '../../activities/operator.js';
import { type DagTasks, runDagTasks } from '../support/dag-tasks.js';
import { duckdb, parquet } from '../support/duckdb.js';

const records = 20_000;
let dataRoot: string;
let tasks: DagTasks;

beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'flagship-'));
  tasks = await runDagTasks('config/dags/task-log-analytics.yaml', dataRoot, {
    settings: [
      `generate.records=${records}`,
      'generate.shards=3',
      'generate.users=40',
      'generate.projects=15',
    ],
    only: ['generate', 'ingest', 'transform'],
  });
});

afterAll(() => rm(dataRoot, { recursive: true, force: true }));

/** A dataset that a task published. */
function published(task: string, dataset: string): DatasetRef | undefined {
  const output = tasks[task]?.output as Record<string, DatasetRef> | undefined;
  return output?.[dataset];
}

/** The same as a table of DuckDB. */
const table = (task: string, dataset: string): string =>
  parquet(join(dataRoot, published(task, dataset)?.path ?? ''));

/** All raw task logs. */
function raw(): string {
  const shards = [0, 1, 2].map((shard) => `SELECT * FROM ${table(`generate[${shard}]`, 'tasks')}`);
  return `(SELECT * FROM (${shards.join(' UNION ALL ')}))`;
}

describe('ingest of the flagship', () => {
  it('finds the bad rows that the generator made, each for its reason, and no others', async () => {
    const { stats } = tasks.ingest ?? {};
    const made: Record<string, number> = {};
    for (const [key, { output }] of Object.entries(tasks)) {
      if (!key.startsWith('generate')) continue;
      for (const [kind, count] of Object.entries((output as { badRows: Record<string, number> }).badRows)) {
        made[kind] = (made[kind] ?? 0) + count;
      }
    }
    const found = (...reasons: string[]) =>
      reasons.reduce((sum, reason) => sum + (stats?.rejectedByReason[`tasks.${reason}`] ?? 0), 0);
    expect({
      missingKey: found('task_id.notNull', 'project_id.notNull', 'user_id.notNull'),
      duplicateId: found('task_id.unique'),
      unknownReference: found('project_id.references', 'user_id.references'),
      badEnum: found('task_type.oneOf', 'priority.oneOf', 'status.oneOf'),
      negativeDuration: found('duration_hours.range'),
      reversedTimes: found('reversed_times'),
      outOfRange: found('complexity.range', 'estimated_hours.range'),
    }).toEqual(made);
    expect(stats?.rowsRejected).toBe(Object.values(made).reduce((sum, count) => sum + count, 0));
    expect(stats).toMatchObject({ rowsRead: records + 55, rejectedFiles: [] });
    expect(stats?.rowsWritten).toBe(records + 55 - (stats?.rowsRejected ?? 0));
  });

  it('keeps the good rows as they are, by month', async () => {
    const [counts] = await duckdb(`
      SELECT count(*) AS rows, count(DISTINCT task_id) AS ids, count(DISTINCT created_month) AS months,
             count_if(created_month <> strftime(created_at, '%Y-%m')) AS misplaced
      FROM ${table('ingest', 'tasks')}`);
    const rows = BigInt(published('ingest', 'tasks')?.rows ?? 0);
    expect(counts).toEqual({ rows, ids: rows, months: 12n, misplaced: 0n });
    const columns = `task_id, project_id, user_id, task_type, priority, status, created_at, started_at, finished_at,
                     estimated_hours, duration_hours, complexity`;
    const changed = `SELECT ${columns} FROM ${table('ingest', 'tasks')} EXCEPT SELECT ${columns} FROM ${raw()}`;
    expect(await duckdb(changed)).toEqual([]);
  });
});

describe('transform of the flagship agrees with an independent engine', () => {
  /** Rows of a published dataset and of a query by DuckDB, with numbers rounded to nine digits. */
  async function compare(dataset: string, columns: string[], key: string, query: string) {
    const rounded = (from: string) => `SELECT ${columns.join(', ')} FROM (${from}) ORDER BY ${key}`;
    const digits = (rows: Record<string, unknown>[]) =>
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'bigint' || typeof value === 'number'
              ? Number(Number(value).toPrecision(9))
              : value,
          ]),
        ),
      );
    const ours = digits(await duckdb(rounded(`SELECT * FROM ${table('transform', dataset)}`)));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours).toEqual(digits(await duckdb(rounded(query))));
  }

  /** What both sums have of hours, counts and so on, grouped by a column. */
  const metrics = `
    count(*) AS tasks, count_if(status = 'done') AS done, count_if(status = 'cancelled') AS cancelled,
    count_if(status = 'blocked') AS blocked, count_if(status = 'in_progress') AS in_progress, count_if(status = 'todo') AS todo,
    count_if(status = 'done') / count(*) AS completion_rate, sum(duration_hours) AS hours_total,
    avg(duration_hours) AS hours_mean, quantile_cont(duration_hours, 0.5) AS hours_median,
    quantile_cont(duration_hours, 0.95) AS hours_p95, stddev_samp(duration_hours) AS hours_stddev,
    sum(duration_hours) / sum(estimated_hours) FILTER (WHERE status = 'done') AS overrun_ratio,
    count_if(duration_hours > estimated_hours) / count(duration_hours) AS overrun_share,
    avg(epoch_us(finished_at) - epoch_us(created_at)) / 3.6e9 AS lead_time_mean_hours,
    count(*) / greatest(1, date_diff('day', min(created_at::DATE), max(created_at::DATE)) / 7) AS tasks_per_week`;
  const names = [...metrics.matchAll(/ AS ([a-z]\w+)/g)].map(([, name]) => name ?? '');

  it('for projects', async () => {
    await compare(
      'project_metrics',
      ['project_id', 'project_name', 'department', ...names, 'users', 'complexity_mean', 'budget_used_ratio'],
      'project_id',
      `SELECT m.*, p.name AS project_name, p.department, hours_total / p.budget_hours AS budget_used_ratio
       FROM (SELECT project_id, ${metrics}, count(DISTINCT user_id) AS users, avg(complexity) AS complexity_mean
             FROM ${table('ingest', 'tasks')} GROUP BY project_id) m
       JOIN ${table('ingest', 'projects')} p USING (project_id)`,
    );
  });

  it('for users', async () => {
    await compare(
      'user_metrics',
      [
        'user_id',
        'user_name',
        'team',
        'seniority',
        ...names,
        'projects',
        'productivity',
        'rank_in_team',
        'team_size',
      ],
      'user_id',
      `SELECT m.*, u.name AS user_name, u.team, u.seniority,
              rank() OVER (PARTITION BY u.team ORDER BY productivity DESC) AS rank_in_team,
              count(*) OVER (PARTITION BY u.team) AS team_size
       FROM (SELECT user_id, ${metrics}, count(DISTINCT project_id) AS projects,
                    sum(estimated_hours) FILTER (WHERE status = 'done') / sum(duration_hours) AS productivity
             FROM ${table('ingest', 'tasks')} GROUP BY user_id) m
       JOIN ${table('ingest', 'users')} u USING (user_id)`,
    );
  });

  it('for days', async () => {
    await compare(
      'daily_throughput',
      ['CAST(day AS VARCHAR) AS day', 'created', 'done', 'hours', 'created_7d_mean', 'done_7d_mean'],
      'day',
      `SELECT *, avg(created) OVER week AS created_7d_mean, avg(done) OVER week AS done_7d_mean
       FROM (SELECT day, sum(created) AS created, sum(done) AS done, sum(hours) AS hours
             FROM (SELECT created_at::DATE AS day, 1 AS created, 0 AS done, 0 AS hours FROM ${table('ingest', 'tasks')}
                   UNION ALL
                   SELECT finished_at::DATE, 0, 1, duration_hours FROM ${table('ingest', 'tasks')} WHERE status = 'done')
             GROUP BY day)
       WINDOW week AS (ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)`,
    );
  });

  it('for single tasks', async () => {
    await compare(
      'enriched_tasks',
      [
        ...['task_id', 'project_name', 'team', 'seniority', 'is_done', 'created_weekday', 'created_hour'],
        ...['wait_hours', 'lead_time_hours', 'overrun_ratio', 'overrun_hours', 'tenure_years'],
      ],
      'task_id',
      `SELECT t.*, p.name AS project_name, u.team, u.seniority, status = 'done' AS is_done,
              isodow(created_at) AS created_weekday, hour(created_at) AS created_hour,
              (epoch_us(started_at) - epoch_us(created_at)) / 3.6e9 AS wait_hours,
              (epoch_us(finished_at) - epoch_us(created_at)) / 3.6e9 AS lead_time_hours,
              duration_hours / estimated_hours AS overrun_ratio, duration_hours - estimated_hours AS overrun_hours,
              date_diff('day', hired_on, created_at::DATE) / 365.25 AS tenure_years
       FROM ${table('ingest', 'tasks')} t JOIN ${table('ingest', 'projects')} p USING (project_id)
       JOIN ${table('ingest', 'users')} u USING (user_id)`,
    );
  });
});
