import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../workflows/run-view.js';
import { ExampleWorker, inStates } from '../support/example-runs.js';
import { answerJson, HttpServer } from '../support/http-server.js';
import { states } from '../support/test-worker.js';

let examples: ExampleWorker;
beforeAll(async () => {
  // Examples take the address of a test's server as a param.
  examples = await ExampleWorker.start(['http.privateRanges=[127.0.0.0/8]']);
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

  const { states, outputs } = await examples.run(dagId, { logicalDate: '2026-01-01T03:00:00Z' });
  expect(states).toEqual(inStates({ success: 'figures latest archived newsletter' }));
  expect(outputs.newsletter).toBe('news: figures of 2026-01-01T03:00:00.000Z');
});

describe('sensors', () => {
  it('wait until things are there', async () => {
    let [health, job] = [503, 'queued'];
    const server = await HttpServer.start(({ path }, response) => {
      if (path === '/health') answerJson(response, {}, health);
      else answerJson(response, { state: job });
    });
    const folder = await examples.folder();
    const { handle, ended } = await examples.start('example-sensors', {
      params: { folder, server: server.url },
    });
    const now = async () => states((await handle.query<RunView | undefined>('state')) ?? { tasks: [] });
    const looksAt = (path: string) => expect.poll(() => server.to(path).length, { timeout: 30_000 });

    await looksAt('/health').toBeGreaterThanOrEqual(2);
    await writeFile(join(folder, 'a.csv'), 'one\ntwo\n');
    expect(await now()).toMatchObject({ 'job-done': 'none', unpack: 'none' });
    expect(server.to('/jobs/7')).toEqual([]);
    health = 200;
    await looksAt('/jobs/7').toBeGreaterThanOrEqual(2);
    expect(await now()).toMatchObject({ 'server-up': 'success', unpack: 'none' });
    await writeFile(join(folder, 'b.csv'), 'three\n');
    job = 'done';
    const { states: last, outputs } = await ended();
    await server.close();
    expect(last).toEqual(
      inStates({
        success: 'eight-o-clock server-up job-done delivery unpack tell',
        skipped: 'note read-note',
      }),
    );
    expect(outputs).toMatchObject({ 'job-done': 'done', unpack: 3, tell: '3 lines; no note' });
  });

  it('give up when their time is over', async () => {
    const server = await HttpServer.start((_, response) => answerJson(response, {}, 503));
    const folder = await examples.folder();
    for (const name of ['a.csv', 'b.csv', 'note.txt']) await writeFile(join(folder, name), 'here\n');
    const params = { folder, server: server.url, patience: '1s' };
    const { state, states: last, error, outputs } = await examples.run('example-sensors', { params });
    await server.close();
    expect(last).toEqual(
      inStates({
        success: 'eight-o-clock delivery note read-note',
        failed: 'server-up',
        upstreamFailed: 'job-done unpack tell',
      }),
    );
    expect(state).toBe('failed');
    expect(error).toContain('503');
    expect(outputs['read-note']).toBe('here');
  });
});
