import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PoolView, poolWorkflowId } from '../../dag/pool/messages.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { RunView } from '../../workflows/run-view.js';
import { mostAtOnce, occupy, readMarks } from '../support/operators/occupy.js';
import { testServers } from '../support/test-servers.js';
import { states, TestWorker } from '../support/test-worker.js';
import { WorkerProcess } from '../support/worker-process.js';

/** Pools and DAGs belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');
const spark = `spark-${own}`;

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([occupy], [`pools.${spark}.slots=3`, 'leases.checkInterval=1s']);
});
afterAll(() => worker?.stop());

const file = (name: string): string => join(worker.folder, name);

const poolState = (pool: string): Promise<PoolView> =>
  worker.client.workflow.getHandle(poolWorkflowId(pool)).query<PoolView>('state');

const succeeded = (result: RunView | string): RunView => {
  if (typeof result === 'string') throw new Error(result);
  return result;
};

const nightjar = (...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> =>
  new Promise((resolve) => {
    const settings = [`temporal.taskQueue=${worker.taskQueue}`, `pools.${spark}.slots=3`];
    execFile(
      process.execPath,
      [
        join(repositoryRoot, 'dist/cli/main.js'),
        'pools',
        ...args,
        ...settings.flatMap((each) => ['--set', each]),
      ],
      { cwd: repositoryRoot },
      (error, stdout, stderr) =>
        resolve({ stdout, stderr, code: typeof error?.code === 'number' ? error.code : 0 }),
    );
  });

describe('a pool', () => {
  it('of 3 slots that four DAGs share is never exceeded, and all its slots are used', async () => {
    const marks = file('load');
    const dags = [1, 2, 3, 4].map((n) => `load${n}-${own}`);
    for (const [index, id] of dags.entries()) {
      const slots = (index % 2) + 1;
      await worker.dag(`
dagId: ${id}
defaults: { pool: ${spark}, poolSlots: ${slots} }
tasks:
  - { id: each, operator: occupy, expand: { ms: "\${{ range(12).map(n, 20 + 17 * n % 60) }}" }, with: { marks: ${marks}, ms: "\${{ item.ms }}", slots: ${slots} } }
  - { id: last, operator: occupy, dependsOn: each, with: { marks: ${marks}, ms: 10, slots: ${slots} } }
`);
    }
    await Promise.all(dags.map(async (id) => succeeded(await worker.run(id))));
    const seen = readMarks(marks);
    expect(seen).toHaveLength(4 * 13 * 2);
    expect(mostAtOnce(seen)).toBe(3);
    expect(await poolState(spark)).toMatchObject({ slots: 3, used: 0, queued: 0 });
  });

  it('serves larger priorities first, and in order of arrival among equals', async () => {
    const marks = file('priorities');
    const gate = file('gate');
    const dag = (id: string, more: string): Promise<void> =>
      worker.dag(`
dagId: ${id}-${own}
tasks: [{ id: task, operator: occupy, pool: ${spark}, ${more} }]
`);
    await dag('blocks', `poolSlots: 3, with: { marks: ${marks}, until: ${gate} }`);
    for (const id of ['low', 'middle', 'middle2', 'high']) {
      const priority = { low: -1, middle: 1, middle2: 1, high: 7 }[id];
      await dag(id, `poolSlots: 3, priority: ${priority}, with: { marks: ${marks} }`);
    }
    const handles = [];
    for (const [index, id] of ['blocks', 'low', 'middle', 'middle2', 'high'].entries()) {
      handles.push(await worker.start(`${id}-${own}`));
      const state = { holders: expect.objectContaining({ length: 1 }), queued: 3 * index };
      await expect.poll(() => poolState(spark)).toMatchObject(state);
    }
    const waiting = await handles[1]?.query<RunView>('state');
    expect(waiting?.tasks[0]?.state).toBe('queued');
    await writeFile(gate, '');
    for (const handle of handles) succeeded(await worker.result(handle));
    const order = readMarks(marks).filter(({ what }) => what === 'start');
    expect(order.map(({ key }) => key.replace(/-.*/, ''))).toEqual([
      'blocks',
      'high',
      'middle',
      'middle2',
      'low',
    ]);
  });

  it('takes back the slots of a run that was terminated, and forgets one that was cancelled while it waited', async () => {
    const marks = file('ended');
    await worker.dag(`
dagId: holds-${own}
tasks: [{ id: task, operator: occupy, pool: ${spark}, poolSlots: 3, heartbeatTimeout: 3s, with: { marks: ${marks}, until: ${file('never')} } }]
`);
    await worker.dag(`
dagId: wants-${own}
tasks: [{ id: task, operator: occupy, pool: ${spark}, with: { marks: ${marks} } }]
`);
    const holder = await worker.start(`holds-${own}`);
    await expect.poll(() => readMarks(marks)).toHaveLength(1);
    const waiting = await worker.start(`wants-${own}`, undefined, `wants-${own}/cancelled`);
    await expect.poll(() => poolState(spark)).toMatchObject({ used: 3, queued: 1 });
    await waiting.cancel();
    await worker.result(waiting);
    expect((await waiting.describe()).status.name).toBe('CANCELLED');
    await expect.poll(() => poolState(spark)).toMatchObject({ used: 3, queued: 0 });

    const next = await worker.start(`wants-${own}`);
    await expect.poll(() => poolState(spark)).toMatchObject({ used: 3, queued: 1 });
    await holder.terminate('test');
    succeeded(await worker.result(next));
    await expect.poll(() => poolState(spark)).toMatchObject({ used: 0, queued: 0 });
  });

  it('that is unknown or too small fails the task in words; one can be made, changed and deleted by command', async () => {
    const pool = `mine-${own}`;
    const marks = file('made');
    const gate = file('made-gate');
    await worker.dag(`
dagId: made-${own}
tasks:
  - { id: unknown, operator: occupy, pool: ${pool}, poolSlots: 2, with: { marks: ${marks}, until: ${gate} } }
  - { id: large, operator: occupy, pool: ${spark}, poolSlots: 4, with: { marks: ${marks} } }
`);
    const message = await worker.run(`made-${own}`);
    expect(message).toContain(`there is no pool "${pool}"`);
    expect(message).toContain(`nightjar pools set ${pool}`);
    expect(message).toContain(`large needs 4 slots of pool "${spark}", which has 3`);
    expect(readMarks(marks)).toHaveLength(0);

    expect(await nightjar('set', pool, '2', '--description', 'my own')).toMatchObject({
      code: 0,
      stdout: `pool ${pool} has 2 slots\n`,
    });
    const handle = await worker.start(`made-${own}`, undefined, `made-${own}/again`);
    await expect.poll(() => poolState(pool)).toMatchObject({ used: 2, description: 'my own' });
    await expect
      .poll(async () => JSON.parse((await nightjar('list', '--json')).stdout), { timeout: 20_000 })
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            name: pool,
            source: 'command',
            slots: 2,
            used: 2,
            holders: [expect.objectContaining({ workflowId: `made-${own}/again`, key: 'unknown', slots: 2 })],
          }),
          expect.objectContaining({ name: spark, source: 'settings', slots: 3, used: 0 }),
        ]),
      );
    expect(await nightjar('delete', pool)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`pool "${pool}" is in use: 2 slots are held`),
    });
    await nightjar('set', pool, '1');
    const refused = await worker.run(`made-${own}`, undefined, `made-${own}/small`);
    expect(refused).toContain(`unknown needs 2 slots of pool "${pool}", which has 1`);
    await writeFile(gate, '');
    await worker.result(handle);
    expect((await nightjar('set', spark, '5')).stderr).toContain('is in the settings');
    expect(await nightjar('delete', pool)).toMatchObject({ code: 0 });
    expect((await nightjar('delete', pool)).stderr).toContain(`there is no pool "${pool}"`);
  });

  it('keeps its leases when it continues as new', async () => {
    const pool = `long-${own}`;
    const marks = file('long');
    const gate = file('long-gate');
    await nightjar('set', pool, '1');
    await worker.dag(`
dagId: long-${own}
tasks: [{ id: task, operator: occupy, expand: { n: [1, 2] }, pool: ${pool}, with: { marks: ${marks}, until: ${gate} } }]
`);
    const run = await worker.start(`long-${own}`);
    await expect.poll(() => poolState(pool)).toMatchObject({ used: 1, queued: 1 });
    const handle = worker.client.workflow.getHandle(poolWorkflowId(pool));
    const { runId } = await handle.describe();
    // The server suggests it after some thousand events.
    while ((await handle.describe()).runId === runId) {
      const signals = Array.from({ length: 200 }, () =>
        handle.signal('release', { workflowId: 'nobody', key: 'x' }),
      );
      await Promise.all(signals);
      // Answers when it has taken them in: more than it can take at a time would only pile up.
      await poolState(pool);
    }
    expect(await poolState(pool)).toMatchObject({ used: 1, queued: 1 });
    await writeFile(gate, '');
    expect(states(succeeded(await worker.result(run)))).toEqual({
      'task[0]': 'success',
      'task[1]': 'success',
    });
    expect(mostAtOnce(readMarks(marks))).toBe(1);
    await nightjar('delete', pool);
  });
});

