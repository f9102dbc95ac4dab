import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { shell, sparkSql } from '../../activities/operators/index.js';
import type { RunView } from '../../workflows/run-view.js';
import { sparkJobs } from '../support/spark-record.js';
import { testServers } from '../support/test-servers.js';
import { states, TestWorker } from '../support/test-worker.js';

let waiting = 0;
const wait = defineOperator({
  name: 'wait',
  description: 'waits until it is cancelled',
  params: z.strictObject({}),
  run: async ({ signal }) => {
    waiting++;
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
    ).finally(() => waiting--);
    return null;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([wait, shell, sparkSql], ['logging.level=debug']);
});
afterAll(() => worker.stop());

/** Process ids that the shell task wrote down: its own and its grandchild's. */
const pids = (file: string): number[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number) : [];

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('leaves nothing at work: activities, batches, other DAGs, processes, Spark; and the teardowns have run', async () => {
  const { sparkUi } = testServers;
  const pidFile = join(worker.folder, 'pids');
  const closed = join(worker.folder, 'closed');
  const innerClosed = join(worker.folder, 'inner-closed');
  const program = `sleep 600 & echo $$ $! >> ${pidFile}; wait`;
  await worker.dag(`
dagId: inner
tasks:
  - { id: open, operator: noop, setup: true }
  - { id: slow, operator: wait, dependsOn: open, heartbeatTimeout: 5s }
  - { id: process, operator: shell, dependsOn: open, heartbeatTimeout: 5s, with: { command: "${program}" } }
  - { id: close, operator: shell, dependsOn: [slow, process], teardown: { setups: open }, with: { command: "touch ${innerClosed}" } }
`);
  await worker.dag(`
dagId: busy
defaults: { heartbeatTimeout: 5s }
tasks:
  - { id: open, operator: noop, setup: true }
  - { id: activity, operator: wait, dependsOn: open }
  - { id: batch, operator: wait, dependsOn: open, expand: { n: "\${{ range(260) }}" }, maxActiveMapped: 20 }
  - { id: other, operator: trigger-dag, dependsOn: open, with: { dagId: inner } }
  - { id: pause, operator: sleep, dependsOn: open, with: { for: 1h } }
  - id: process
    operator: shell
    dependsOn: open
    # Deaf to SIGTERM, as are those that it starts.
    with: { command: "trap '' TERM; ${program}" }
  - { id: programs, operator: shell, dependsOn: open, expand: { n: "\${{ range(6) }}" }, maxActiveMapped: 3, with: { command: "${program}" } }
  - id: query
    operator: spark-sql
    dependsOn: open
    with:
      inputs: {}
      datasets:
        endless: { sql: "SELECT sum(a.id * b.id % 7) AS s FROM range(10000000) a CROSS JOIN range(1000000) b" }
  - { id: after, operator: noop, dependsOn: [activity, batch, other, pause, process, programs, query] }
  - id: close
    operator: shell
    dependsOn: [activity, batch, other, pause, process, programs, query]
    teardown: { setups: open }
    with: { command: "touch ${closed}" }
`);
  const handle = await worker.start('busy');
  const running = async () => {
    const log = readFileSync(join(worker.folder, 'worker.log'), 'utf8');
    const spark = (await sparkJobs(sparkUi, 'running')).some(({ sessionId }) => log.includes(sessionId));
    return { waiting, processes: pids(pidFile).filter(isAlive).length, spark };
  };
  await expect
    .poll(running, { timeout: 120_000, interval: 500 })
    .toEqual({ waiting: 22, processes: 10, spark: true });

  await handle.cancel();
  await worker.result(handle);
  // The run ends when all that it had at work has ended, so there is nothing to wait for here.
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(await running()).toEqual({ waiting: 0, processes: 0, spark: false });
  expect(existsSync(closed)).toBe(true);
  expect(existsSync(innerClosed)).toBe(true);
  const open = worker.client.workflow.list({
    query: `TaskQueue = "${worker.taskQueue}" AND ExecutionStatus = "Running"`,
  });
  for await (const { workflowId } of open) expect.fail(`${workflowId} still runs`);
  const record = await worker.record('busy');
  expect(record.state).toBe('cancelled');
  const single = { tasks: record.tasks.filter(({ key }) => !/^(batch|programs)/.test(key)) };
  expect(states(single as unknown as RunView)).toEqual({
    open: 'success',
    activity: 'failed',
    other: 'failed',
    pause: 'failed',
    process: 'failed',
    query: 'failed',
    after: 'skipped',
    close: 'success',
  });
  const batch = record.tasks.filter(({ key }) => key.startsWith('batch'));
  expect(new Set(batch.map(({ state }) => state))).toEqual(new Set(['failed', 'skipped']));
  expect(batch.filter(({ state }) => state === 'failed')).toHaveLength(20);
  const programs = record.tasks.filter(({ key }) => key.startsWith('programs'));
  expect(programs.filter(({ state }) => state === 'failed')).toHaveLength(3);
  expect(programs.filter(({ state }) => state === 'skipped')).toHaveLength(3);
  const [inner] = (await readdir(join(worker.dataRoot, 'inner'))).filter((name) => name !== 'current.json');
  const innerRecord = JSON.parse(
    readFileSync(join(worker.dataRoot, 'inner', inner ?? '', 'run.json'), 'utf8'),
  );
  expect(innerRecord.state).toBe('cancelled');
  expect(states(innerRecord)).toEqual({
    open: 'success',
    slow: 'failed',
    process: 'failed',
    close: 'success',
  });
});
