import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator, defineSensor, OperatorError, TaskSkipped } from '../../activities/operator.js';
import { ranOf, runDag } from '../support/example-dags.js';
import { states, TestWorker } from '../support/test-worker.js';

/** Looks so far, by task. */
const looks = new Map<string, number>();

const countdown = defineSensor({
  name: 'countdown',
  description: 'Is done at the given look, and has errors at others',
  params: z.strictObject({
    doneAt: z.int(),
    errorsAt: z.array(z.int()).default([]),
    hopelessAt: z.int().optional(),
  }),
  async poke({ dagId, taskId }, { doneAt, errorsAt, hopelessAt }) {
    const task = `${dagId}.${taskId}`;
    const look = (looks.get(task) ?? 0) + 1;
    looks.set(task, look);
    if (errorsAt.includes(look)) throw new Error(`error at look ${look}`);
    if (look === hopelessAt) throw new OperatorError('WaitHopeless', 'it will never be there');
    return look < doneAt ? { done: false, message: `nothing at look ${look}` } : { done: true, output: look };
  },
});

const skipper = defineOperator({
  name: 'skipper',
  description: 'Skips itself',
  params: z.strictObject({}),
  async run(): Promise<null> {
    throw new TaskSkipped('nothing to do today');
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([countdown, skipper] as never);
});
afterAll(() => worker?.stop());

const waits = (dagId: string, params: string, task = 'retries: 0') =>
  worker.dag(`
dagId: ${dagId}
tasks:
  - { id: wait, operator: countdown, ${task}, with: { pokeInterval: 20ms, ${params} } }
`);

it('looks again until it is done, and leaves no events in the history while it waits', async () => {
  await waits('waits', 'doneAt: 4');
  const handle = await worker.start('waits');
  expect(await worker.result(handle)).toMatchObject({ tasks: [{ key: 'wait', state: 'success' }] });
  expect((await worker.record('waits')).tasks).toMatchObject([{ key: 'wait', output: 4 }]);
  const { events } = await handle.fetchHistory();
  const scheduled = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === 'wait',
  );
  const started = events?.filter((event) => event.activityTaskStartedEventAttributes);
  expect([scheduled?.length, started?.length]).toEqual([1, 1]);
});

it('retries errors as often as the task has retries; looks in vain do not count', async () => {
  await waits('errors', 'doneAt: 6, errorsAt: [2, 4]', 'retries: 2, retryDelay: 10ms');
  expect((await runDag(worker, 'errors')).outputs).toEqual({ wait: 6 });
  await waits('more-errors', 'doneAt: 6, errorsAt: [2, 3, 5]', 'retries: 2, retryDelay: 10ms');
  expect(await worker.run('more-errors')).toContain('error at look 5');
  expect(looks.get('more-errors.wait')).toBe(5);
});

it('fails when its time is over, or is skipped if it may', async () => {
  await waits('late', 'doneAt: 1000, timeout: 1500ms');
  expect(await worker.run('late')).toMatch(/waited 1s500ms in vain: nothing at look \d+/);
  await waits('soft', 'doneAt: 1000, timeout: 10ms, softFail: true');
  const view = await worker.run('soft');
  if (typeof view === 'string') throw new Error(view);
  expect(view.tasks).toMatchObject([
    { key: 'wait', state: 'skipped', reason: expect.stringContaining('in vain') },
  ]);
});

it('looks once when it may not wait at all', async () => {
  await waits('once', 'doneAt: 2, timeout: 0s');
  expect(await worker.run('once')).toContain('nothing at look 1');
  expect(looks.get('once.wait')).toBe(1);
});

it('gives up at once when there is no hope, or is skipped if it may', async () => {
  await waits('hopeless', 'doneAt: 9, hopelessAt: 2', 'retries: 5');
  expect(await worker.run('hopeless')).toContain('it will never be there');
  expect(looks.get('hopeless.wait')).toBe(2);
  await waits('soft-hopeless', 'doneAt: 9, hopelessAt: 2, softFail: true');
  expect((await runDag(worker, 'soft-hopeless')).states).toEqual({ wait: 'skipped' });
});

it('an operator can end its task as skipped, and what hangs on it is skipped too; a replay keeps that', async () => {
  await worker.dag(`
dagId: skips
tasks:
  - { id: skip, operator: skipper }
  - { id: after, operator: countdown, dependsOn: skip, with: { doneAt: 1 } }
  - { id: anyway, operator: countdown, dependsOn: after, triggerRule: all_done, with: { doneAt: 1 } }
`);
  const expected = { skip: 'skipped', after: 'skipped', anyway: 'success' };
  const view = await worker.run('skips');
  if (typeof view === 'string') throw new Error(view);
  expect(states(view)).toEqual(expected);
  expect(view.tasks[0]).toMatchObject({ reason: 'nothing to do today' });
  const again = await worker.run(
    'skips',
    { replay: { workflowId: 'skips/run', tasks: ['anyway'] } },
    'skips/again',
  );
  if (typeof again === 'string') throw new Error(again);
  expect((await ranOf(worker, again)).states).toEqual(expected);
});
