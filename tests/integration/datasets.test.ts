import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { datasetEventFile } from '../../activities/run/dataset-events.js';
import type { DatasetEvent, DatasetUpdate } from '../../dag/dataset-event.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { RunView } from '../../workflows/run-view.js';
import { occupy } from '../support/operators/occupy.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';
import { WorkerProcess } from '../support/worker-process.js';

/** DAGs and their triggers belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');

const echo = defineOperator({
  name: 'echo',
  description: 'returns its value, or fails without one',
  params: z.strictObject({ value: z.json() }),
  run: async (_, { value }) => {
    if (value === null) throw new Error('nothing to return');
    return value;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([echo, occupy]);
});
afterAll(() => worker?.stop());

const succeeded = (result: RunView | string): RunView => {
  if (typeof result === 'string') throw new Error(result);
  return result;
};

/** A DAG of one task that publishes what its value names, and fails for null. */
const producer = (id: string, ...datasets: string[]): Promise<void> =>
  worker.dag(`
dagId: ${id}-${own}
params: { value: { default: 1 } }
tasks: [{ id: make, operator: echo, with: { value: "\${{ params.value }}" }, publishes: [${datasets.join(', ')}] }]
`);

const consumer = (id: string, condition: string): Promise<void> =>
  worker.dag(`
dagId: ${id}-${own}
schedule: { datasets: ${condition} }
tasks: [{ id: read, operator: echo, with: { value: "\${{ run.datasetEvents }}" } }]
`);

let runs = 0;
const publish = async (id: string, value?: string): Promise<void> => {
  const dagId = `${id}-${own}`;
  succeeded(await worker.run(dagId, value === undefined ? {} : { params: { value } }, `${dagId}/${runs++}`));
};

