import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PoolView, poolWorkflowId } from '../../dag/pool/messages.js';
import type { RunView } from '../../workflows/run-view.js';
import { mostAtOnce, occupy, readMarks } from '../support/operators/occupy.js';
import { TestWorker } from '../support/test-worker.js';

/** Pools belong to the whole namespace. */
const own = randomBytes(3).toString('hex');
const pool = `mapped-${own}`;
/** More than go into one batch. */
const instances = 260;

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([occupy], [`pools.${pool}.slots=3`, 'leases.checkInterval=1s']);
});
afterAll(() => worker?.stop());

const poolState = async (): Promise<Partial<PoolView> | undefined> =>
  worker.client.workflow
    .getHandle(poolWorkflowId(pool))
    .query<PoolView>('state')
    .catch(() => undefined);

const batches = async (dagId: string): Promise<string[]> => {
  const found: string[] = [];
  const query = `WorkflowType = "nightjar/mapped-batch" AND TaskQueue = "${worker.taskQueue}"`;
  for await (const { workflowId } of worker.client.workflow.list({ query }))
    if (workflowId.startsWith(`${dagId}/`)) found.push(workflowId);
  return found;
};

it('batches of mapped instances and a task beside them never take more slots than there are, and give all back', async () => {
  const marks = join(worker.folder, 'marks');
  await worker.dag(`
dagId: shared-${own}
defaults: { pool: ${pool} }
tasks:
  - { id: each, operator: occupy, expand: { n: "\${{ range(${instances}) }}" }, maxActiveMapped: 20, with: { marks: ${marks} } }
  - { id: wide, operator: occupy, expand: { n: "\${{ range(10) }}" }, poolSlots: 2, with: { marks: ${marks}, slots: 2, ms: 5 } }
`);
  const view = await worker.run(`shared-${own}`);
  expect((view as RunView).tasks.map(({ key, state }) => [key, state])).toEqual(
    expect.arrayContaining([['each', 'success']]),
  );
  const seen = readMarks(marks);
  expect(seen).toHaveLength(2 * (instances + 10));
  expect(new Set(seen.map(({ key }) => key)).size).toBe(instances + 10);
  expect(mostAtOnce(seen)).toBe(3);
  expect(await poolState()).toMatchObject({ slots: 3, used: 0, queued: 0 });
  expect(await batches(`shared-${own}`)).toHaveLength(2);
});

it('a run that is cancelled gives back what its batches hold, and nobody waits for slots any more', async () => {
  const marks = join(worker.folder, 'cancelled');
  const dagId = `cancelled-${own}`;
  await worker.dag(`
dagId: ${dagId}
tasks:
  - { id: each, operator: occupy, pool: ${pool}, heartbeatTimeout: 3s, expand: { n: "\${{ range(${instances}) }}" }, maxActiveMapped: 20, with: { marks: ${marks}, until: ${worker.folder}/never } }
`);
  const handle = await worker.start(dagId);
  await expect.poll(poolState, { timeout: 30_000 }).toMatchObject({ used: 3, queued: 17 });
  await expect.poll(() => readMarks(marks)).toHaveLength(3);
  await handle.cancel();
  await worker.result(handle);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  // What a run gave back is free when it has ended.
  expect(await poolState()).toMatchObject({ used: 0, queued: 0 });
  const { state, tasks } = await worker.record(dagId);
  expect(state).toBe('cancelled');
  const count = (wanted: string): number => tasks.filter((task) => task.state === wanted).length;
  expect({ failed: count('failed'), skipped: count('skipped') }).toEqual({
    failed: 3,
    skipped: instances - 3,
  });
  expect(readMarks(marks)).toHaveLength(6);
});

it('is deterministic: the histories of the runs and batches above replay', async () => {
  for (const [workflowId, error] of await worker.replayAll()) expect(error, workflowId).toBeUndefined();
});
