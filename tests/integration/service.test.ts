import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { poolMessages, poolWorkflowId } from '../../dag/pool/messages.js';
import { pickPort } from '../../embedded/ports.js';
import { answerJson, HttpServer } from '../support/http-server.js';
import { nightjar } from '../support/nightjar-command.js';
import { testServers } from '../support/test-servers.js';
import { WorkerProcess } from '../support/worker-process.js';

let folder: string;
let port: number;
let worker: WorkerProcess;
let connection: Connection;
let client: Client;
let taskQueue: string;
/** Takes traces as a collector does. */
let collector: HttpServer;

beforeAll(async () => {
  collector = await HttpServer.start((_, response) => answerJson(response, {}));
  folder = await mkdtemp(join(tmpdir(), 'nightjar-service-'));
  taskQueue = `service-${folder.slice(-6)}`;
  await mkdir(join(folder, 'dags'));
  await mkdir(join(folder, 'logs'));
  await writeFile(
    join(folder, 'dags/observed.yaml'),
    `dagId: observed
tasks:
  - { id: rows, operator: ingest, with: { datasets: { orders: { files: orders.csv, format: csv, schema: { id: int, amount: { type: int, min: 0 } } } } } }
  - { id: each, operator: shell, pool: observed-${taskQueue}, dependsOn: rows, with: { command: "true" }, expand: { n: [1, 2, 3] } }
  - { id: breaks, operator: shell, dependsOn: rows, retries: 1, retryDelay: 1ms, with: { command: exit 1 } }
`,
  );
  await writeFile(
    join(folder, 'dags/occupying.yaml'),
    `dagId: occupying
tasks:
  - { id: hold, operator: shell, pool: occupied-${taskQueue}, with: { command: "until [ -e ${folder}/gate ]; do sleep 0.1; done" }, expand: { n: [1, 2, 3] } }
`,
  );
  await writeFile(join(folder, 'dags/orders.csv'), 'id,amount\n1,5\n2,-1\n3,7\n');
  const { temporalAddress, sparkRemote } = testServers;
  port = await pickPort(undefined, new Set());
  worker = new WorkerProcess({
    temporalAddress,
    sparkRemote,
    folder,
    env: {
      NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
      NIGHTJAR__TEMPORAL__TASK_QUEUE: taskQueue,
      NIGHTJAR__WORKER__MONITORING: `127.0.0.1:${port}`,
      NIGHTJAR__POOLS: `{ observed-${taskQueue}: { slots: 2 }, occupied-${taskQueue}: { slots: 2 } }`,
      NIGHTJAR__LOGGING__FILE: join(folder, 'logs/worker.log'),
      NIGHTJAR__LOGGING__LEVEL: 'debug',
      NIGHTJAR__LOGGING__FILE_SIZE: '2K',
      NIGHTJAR__LOGGING__FILES_KEPT: '2',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
  connection = await Connection.connect({ address: temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await worker.kill();
  await connection.close();
  await collector.close();
  await rm(folder, { recursive: true });
});

const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);

/** Values of a metric by labels, as Prometheus reads them. */
const metric = async (name: string): Promise<Record<string, number>> =>
  valuesIn(await (await get('/metrics')).text(), name);

function valuesIn(text: string, name: string): Record<string, number> {
  const own = text.split('\n').flatMap((line) => {
    const [, labels = '', value] = new RegExp(`^${name}(?:{(.*)})? (\\S+)$`).exec(line) ?? [];
    return value === undefined ? [] : [[labels.replaceAll('"', ''), Number(value)] as const];
  });
  return Object.fromEntries(own);
}

it('tells that it is alive and ready, and counts what it does', async () => {
  const ready = (): Promise<unknown> =>
    get('/readyz').then(
      (answer) => answer.json(),
      () => undefined,
    );
  await expect
    .poll(ready, { timeout: 90_000 })
    .toEqual({ ready: true, worker: 'ok', temporal: 'ok', spark: 'ok' });
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/elsewhere')).status).toBe(404);

  await expect(
    client.workflow.execute('observed', { workflowId: `observed/${taskQueue}`, taskQueue }),
  ).rejects.toThrow();

  expect(await metric('nightjar_runs_started_total')).toEqual({ 'dag=observed': 1 });
  expect(await metric('nightjar_runs_ended_total')).toEqual({ 'dag=observed,state=failed': 1 });
  expect(await metric('nightjar_task_attempts_total')).toEqual({
    'dag=observed,task=rows,operator=ingest,outcome=success': 1,
    'dag=observed,task=each,operator=shell,outcome=success': 3,
    'dag=observed,task=breaks,operator=shell,outcome=failed': 2,
  });
  expect(await metric('nightjar_rows_total')).toEqual({
    'dag=observed,task=rows,kind=read': 3,
    'dag=observed,task=rows,kind=written': 2,
    'dag=observed,task=rows,kind=rejected': 1,
  });
  expect(Object.values(await metric('nightjar_rejects_total'))).toEqual([1]);
  const durations = await metric('nightjar_task_duration_seconds_count');
  expect(durations['dag=observed,task=each,operator=shell']).toBe(3);
  expect(await metric('nightjar_tasks_running')).toEqual({ '': 0 });
  // The SDK's own, in the same place.
  expect(Object.keys(await metric('temporal_worker_task_slots_available')).length).toBeGreaterThan(0);
});

it('tells, in one look, how many slots an occupied pool has, how many are held and how many are waited for', async () => {
  const run = await client.workflow.start('occupying', { workflowId: `occupying/${taskQueue}`, taskQueue });
  const pool = client.workflow.getHandle(poolWorkflowId(`occupied-${taskQueue}`));
  const state = (): Promise<unknown> => pool.query(poolMessages.state).catch(() => undefined);
  await expect.poll(state, { timeout: 30_000 }).toMatchObject({ used: 2, queued: 1 });
  const look = async (): Promise<unknown> => {
    const text = await (await get('/metrics')).text();
    const [slots, used, queued] = ['', '_used', '_queued'].map(
      (which) => valuesIn(text, `nightjar_pool_slots${which}`)[`pool=occupied-${taskQueue}`],
    );
    return slots === undefined ? undefined : { slots, used, queued };
  };
  // The list of pools lags behind a little, and is asked for anew every ten seconds.
  const seen = await vi.waitUntil(look, { timeout: 30_000, interval: 500 });
  expect(seen).toEqual({ slots: 2, used: 2, queued: 1 });
  await writeFile(join(folder, 'gate'), '');
  await run.result();
});

it('keeps its log in files of the size and number that the settings say', async () => {
  const files = (await readdir(join(folder, 'logs'))).sort();
  expect(files).toEqual(['worker.log', 'worker.log.1', 'worker.log.2']);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, 'logs', file))).size));
  // A file is put aside when it has grown beyond its size, so by some lines more at the most.
  expect(Math.max(...sizes)).toBeLessThan(20_000);
  expect(await readFile(join(folder, 'logs/worker.log.1'), 'utf8')).toMatch(/^\{"level":\d+,"time":/m);
});