describe('maxActiveRuns', () => {
  it('lets runs in one after the other, in the order in which they came', async () => {
    const marks = file('runs');
    const gate = file('runs-gate');
    const id = `single-${own}`;
    await worker.dag(`
dagId: ${id}
maxActiveRuns: 1
params: { n: { type: integer } }
tasks:
  - { id: first, operator: occupy, with: { marks: "${marks}-\${{ params.n }}", until: ${gate} } }
  - { id: second, operator: occupy, dependsOn: first, with: { marks: "${marks}-\${{ params.n }}", ms: 30 } }
`);
    const handles = [];
    for (const n of [0, 1, 2]) {
      handles.push(await worker.start(id, { params: { n } }, `${id}/${n}`));
      const view = { used: 1, queued: n };
      await expect.poll(() => poolState(`dag:${id}`).catch(() => undefined)).toMatchObject(view);
    }
    expect((await handles[1]?.query<RunView>('state'))?.state).toBe('queued');
    expect((await handles[1]?.describe())?.searchAttributes).toMatchObject({ NightjarRunState: ['queued'] });
    await writeFile(gate, '');
    for (const handle of handles) succeeded(await worker.result(handle));
    const ranges = [0, 1, 2].map((n) => readMarks(`${marks}-${n}`).map(({ at }) => at));
    expect(ranges.flat()).toEqual(ranges.flat().toSorted((a, b) => a - b));
  });
});

