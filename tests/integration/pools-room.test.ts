import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attemptFailedSignal } from '../../dag/callback-event.js';
import { type PoolView, poolWorkflowId } from '../../dag/pool/messages.js';
import { mostAtOnce, occupy, readMarks } from '../support/operators/occupy.js';
import { TestWorker } from '../support/test-worker.js';

/** Pools belong to the whole namespace. */
const pool = `room-${randomBytes(3).toString('hex')}`;

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([occupy], [`pools.${pool}.slots=1`]);
});
afterAll(() => worker?.stop());

it('a task gives slots back for which its run has no room, to those who have the room', async () => {
  const marks = join(worker.folder, 'marks');
  await worker.dag(`
dagId: crowded
maxActiveTasks: 10
defaults: { pool: ${pool} }
tasks:
  - { id: many, operator: occupy, expand: { n: "\${{ range(260) }}" }, with: { marks: ${marks} } }
  - { id: one, operator: occupy, with: { marks: ${marks} } }
`);
  expect(await worker.run('crowded')).toMatchObject({ state: 'success' });
  expect(readMarks(marks)).toHaveLength(2 * 261);
  expect(mostAtOnce(readMarks(marks))).toBe(1);
});

it('a task that holds slots runs once also when its run continues as new just after it', async () => {
  const marks = join(worker.folder, 'once');
  const gate = join(worker.folder, 'gate');
  await worker.dag(`
dagId: continued
defaults: { callbacks: { onRetry: { command: ["true"] } } }
tasks:
  - { id: hold, operator: occupy, pool: ${pool}, with: { marks: ${marks}, until: ${gate} } }
  - { id: next, operator: occupy, dependsOn: hold, with: { marks: ${marks} } }
`);
  const handle = await worker.start('continued');
  const { runId } = await handle.describe();
  await expect.poll(() => readMarks(marks), { timeout: 20_000 }).toHaveLength(1);
  while ((await handle.describe()).historyLength < 4_000) {
    const signals = Array.from({ length: 500 }, () =>
      handle.signal(attemptFailedSignal, { key: 'none', attempt: 1 }),
    );
    await Promise.all(signals);
  }
  await writeFile(gate, '');
  expect(await worker.result(handle)).toMatchObject({ state: 'success' });
  expect((await handle.describe()).runId).not.toBe(runId);
  expect(readMarks(marks).map(({ key, what }) => `${key} ${what}`)).toEqual([
    'continued/hold start',
    'continued/hold end',
    'continued/next start',
    'continued/next end',
  ]);
  const state = await worker.client.workflow.getHandle(poolWorkflowId(pool)).query<PoolView>('state');
  expect(state).toMatchObject({ used: 0, queued: 0 });
});
