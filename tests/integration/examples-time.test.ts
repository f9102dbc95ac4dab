import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleWorker, inStates } from '../support/example-runs.js';

let examples: ExampleWorker;
beforeAll(async () => {
  examples = await ExampleWorker.start();
});
afterAll(() => examples?.stop());

it('time-delta: nothing goes on before its time', async () => {
  const logicalDate = new Date();
  const { states, outputs } = await examples.run('example-time-delta', {
    logicalDate: logicalDate.toISOString(),
    params: { boil: '3s' },
  });
  expect(states).toEqual(inStates({ success: 'water-boils eggs-in boil eggs-out new-year breakfast' }));
  const [eggsIn, eggsOut] = [outputs['eggs-in'] as number, outputs['eggs-out'] as number];
  expect(eggsIn).toBeGreaterThanOrEqual(Math.floor(logicalDate.getTime() / 1000) + 2);
  expect(eggsOut - eggsIn).toBeGreaterThanOrEqual(2);
});

it('latest-only: runs that are made up for leave the newsletter out', async () => {
  const { client, taskQueue } = examples.worker;
  const dagId = 'example-latest-only';
  const schedule = await client.schedule.create({
    scheduleId: `examples-${randomUUID()}`,
    spec: { cronExpressions: ['0 * * * *'], timezone: 'UTC' },
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL },
    action: { type: 'startWorkflow', workflowType: dagId, workflowId: dagId, taskQueue, args: [] },
    state: { paused: true },
  });
  try {
    await schedule.backfill({
      start: new Date('2026-01-01T03:30:00Z'),
      end: new Date('2026-01-01T05:30:00Z'),
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
    });
    for (const hour of ['04', '05']) {
      const scheduled = `2026-01-01T${hour}:00:00Z`;
      const workflowId = `${dagId}-${scheduled}`;
      await expect
        .poll(
          () =>
            client.workflow
              .getHandle(workflowId)
              .describe()
              .then(
                ({ status }) => status.name,
                () => 'none',
              ),
          {
            timeout: 60_000,
          },
        )
        .toBe('COMPLETED');
      const { states, outputs } = await examples.ended(dagId, scheduled);
      expect(states).toEqual(inStates({ success: 'figures latest archived', skipped: 'newsletter' }));
      expect(outputs.figures).toBe(`figures of 2026-01-01T${hour}:00:00.000Z`);
    }
  } finally {
    await schedule.delete();
  }

  const { states, outputs } = await examples.run(dagId, { logicalDate: '2026-01-01T04:00:00Z' });
  expect(states).toEqual(inStates({ success: 'figures latest archived newsletter' }));
  expect(outputs.newsletter).toBe('news: figures of 2026-01-01T04:00:00.000Z');
});
