import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { writeJson } from '../../activities/context/files.js';
import { runFolder } from '../../activities/context/layout.js';
import type { Json } from '../../activities/operator.js';
import { duckdb } from '../support/duckdb.js';
import { copyExamples, type Ran, ranOf, runDag } from '../support/example-dags.js';
import { answerJson, HttpServer } from '../support/http-server.js';
import { TestWorker } from '../support/test-worker.js';

let worker: TestWorker;
beforeAll(async () => {
  process.env.SHOP_TOKEN = 'sesame';
  worker = await TestWorker.start(builtInOperators, ['http.privateRanges=[127.0.0.0/8]']);
  await copyExamples(worker);
});
afterAll(() => worker?.stop());

/** Starts a run, and when its log holds a text does something that the run waits for. */
async function runUntil(
  dagId: string,
  { params, logicalDate }: { params?: Record<string, Json>; logicalDate?: string },
  awaited: string,
  act: () => Promise<unknown>,
): Promise<Ran> {
  const handle = await worker.start(dagId, {
    ...(params === undefined ? {} : { params }),
    ...(logicalDate === undefined ? {} : { logicalDate }),
  });
  const looked = vi.waitFor(async () => expect((await messages(dagId)).join('\n')).toContain(awaited), {
    timeout: 60_000,
    interval: 100,
  });
  // One that ended already has nothing to wait for.
  await Promise.race([looked, handle.result()]);
  await act();
  const view = await worker.result(handle);
  if (typeof view === 'string') throw new Error(view);
  return ranOf(worker, view);
}

async function messages(dagId: string): Promise<string[]> {
  const log = await readFile(join(runFolder(worker.dataRoot, dagId, 'run'), 'run.log'), 'utf8');
  return log
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
}

describe('file-sensor', () => {
  it('waits for a file, for several that match, by Spark, and in vain', async () => {
    const folder = join(worker.folder, 'files');
    await mkdir(join(folder, 'in'), { recursive: true });
    await copyFile(join(worker.folder, 'dags/files/cities.csv'), join(folder, 'cities.csv'));
    await writeFile(join(folder, 'in/part-1.csv'), 'a\n');
    const { states, outputs } = await runUntil(
      'example-file-sensor',
      { params: { folder } },
      `1 of 2 files at ${folder}/in/part-*.csv`,
      () => writeFile(join(folder, 'in/part-2.csv'), 'b\nc\n'),
    );
    expect(states).toEqual({
      cities: 'success',
      all_parts: 'success',
      remote: 'success',
      never: 'skipped',
      count: 'success',
    });
    expect(outputs.all_parts).toEqual({
      files: [join(folder, 'in/part-1.csv'), join(folder, 'in/part-2.csv')],
      count: 2,
      bytes: 6,
    });
    expect(outputs.remote).toMatchObject({ count: 1, bytes: 82 });
    expect(outputs.count).toBe(3);
  });

  it('looks into folders and relative to the DAG, and waits for what Spark does not find', async () => {
    await worker.dag(`
dagId: folders
tasks:
  - { id: folder, operator: file-sensor, with: { path: files, minFiles: 3 } }
  - { id: nothing, operator: file-sensor, with: { path: 'file:///nowhere/at/all', timeout: 0s } }
`);
    expect(await worker.run('folders')).toContain('0 of 1 files at file:///nowhere/at/all');
    const { tasks } = await worker.record('folders');
    expect(tasks[0]).toMatchObject({ key: 'folder', output: { count: 3 } });
  });
});

it('http-sensor waits for a server to be there, and for what it is to say', async () => {
  const states = ['queued', 'running'];
  const server = await HttpServer.start(({ path, headers }, response) => {
    if (path === '/health') return void response.writeHead(server.to(path).length < 2 ? 503 : 200).end();
    if (headers.authorization !== 'Bearer sesame') return void response.writeHead(401).end('who is there?');
    answerJson(response, { state: states.shift() ?? 'done' });
  });
  const { outputs } = await runDag(worker, 'example-http-sensor', { server: server.url });
  expect(outputs).toEqual({ up: null, job: 'done' });
  expect([server.to('/health').length, server.to('/jobs/7').length]).toEqual([2, 3]);

  await worker.dag(`
dagId: refused
tasks:
  - { id: ask, operator: http-sensor, retries: 3, with: { url: '${server.url}/x' } }
`);
  expect(await worker.run('refused')).toContain('status 401 Unauthorized: who is there?');
  expect(server.to('/x')).toHaveLength(1);
  await server.close();
});

it('sql-sensor waits for the first value to be true, and sees what is new', async () => {
  const folder = join(worker.folder, 'orders');
  await mkdir(folder);
  const write = (name: string, day: string) =>
    duckdb(`COPY (SELECT 7 AS id, '${day}' AS day) TO '${join(folder, name)}.parquet' (FORMAT parquet)`);
  await write('a', '2025-01-30');
  const { outputs } = await runUntil(
    'example-sql-sensor',
    { params: { folder }, logicalDate: '2025-01-31T00:00:00Z' },
    'the query gives 0',
    () => write('b', '2025-01-31'),
  );
  expect(outputs).toEqual({ enough: true, complete: 1 });
});

