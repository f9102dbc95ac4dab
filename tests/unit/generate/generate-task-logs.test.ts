import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { StatsCounter } from '../../../activities/context/stats.js';
import { LocalStorage } from '../../../activities/context/storage.js';
import type { OperatorContext, Progress } from '../../../activities/operator.js';
import { generateTaskLogs } from '../../../activities/operators/generate-task-logs/generate-task-logs.js';
import { duckdb, parquet } from '../../support/duckdb.js';
import { noTemporal } from '../../support/operator-context.js';
import { tempFolder } from '../../support/temp-folder.js';
import { sum } from './support.js';

/** A task's context with real storage and counters, and nothing behind it. */
function taskContext(root: string, mapIndex: number) {
  const storage = new LocalStorage(root, join(root, 'flagship', 'run-1', `generate-${mapIndex}`, 'gen-0'));
  const stats = new StatsCounter();
  const beats: Progress[] = [];
  const context: OperatorContext = {
    dagId: 'flagship',
    runId: 'run-1',
    taskId: 'generate',
    mapIndex,
    attempt: 1,
    logicalDate: new Date(0),
    dataInterval: { start: new Date(0), end: new Date(0) },
    dagFolder: root,
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    heartbeat: (progress = {}) => beats.push(progress),
    spark: () => Promise.reject(new Error('the generator needs no Spark')),
    temporal: noTemporal,
    storage,
    stats,
    step: (_, body) => body(),
    finishedTasks: [],
  };
  return { context, storage, stats, beats };
}

it('publishes a shard’s tasks, and the dimensions from shard 0 alone', async () => {
  const root = tempFolder();
  const settings = { records: 10_000, projects: 20, users: 30 };
  for (const shard of [0, 1]) {
    const { context, storage, stats, beats } = taskContext(root, shard);
    const params = generateTaskLogs.params.parse({ settings, shard, shards: 2 });
    const output = await generateTaskLogs.run(context, params);

    const datasets = await storage.datasets();
    expect(Object.keys(datasets)).toEqual(shard === 0 ? ['tasks', 'projects', 'users'] : ['tasks']);
    expect(output).toMatchObject({
      tasks: { dataset: 'tasks', path: `flagship/run-1/generate-${shard}/gen-0/tasks` },
      ...(shard === 0 && { projects: { rows: 20 }, users: { rows: 30 } }),
    });
    const published = Object.values(datasets);
    expect(stats.counts.rowsWritten).toBe(sum(published.map(({ rows }) => rows)));
    expect(stats.counts.bytesWritten).toBe(
      sum(published.flatMap(({ files }) => files.map(({ bytes }) => bytes))),
    );
    for (const { path, rows } of published) {
      const [found] = await duckdb(`SELECT count(*) AS rows FROM ${parquet(join(storage.folder, path))}`);
      expect(Number(found?.rows)).toBe(rows);
    }
    expect(beats.at(-1)).toMatchObject({ fraction: 1 });
  }
});

it.each([
  { what: 'an unknown setting', params: { settings: { rows: 5 } }, path: ['settings'] },
  { what: 'a shard beyond the last', params: { settings: {}, shard: 4, shards: 4 }, path: ['shard'] },
  { what: 'no settings', params: {}, path: ['settings'] },
  {
    what: 'too many bad rows',
    params: { settings: { badRows: { badEnum: 0.3, missingKey: 0.3 } } },
    path: ['settings', 'badRows'],
  },
  {
    what: 'a weekday too few',
    params: { settings: { calendar: { weekdays: [1, 1, 1, 1, 1, 1] } } },
    path: ['settings', 'calendar', 'weekdays'],
  },
  {
    what: 'a status nobody knows',
    params: { settings: { statuses: { paused: { weight: 1 } } } },
    path: ['settings', 'statuses'],
  },
  {
    what: 'tenures upside down',
    params: { settings: { seniorities: { a: { share: 1, durationFactor: 1, tenureYears: [5, 1] } } } },
    path: ['settings', 'seniorities', 'a', 'tenureYears'],
  },
])('refuses $what, naming the param', ({ params, path }) => {
  const result = generateTaskLogs.params.safeParse(params);
  expect(result.error?.issues[0]?.path).toEqual(path);
});
