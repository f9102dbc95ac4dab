import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineSensor } from '../../activities/operator.js';
import { TestWorker } from '../support/test-worker.js';

/** Looks so far, by task. */
const looks = new Map<string, number>();

const countdown = defineSensor({
  name: 'countdown',
  description: 'Is done at the given look',
  params: z.strictObject({ doneAt: z.int() }),
  async poke({ taskId }, { doneAt }) {
    const look = (looks.get(taskId) ?? 0) + 1;
    looks.set(taskId, look);
    return look < doneAt ? { done: false, message: `look ${look}` } : { done: true, output: look };
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([countdown] as never);
});
afterAll(() => worker?.stop());

it('looks again until it is done, and leaves no events in the history while it waits', async () => {
  await worker.dag(`
dagId: waits
tasks:
  - { id: wait, operator: countdown, retries: 9, with: { doneAt: 4, pokeInterval: 50ms } }
`);
  const handle = await worker.start('waits');
  expect(await worker.result(handle)).toMatchObject({ tasks: [{ key: 'wait', state: 'success' }] });
  expect(looks.get('wait')).toBe(4);
  expect((await worker.record('waits')).tasks).toMatchObject([{ key: 'wait', output: 4 }]);
  const { events } = await handle.fetchHistory();
  const scheduled = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === 'wait',
  );
  expect(scheduled).toHaveLength(1);
});