describe('sql-sensor', () => {
  it.each([
    ['null', 'SELECT NULL', false],
    ['zero', 'SELECT 0', false],
    ['a decimal zero', 'SELECT CAST(0 AS DECIMAL(5, 2))', false],
    ['empty text', "SELECT ''", false],
    ['no rows', 'SELECT 1 WHERE false', false],
    ['text', "SELECT '0'", true],
  ])('takes %s as Airflow does', async (name, sql, expected) => {
    const dagId = `sql-${name.replaceAll(' ', '-')}`;
    await worker.dag(`
dagId: ${dagId}
tasks:
  - { id: look, operator: sql-sensor, with: { sql: "${sql}", timeout: 0s, softFail: true } }
`);
    expect((await runDag(worker, dagId)).states).toEqual({ look: expected ? 'success' : 'skipped' });
  });
});

describe('task-sensor', () => {
  // Of this test's own: the server is shared, and remembers the runs of other tests.
  const dates = Array.from({ length: 3 }, (_, index) =>
    new Date(Date.now() - index * 7_200_000).toISOString(),
  );
  const [logicalDate = '', failedDate = '', oldDate = ''] = dates;

  it('waits for the run of another DAG with its logical date, and for a task of it', async () => {
    const { states, outputs } = await runUntil(
      'example-task-sensor',
      { logicalDate },
      `no run of DAG "example-python" at ${logicalDate} so far`,
      () => worker.run('example-python', { logicalDate }, 'example-python/one'),
    );
    expect(states).toEqual({ run: 'success', task: 'success', yesterday: 'skipped' });
    expect(outputs.run).toEqual({ workflowId: 'example-python/one', runId: 'one', state: 'success' });
  });

  const sensorDag = (dagId: string, more: string) =>
    worker.dag(`
dagId: ${dagId}
tasks:
  - { id: wait, operator: task-sensor, with: { dagId: example-python, pokeInterval: 1s, ${more} } }
`);

  it('gives up at once when what it waits for has failed, unless that is waited for', async () => {
    const bad = { logicalDate: failedDate, params: { countries: ['XX'] } };
    await worker.run('example-python', bad, 'example-python/bad');
    const here = `logicalDate: '${bad.logicalDate}'`;
    await sensorDag('waits-for-failed', here);
    expect(await worker.run('waits-for-failed')).toContain('run example-python/bad is failed');
    await sensorDag('waits-for-task', `${here}, taskId: total`);
    expect(await worker.run('waits-for-task')).toContain(
      'task "total" of run example-python/bad is upstreamFailed',
    );
    await sensorDag(
      'wants-failure',
      `${here}, taskId: total, allowedStates: [upstreamFailed], failedStates: []`,
    );
    expect((await runDag(worker, 'wants-failure')).states).toEqual({ wait: 'success' });
  });

  it('sees a task of a run that goes on', async () => {
    await worker.dag(`
dagId: goes-on
tasks:
  - { id: first, operator: shell, with: { command: 'true' } }
  - { id: long, operator: sleep, dependsOn: first, with: { for: 10m } }
`);
    const handle = await worker.start('goes-on', { logicalDate });
    await worker.dag(`
dagId: watches
tasks:
  - { id: wait, operator: task-sensor, with: { dagId: goes-on, taskId: first, logicalDate: '${logicalDate}', pokeInterval: 1s } }
`);
    expect((await runDag(worker, 'watches')).states).toEqual({ wait: 'success' });
    await handle.terminate();
  });

  it('reads the record of a run that the server has forgotten', async () => {
    await worker.run('example-python', undefined, 'example-python/known');
    // What a run leaves, under a name that the server has never heard of.
    const record = await worker.record('example-python', 'known');
    const forgotten = { ...record, runId: 'old', workflowId: 'example-python/old', logicalDate: oldDate };
    await writeJson(join(runFolder(worker.dataRoot, 'example-python', 'old'), 'run.json'), forgotten);
    await sensorDag('remembers', `taskId: total, logicalDate: '${oldDate}'`);
    expect((await runDag(worker, 'remembers')).states).toEqual({ wait: 'success' });
  });
});

it('dataset-sensor waits for what is published after its run began, or since a time', async () => {
  await worker.dag(`
dagId: shop
tasks:
  - { id: load, operator: shell, publishes: [shop/prices, shop/orders], with: { command: 'true' } }
`);
  await worker.run('shop', undefined, 'shop/before');
  const { outputs } = await runUntil(
    'example-dataset-sensor',
    { logicalDate: '2025-01-01T00:00:00Z' },
    'dataset "shop/prices" was last published at ',
    () => worker.run('shop', undefined, 'shop/after'),
  );
  expect(outputs.prices).toMatchObject({ 'shop/prices': { dagId: 'shop', runId: 'after', task: 'load' } });
  expect(Object.keys(outputs.today as object)).toEqual(['shop/prices', 'shop/orders']);
});

describe('spark-sql', () => {
  it('gives few rows as its output, typed', async () => {
    const { outputs } = await runDag(worker, 'example-spark-sql');
    expect(outputs.cities).toMatchObject({
      totals: [{ cities: 2, people: 557000, mean: '278500.0' }],
      large: { dataset: 'large', rows: 2 },
    });
    expect(outputs.tell).toBe('2 large cities, 2 rows');
  });

  it.each([
    ['too many rows', 'SELECT id FROM range(20000)', 'more than 10000 rows'],
    ['too large rows', "SELECT repeat('x', 1000) AS x FROM range(100)", 'bytes of JSON, at most 65536'],
  ])('refuses %s', async (name, sql, message) => {
    const dagId = name.replaceAll(' ', '-');
    await worker.dag(`
dagId: ${dagId}
tasks:
  - { id: rows, operator: spark-sql, with: { rows: { all: "${sql}" } } }
`);
    expect(await worker.run(dagId)).toContain(message);
  });
});
