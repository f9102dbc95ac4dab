import type { ServerResponse } from 'node:http';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attemptFailedSignal, type CallbackEvent } from '../../dag/callback-event.js';
import type { RunView } from '../../workflows/run-view.js';
import { HttpServer } from '../support/http-server.js';
import { states, TestWorker } from '../support/test-worker.js';
import { gates, wait } from '../support/wait-operator.js';

/** A run continues as new at its next quiet moment after so many events. */
const manyEvents = 4_000;

/** Answers that the test gives when it wants to. */
const withheld: ServerResponse[] = [];
let server: HttpServer;
let worker: TestWorker;
beforeAll(async () => {
  server = await HttpServer.start(({ path }, response) => {
    if (path === '/withheld') withheld.push(response);
    else response.end();
  });
  worker = await TestWorker.start([wait]);
});
afterAll(async () => {
  await worker?.stop();
  await server?.close();
});

/** What was told at a path of the run that the test is about. */
const told = (path: string): CallbackEvent[] =>
  server
    .to(path)
    .map(({ body }): CallbackEvent => JSON.parse(body))
    .filter(({ workflowId }) => workflowId === 'late/run');
const isTold = (path: string): Promise<void> =>
  expect.poll(() => told(path).length, { message: path, timeout: 20_000 }).toBeGreaterThan(0);

const stateOf = async (handle: WorkflowHandle): Promise<RunView['state'] | undefined> =>
  (await handle.query<RunView | undefined>('state'))?.state;

/** Makes a run's history long. */
async function lengthen(handle: WorkflowHandle): Promise<void> {
  while ((await handle.describe()).historyLength < manyEvents) {
    const signals = Array.from({ length: 500 }, () =>
      handle.signal(attemptFailedSignal, { key: 'none', attempt: 1 }),
    );
    await Promise.all(signals);
  }
}

it('deadlines are told once each of a run that continues as new, is held and goes on, counted from when it was let in', async () => {
  const onDeadline = (path: string): string =>
    `{ onDeadline: { webhook: { url: ${server.url}/${path} } }, onRetry: { webhook: { url: ${server.url}/retry } } }`;
  const gate = (name: string): string => `gate: "\${{ run.id }} ${name}"`;
  await worker.dag(`
dagId: late
maxActiveRuns: 1
onFailure: hold
deadline: 5s
callbacks: { onDeadline: { webhook: { url: ${server.url}/held } } }
tasks:
  - { id: work, operator: wait, with: { ${gate('work')} }, deadline: 1s, callbacks: ${onDeadline('at-work')} }
  - { id: begin, operator: wait, with: { ${gate('begin')} }, callbacks: { onSuccess: { webhook: { url: ${server.url}/withheld } } } }
  - { id: next, operator: wait, dependsOn: [work, begin], deadline: 3s, with: { ${gate('next')}, fail: true }, callbacks: ${onDeadline('at-rest')} }
  - { id: last, operator: wait, dependsOn: next, deadline: 7s, with: { ${gate('last')} }, callbacks: ${onDeadline('gone-on')} }
  - { id: end, operator: wait, dependsOn: last, deadline: 1h, callbacks: ${onDeadline('never')} }
`);
  const other = await worker.start('late', undefined, 'late/other');
  await gates.reached('other work');
  const handle = await worker.start('late');
  const { runId } = await handle.describe();
  await lengthen(handle);
  expect(await stateOf(handle)).toBe('queued');
  for (const path of ['/at-work', '/at-rest', '/held']) expect(told(path)).toEqual([]);
  await other.cancel();
  const letInAfter = Date.now();

  await gates.reached('run begin');
  await isTold('/at-work');
  gates.open('run work');
  gates.open('run begin');
  // Nothing is at work then, and the run waits for a callback before it continues.
  await expect.poll(() => withheld.length, { timeout: 20_000 }).toBe(1);
  await isTold('/at-rest');
  expect((await handle.describe()).runId).toBe(runId);
  for (const response of withheld) response.end();

  await gates.reached('run next');
  expect((await handle.describe()).runId).not.toBe(runId);
  gates.open('run next');
  await expect.poll(() => stateOf(handle), { timeout: 20_000 }).toBe('held');
  await isTold('/held');
  await handle.executeUpdate('markSuccess', { args: ['next'] });
  await gates.reached('run last');
  await isTold('/gone-on');
  gates.open('run last');

  expect(states((await worker.result(handle)) as RunView)).toMatchObject({ next: 'success', end: 'success' });
  const due = {
    '/at-work': { after: 1000, task: 'work', state: 'running' },
    '/at-rest': { after: 3000, task: 'next' },
    '/held': { after: 5000, state: 'held' },
    '/gone-on': { after: 7000, task: 'last', state: 'running' },
  };
  for (const [path, { after, ...event }] of Object.entries(due)) {
    expect(told(path), path).toMatchObject([{ kind: 'deadline', workflowId: 'late/run', ...event }]);
    expect(Date.parse(told(path)[0]?.at ?? '') - letInAfter, path).toBeGreaterThanOrEqual(after);
  }
  expect(told('/never')).toEqual([]);
});

it('is deterministic: the history of the run above replays', async () => {
  for (const [workflowId, error] of await worker.replayAll()) expect(error, workflowId).toBeUndefined();
});