it('frees itself when workers are killed while their tasks hold its slots, and is not exceeded meanwhile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-'));
  await mkdir(join(folder, 'dags'));
  const { temporalAddress, sparkRemote } = testServers;
  const taskQueue = `test-kill-${own}`;
  const pool = `killed-${own}`;
  const options = {
    temporalAddress,
    sparkRemote,
    folder,
    env: {
      NIGHTJAR__TEMPORAL__TASKQUEUE: taskQueue,
      NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
      NIGHTJAR__OPERATORS__FOLDER: join(repositoryRoot, 'tests/support/operators'),
      [`NIGHTJAR__POOLS__${pool}__SLOTS`]: '3',
      NIGHTJAR__LEASES__CHECKINTERVAL: '1s',
    },
  };
  const marks = join(folder, 'marks');
  const dags = [1, 2, 3, 4].map((n) => `killed${n}-${own}`);
  for (const id of dags) {
    await writeFile(
      join(folder, 'dags', `${id}.yaml`),
      `
dagId: ${id}
tasks: [{ id: each, operator: occupy, expand: { n: [1, 2, 3, 4] }, pool: ${pool}, retries: 5, retryDelay: 1s, heartbeatTimeout: 2s, with: { marks: ${marks}, ms: 1500 } }]
`,
    );
  }
  const workers = [new WorkerProcess(options), new WorkerProcess(options)];
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  try {
    const runs = await Promise.all(
      dags.map((id) => client.workflow.start(id, { workflowId: `${id}/run`, taskQueue })),
    );
    const killedAt: number[] = [];
    for (const kills of [1, 2]) {
      const before = readMarks(marks).length;
      await expect
        .poll(() => readMarks(marks).length, { timeout: 60_000 })
        .toBeGreaterThan(before + 2 * kills);
      for (const process of workers) {
        await process.kill();
        killedAt.push(Date.now());
      }
      for (const process of workers) await process.replace();
    }
    const views = (await Promise.all(runs.map((run) => run.result()))) as RunView[];
    expect(views.flatMap(({ tasks }) => tasks.map(({ state }) => state))).toEqual(
      Array.from({ length: 16 }, () => 'success'),
    );
    const seen = readMarks(marks);
    // Some attempts were cut off, or the kills hit nothing.
    expect(seen.filter(({ what }) => what === 'start').length).toBeGreaterThan(16);
    expect(mostAtOnce(seen, killedAt)).toBe(3);
    const view = await client.workflow.getHandle(poolWorkflowId(pool)).query<PoolView>('state');
    expect(view).toMatchObject({ used: 0, queued: 0 });
  } finally {
    for (const process of workers) await process.kill();
    await client.workflow
      .getHandle(poolWorkflowId(pool))
      .terminate()
      .catch(() => undefined);
    await connection.close();
    await rm(folder, { recursive: true });
  }
});

it('is deterministic: the histories of pools and of those who used them replay', async () => {
  const replayed = await worker.replayAll();
  expect(
    [...replayed.keys()].filter((workflowId) => workflowId.startsWith('nightjar/pool/')).length,
  ).toBeGreaterThan(3);
  for (const [workflowId, error] of replayed) expect(error, workflowId).toBeUndefined();
});