it('refuses a port that is taken and a log that it can not write', async () => {
  const { temporalAddress, sparkRemote } = testServers;
  const env = { TEMPORAL_ADDRESS: temporalAddress, SPARK_REMOTE: sparkRemote };
  const taken = await nightjar(['worker', '--set', `worker.monitoring=127.0.0.1:${port}`], env);
  expect(taken).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      `worker.monitoring: 127.0.0.1:${port}: the port is taken; choose another one`,
    ),
  });
  const unwritable = await nightjar(['worker', '--set', 'logging.file=/dev/null/x.log'], env);
  expect(unwritable).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("logging.file: /dev/null/x.log can't be written"),
  });
});

it('ends well on SIGTERM', async () => {
  expect(await worker.stop()).toBe(0);
  await expect(get('/healthz')).rejects.toThrow();
});

it('tells a collector of the run, its tasks and what they did in Spark, as one trace', () => {
  const spans: Span[] = collector
    .to('/v1/traces')
    .flatMap(({ body }) => JSON.parse(body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope: { spans: Span[] }) => scope.spans);
  const named = (name: string): Span[] => spans.filter((span) => span.name === name);
  const [run] = named('run observed');
  const [rows] = named('task rows');
  const [other] = named('run occupying');
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([run?.traceId, other?.traceId]));
  expect(named('run observed')).toHaveLength(1);
  expect(named('task each')).toHaveLength(3);
  expect(named('task breaks').map(({ status }) => status.code)).toEqual([2, 2]);
  for (const task of ['rows', 'each', 'breaks'])
    for (const span of named(`task ${task}`)) expect(span.parentSpanId).toBe(run?.spanId);
  const operations = named('spark operation');
  expect(operations.length).toBeGreaterThan(0);
  for (const { parentSpanId, attributes } of operations) {
    expect(parentSpanId).toBe(rows?.spanId);
    expect(attributes).toEqual([
      { key: 'spark.connect.operation_id', value: { stringValue: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
    ]);
  }
});

type Span = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code: number };
  attributes: unknown[];
};
