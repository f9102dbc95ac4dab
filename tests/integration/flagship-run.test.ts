import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runFolder } from '../../activities/context/layout.js';
import type { DatasetRef } from '../../activities/operator.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { type Embedded, startEmbedded } from '../../embedded/servers.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { RunView } from '../../workflows/run-view.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { fingerprints } from '../support/fingerprints.js';
import { type SparkJob, sparkJobs } from '../support/spark-record.js';
import { WorkerProcess } from '../support/worker-process.js';

const dagId = 'task-log-analytics';
const settings = {
  'generate.records': 100_000,
  'generate.shards': 2,
  'generate.projects': 40,
  'generate.users': 80,
  'models.clustering.k': { min: 3, max: 3 },
  'models.durations.gbt.maxIter': 5,
  'models.durations.gbt.stepSize': 0.5,
};

/** As in the flagship's file, but for the time after which a worker that is silent is given up. */
async function copyFlagship(): Promise<string> {
  const dags = join(folder, 'dags');
  await cp(join(repositoryRoot, 'config/dags'), dags, { recursive: true });
  const file = join(dags, `${dagId}.yaml`);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('heartbeatTimeout: 20s');
  await writeFile(file, text.replace('heartbeatTimeout: 20s', 'heartbeatTimeout: 8s'));
  return dags;
}