/** The runs that datasets have started, once the trigger has taken in all updates. */
async function startedRuns(client: Client, dagId: string): Promise<string[]> {
  const found = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = "${dagId}"` }))
    found.push(workflowId);
  return found.sort();
}
const runsOf = (id: string): Promise<string[]> => startedRuns(worker.client, `${id}-${own}`);
const remembered = async (id: string): Promise<string[]> => {
  const handle = worker.client.workflow.getHandle(`nightjar/dataset-trigger/${id}-${own}`);
  return (await handle.query<DatasetEvent[]>('state')).map(({ dataset }) => dataset).sort();
};
/** What a run was told of the updates that started it. */
const toldOf = async (workflowId: string): Promise<DatasetEvent[]> => {
  const [dagId = ''] = workflowId.split('/');
  const result = await worker.client.workflow.getHandle(workflowId).result();
  expect(result).toMatchObject({ dagId, state: 'success' });
  return (result as { outputs: { read: DatasetEvent[] } }).outputs.read;
};

it('start a DAG once all of them have been updated, and again only when all have been again', async () => {
  const [orders, users] = [`orders-${own}`, `sales/users ${own}`];
  await producer('orders', orders);
  await producer('users', `"${users}"`);
  await consumer('both', `[${orders}, "${users}"]`);
  await publish('orders', 'first');
  await publish('orders', 'second');
  await expect.poll(() => remembered('both'), { timeout: 20_000 }).toEqual([orders]);
  expect(await runsOf('both')).toEqual([]);
  await publish('users');
  await expect.poll(() => runsOf('both'), { timeout: 20_000 }).toHaveLength(1);
  const [run = ''] = await runsOf('both');
  expect(run).toMatch(/\/dataset__\d{4}-\d\d-\d\dT/);
  expect(await toldOf(run)).toMatchObject([
    { dataset: orders, dagId: `orders-${own}`, task: 'make' },
    { dataset: users, dagId: `users-${own}`, task: 'make' },
  ]);
  expect(await remembered('both')).toEqual([]);
  await publish('users');
  await expect.poll(() => remembered('both'), { timeout: 20_000 }).toEqual([users]);
  expect(await runsOf('both')).toHaveLength(1);

  const file = JSON.parse(await readFile(datasetEventFile(worker.dataRoot, users), 'utf8'));
  expect(file).toMatchObject({ dataset: users, dagId: `users-${own}`, task: 'make' });
});

it('are updated by success alone, by a mapped task once, and not by results that a replay takes over', async () => {
  const [failing, mapped] = [`failing-${own}`, `mapped-${own}`];
  const ref = { dataset: 'part', path: '/data/part', rows: 1, schemaHash: 'x' };
  await worker.dag(`
dagId: mixed-${own}
params: { ok: { default: null } }
tasks:
  - { id: all, operator: echo, expand: { n: [1, 2, 3] }, with: { value: { part: ${JSON.stringify(ref)} } }, publishes: ${mapped} }
  - { id: fails, operator: echo, dependsOn: all, with: { value: "\${{ params.ok }}" }, publishes: ${failing} }
`);
  await consumer('any', `{ any: [${failing}, ${mapped}] }`);
  const id = `mixed-${own}`;
  expect(await worker.run(id)).toContain('nothing to return');
  await expect.poll(() => runsOf('any'), { timeout: 20_000 }).toHaveLength(1);
  const [first = ''] = await runsOf('any');
  expect(await toldOf(first)).toMatchObject([{ dataset: mapped, task: 'all', refs: [ref, ref, ref] }]);
  expect(existsSync(datasetEventFile(worker.dataRoot, failing))).toBe(false);

  succeeded(await worker.run(id, { params: { ok: 'now' }, replay: { workflowId: `${id}/run` } }));
  await expect.poll(() => runsOf('any'), { timeout: 20_000 }).toHaveLength(2);
  const [, second = ''] = await runsOf('any');
  expect(await toldOf(second)).toMatchObject([{ dataset: failing, task: 'fails' }]);
});

it('start exactly one run for each time a condition holds, in bursts and when an update is told twice', async () => {
  const [single, rare] = [`single-${own}`, `rare-${own}`];
  await producer('burst', single);
  await producer('rare', rare);
  await consumer('each', `[${single}]`);
  await consumer('nested', `{ all: [${rare}, { any: [${single}, never-${own}] }] }`);
  await Promise.all(Array.from({ length: 12 }, () => publish('burst')));
  await expect.poll(() => runsOf('each'), { timeout: 30_000 }).toHaveLength(12);
  expect(await runsOf('nested')).toEqual([]);
  await publish('rare');
  await expect.poll(() => runsOf('nested'), { timeout: 20_000 }).toHaveLength(1);

  const event = { dataset: rare, publishedAt: new Date().toISOString(), dagId: 'x', runId: 'y', task: 'z' };
  const update: DatasetUpdate = { id: 'once', event, condition: rare };
  const trigger = worker.client.workflow.getHandle(`nightjar/dataset-trigger/nested-${own}`);
  await trigger.signal('updated', update);
  await trigger.signal('updated', update);
  await expect.poll(() => runsOf('nested'), { timeout: 20_000 }).toHaveLength(2);
  await trigger.signal('updated', { ...update, condition: { all: [rare, single] } });
  expect(await remembered('nested')).toEqual([]);
  expect(await runsOf('nested')).toHaveLength(2);
});

it('lose no update and repeat none when workers are killed while runs publish', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-'));
  await mkdir(join(folder, 'dags'));
  const { temporalAddress, sparkRemote } = testServers;
  const taskQueue = `test-publish-${own}`;
  const options = {
    temporalAddress,
    sparkRemote,
    folder,
    env: {
      NIGHTJAR__TEMPORAL__TASKQUEUE: taskQueue,
      NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
      NIGHTJAR__OPERATORS__FOLDER: join(repositoryRoot, 'tests/support/operators'),
    },
  };
  const [makes, follows] = [`makes-${own}`, `follows-${own}`];
  await writeFile(
    join(folder, 'dags', 'makes.yaml'),
    `
dagId: ${makes}
tasks: [{ id: make, operator: occupy, retries: 9, retryDelay: 1s, heartbeatTimeout: 2s, with: { marks: ${folder}/marks, ms: 300 }, publishes: made-${own} }]
`,
  );
  await writeFile(
    join(folder, 'dags', 'follows.yaml'),
    `
dagId: ${follows}
schedule: { datasets: [made-${own}] }
tasks: [{ id: follow, operator: noop }]
`,
  );
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const process = new WorkerProcess(options);
  try {
    const handles = [];
    for (let round = 0; round < 2; round++) {
      const before = await startedRuns(client, follows);
      for (let n = 0; n < 6; n++)
        handles.push(await client.workflow.start(makes, { workflowId: `${makes}/${round}-${n}`, taskQueue }));
      // Some have published, others are about to.
      await expect
        .poll(async () => (await startedRuns(client, follows)).length, { timeout: 60_000 })
        .toBeGreaterThan(before.length);
      await process.replace();
    }
    await Promise.all(handles.map((handle) => handle.result()));
    const trigger = client.workflow.getHandle(`nightjar/dataset-trigger/${follows}`);
    await expect.poll(() => startedRuns(client, follows), { timeout: 60_000 }).toHaveLength(handles.length);
    const results = await Promise.all(
      (await startedRuns(client, follows)).map((id) => client.workflow.getHandle(id).result()),
    );
    expect(await trigger.query('state')).toEqual([]);
    expect(await startedRuns(client, follows)).toHaveLength(handles.length);
    expect(results).toHaveLength(handles.length);
    await trigger.terminate();
  } finally {
    await process.kill();
    await connection.close();
    await rm(folder, { recursive: true });
  }
});

it('is deterministic: the histories of the runs and triggers above replay', async () => {
  const replayed = await worker.replayAll();
  expect([...replayed.keys()].filter((workflowId) => workflowId.startsWith('nightjar/dataset'))).toHaveLength(
    4,
  );
  for (const [workflowId, error] of replayed) expect(error, workflowId).toBeUndefined();
});