let folder: string;
let servers: Embedded;
let client: Client;
let worker: WorkerProcess;
/** The run that nothing happened to. */
let undisturbed: RunRecord;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-resilience-'));
  // Servers of its own, not those that all tests share: they are killed.
  vi.stubEnv('TEMPORAL_ADDRESS', '');
  vi.stubEnv('SPARK_REMOTE', '');
  servers = await startEmbedded({
    temporal: { searchAttributes: Object.values(searchAttributes) },
    // Its record of jobs is what is asserted on: all of them are kept.
    spark: { conf: { 'spark.ui.retainedJobs': '100000', 'spark.ui.retainedStages': '100000' } },
    instance: 'ephemeral',
    log: pino({ enabled: false }),
  });
  client = new Client({ connection: await Connection.connect({ address: servers.temporal?.address ?? '' }) });
  worker = new WorkerProcess({
    temporalAddress: servers.temporal?.address ?? '',
    sparkRemote: servers.spark?.remote ?? '',
    folder,
    env: { NIGHTJAR__LOGGING__LEVEL: 'debug', NIGHTJAR__DAGS__FOLDERS: `[${await copyFlagship()}]` },
  });
  undisturbed = await finish('undisturbed');
}, 600_000);
afterAll(async () => {
  await worker?.kill();
  await client?.connection.close();
  await servers?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

function killServer(server: { pid(): number | undefined } | undefined): void {
  const pid = server?.pid();
  if (pid === undefined) throw new Error('the server is not up');
  process.kill(pid, 'SIGKILL');
}

const start = (run: string) =>
  client.workflow.start(dagId, {
    workflowId: `${dagId}/${run}`,
    taskQueue: 'nightjar',
    args: [{ settings }],
  });

/** Starts a run and waits for its end. */
async function finish(run: string): Promise<RunRecord> {
  const handle = await start(run);
  await handle.result();
  return recordOf(run);
}

async function recordOf(run: string): Promise<RunRecord> {
  return JSON.parse(await readFile(join(runFolder(join(folder, 'data'), dagId, run), 'run.json'), 'utf8'));
}

/** The jobs that Spark runs; none while it is on its way up again. */
const runningJobs = (): Promise<SparkJob[]> =>
  sparkJobs(servers.spark?.uiUrl ?? '', 'running').catch(() => []);

/** Waits until Spark runs a job for a task, and gives the job. */
async function jobOf(run: string, task: string): Promise<SparkJob> {
  for (; ; await sleep(50)) {
    const view = await client.workflow
      .getHandle(`${dagId}/${run}`)
      .query<RunView | undefined>('state')
      .catch(() => undefined);
    if (view && view.state !== 'running') {
      const reasons = view.tasks.flatMap(({ key, state, reason = state }) => `${key}: ${reason}`);
      throw new Error(`the run has ended before ${task} was caught: ${view.state} (${reasons.join('; ')})`);
    }
    if (!view?.tasks.some(({ key, state }) => key === task && state === 'running')) continue;
    const sessions = (await sparkLog(run)).filter((line) => line.task === task).map((line) => line.sessionId);
    const job = (await runningJobs()).find(({ sessionId }) => sessions.includes(sessionId));
    if (job !== undefined) return job;
  }
}

/**
 * Kills the worker in the middle of an operation of a task, starts another one, and gives a job of the operation. The
 * worker stands still when Spark is asked whether the operation still runs, so that it can't take the result before it is
 * killed; was it too late for that, it goes on unharmed until another operation is caught.
 */
async function killWorkerDuring(run: string, task: string): Promise<SparkJob> {
  for (;;) {
    const { operationId } = await jobOf(run, task);
    worker.pause();
    const job = (await runningJobs()).find((each) => each.operationId === operationId);
    if (job === undefined) {
      worker.resume();
      continue;
    }
    await worker.replace();
    return job;
  }
}

/** What tasks of a run said of their Spark sessions and operations, by the run's log. */
async function sparkLog(run: string): Promise<Record<string, string>[]> {
  const log = await readFile(join(runFolder(join(folder, 'data'), dagId, run), 'run.log'), 'utf8');
  return log
    .split('\n')
    .filter((line) => /Spark (session opened|operation)"/.test(line))
    .map((line) => JSON.parse(line));
}

async function expectSameOutputs(record: RunRecord): Promise<void> {
  expect(record.state).toBe('success');
  const dataRoot = join(folder, 'data');
  expect(await fingerprints(record, dataRoot)).toEqual(await fingerprints(undisturbed, dataRoot));
  const metrics = ({ tasks }: RunRecord) => tasks.find(({ key }) => key === 'train')?.stats?.metrics;
  expect(metrics(record)).toEqual(metrics(undisturbed));
}

/** What a task of the undisturbed run returned. */
const outputOf = <T>(task: string): Record<string, T> =>
  (undisturbed.tasks.find(({ key }) => key === task)?.output ?? {}) as Record<string, T>;

/** The Parquet files of a dataset of that run, as a table of DuckDB. */
const table = (task: string, dataset: string): string =>
  parquet(resolve(folder, 'data', outputOf<DatasetRef>(task)[dataset]?.path ?? ''));

it('reports figures that agree with the Parquet files, as DuckDB reads them', async () => {
  const { json = '', html = '' } = outputOf<string>('report');
  const report = JSON.parse(await readFile(json, 'utf8'));
  const [facts] = await duckdb(`
    SELECT count(*)::INT AS tasks, avg((status = 'done')::INT) AS completion_rate, sum(duration_hours) AS hours_total,
      quantile_cont(duration_hours, 0.5) AS median_duration, quantile_cont(duration_hours, 0.95) AS p95_duration
    FROM ${table('transform', 'enriched_tasks')}`);
  const [errors] = await duckdb(`
    SELECT count(*)::INT AS rows, sqrt(avg((actual - predicted) ** 2)) AS rmse, avg(abs(actual - predicted)) AS mae
    FROM ${table('train', 'durations_predictions')}`);
  const { figures } = report;
  expect(figures.tasks).toBe(facts?.tasks);
  for (const name of ['completion_rate', 'hours_total', 'duration_rmse'] as const) {
    const expected = Number(name === 'duration_rmse' ? errors?.rmse : facts?.[name]);
    expect(figures[name] / expected, name).toBeCloseTo(1, 9);
  }
  for (const name of ['median_duration', 'p95_duration'] as const) {
    // Spark's percentiles are approximate.
    expect(figures[name] / Number(facts?.[name]), name).toBeCloseTo(1, 2);
  }
  const train = undisturbed.tasks.find(({ key }) => key === 'train')?.stats;
  expect(train?.metrics['durations.mae']).toBeCloseTo(Number(errors?.mae), 9);
  expect(train?.metrics['durations.testRows']).toBe(errors?.rows);

  const throughput = report.sections.find(
    ({ title }: { title: string }) => title === 'Throughput by day',
  ).table;
  const days = await duckdb(`
    SELECT finished_at::DATE::VARCHAR AS day, count(*)::INT AS done FROM ${table('transform', 'enriched_tasks')}
    WHERE status = 'done' GROUP BY 1 ORDER BY 1`);
  const done = throughput.columns.findIndex(({ name }: { name: string }) => name === 'done');
  const shown = throughput.rows
    .filter((row: unknown[]) => row[done] !== 0)
    .map((row: unknown[]) => [row[0], row[done]]);
  expect(shown).toEqual(days.map((row) => [row.day, row.done]));

  const page = await readFile(html, 'utf8');
  expect(page).toContain(Number(facts?.tasks).toLocaleString('en-US'));
  expect(page).not.toMatch(/(src|href)="https?:/);
});

it('takes over Spark work of a worker that was killed, in transform and in train, and runs nothing twice', async () => {
  const handle = await start('worker-killed');
  const caught: SparkJob[] = [];
  for (const task of ['transform', 'train']) caught.push(await killWorkerDuring('worker-killed', task));
  await handle.result();
  const record = await recordOf('worker-killed');
  await expectSameOutputs(record);

  const jobs = await sparkJobs(servers.spark?.uiUrl ?? '');
  const log = await sparkLog('worker-killed');
  for (const [index, task] of ['transform', 'train'].entries()) {
    const { sessionId, operationId } = caught[index] ?? { sessionId: '', operationId: '' };
    // All attempts worked in one session …
    const sessions = log.filter((line) => line.task === task && line.sessionId !== undefined);
    expect(new Set(sessions.map((line) => line.sessionId))).toEqual(new Set([sessionId]));
    // … two asked for the operation that was running at the kill, and none for another in its place …
    expect(log.filter((line) => line.operationId === operationId).length).toBeGreaterThanOrEqual(2);
    expect(log.filter((line) => line.insteadOf === operationId)).toEqual([]);
    // … and by Spark's own record it went on to its end, each of its jobs once.
    const statuses = jobs.filter((job) => job.operationId === operationId).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['SUCCEEDED']));
    expect(record.tasks.find(({ key }) => key === task)?.stats?.tries).toBeGreaterThanOrEqual(2);
  }
}, 400_000);

it('lives through a restart of Spark and of Temporal in mid-run', async () => {
  const handle = await start('servers-killed');
  await jobOf('servers-killed', 'transform');
  killServer(servers.spark);
  await jobOf('servers-killed', 'train');
  killServer(servers.temporal);
  const answers = () =>
    handle.describe().then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: 60_000 }).toBe(true);
  await handle.result();
  await expectSameOutputs(await recordOf('servers-killed'));
}, 400_000);
