import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunResult, RunView } from '../../workflows/run-view.js';
import { states, TestWorker } from '../support/test-worker.js';

const calls: string[] = [];

const echo = defineOperator({
  name: 'echo',
  description: 'returns its value',
  params: z.strictObject({ value: z.json() }),
  run: async ({ dagId, taskId }, { value }) => {
    calls.push(`${dagId}.${taskId}`);
    return value;
  },
});

let failures = 0;
const fragile = defineOperator({
  name: 'fragile',
  description: 'fails as often as the test says',
  params: z.strictObject({}),
  run: async () => {
    if (failures-- > 0) throw new Error('not this time');
    return 'mended';
  },
});

const waiting = new Set<string>();
const wait = defineOperator({
  name: 'wait',
  description: 'waits until it is cancelled',
  params: z.strictObject({}),
  run: async ({ dagId, signal }) => {
    waiting.add(dagId);
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
    ).finally(() => waiting.delete(dagId));
    return null;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([echo, fragile, wait]);
  await worker.dag(`
dagId: greeter
params: { name: { type: string } }
tasks:
  - { id: greet, operator: echo, with: { value: "hello \${{ params.name }}, \${{ ds(run.logicalDate) }}" } }
`);
  await worker.dag(`
dagId: waiter
tasks:
  - { id: open, operator: echo, setup: true, with: { value: 1 } }
  - { id: slow, operator: wait, heartbeatTimeout: 3s, dependsOn: open }
  - { id: never, operator: echo, dependsOn: slow, with: { value: 2 } }
  - { id: close, operator: echo, dependsOn: slow, teardown: { setups: open }, with: { value: 3 } }
`);
});
afterAll(() => worker.stop());

const succeeded = (result: RunView | string): RunResult => {
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return result as RunResult;
};

it('hands params and the logical date on, and gets results back', async () => {
  await worker.dag(`
dagId: asks
tasks:
  - { id: ask, operator: trigger-dag, with: { dagId: greeter, params: { name: "\${{ run.id }}" } } }
  - { id: use, operator: echo, dependsOn: ask, with: { value: "\${{ tasks.ask.output.outputs.greet }}!" } }
`);
  const result = succeeded(await worker.run('asks', { logicalDate: '2026-02-03T00:00:00Z' }));
  expect(result.outputs).toEqual({ use: 'hello run, 2026-02-03!' });
  expect(await worker.record('greeter', 'asks.run.ask')).toMatchObject({
    state: 'success',
    logicalDate: '2026-02-03T00:00:00.000Z',
  });
});

it('runs once for every item when it is mapped', async () => {
  await worker.dag(`
dagId: asks-all
tasks:
  - id: ask
    operator: trigger-dag
    expand: { name: [Ada, Grace] }
    with: { dagId: greeter, params: { name: "\${{ item.name }}" } }
  - { id: use, operator: echo, dependsOn: ask, with: { value: "\${{ tasks.ask.output.map(each, each.outputs.greet) }}" } }
`);
  const result = succeeded(await worker.run('asks-all', { logicalDate: '2026-02-03T00:00:00Z' }));
  expect(result.outputs).toEqual({ use: ['hello Ada, 2026-02-03', 'hello Grace, 2026-02-03'] });
});

it('fails with the other run, in words, and is not retried when the DAG or its params are wrong', async () => {
  await worker.dag(`
dagId: asks-wrongly
tasks:
  - { id: unknown, operator: trigger-dag, retries: 3, with: { dagId: greter } }
  - { id: wrong, operator: trigger-dag, retries: 3, with: { dagId: greeter, params: { name: 5 } } }
`);
  const message = await worker.run('asks-wrongly');
  expect(message).toMatch(/unknown \(trigger-dag\): no DAG "greter".*did you mean 'greeter'/);
  expect(message).toMatch(/wrong \(trigger-dag\): params of DAG "greeter".*'name'/);
});

it('replays what failed in the other run when it is retried', async () => {
  await worker.dag(`
dagId: breaks
tasks:
  - { id: first, operator: echo, with: { value: 1 } }
  - { id: second, operator: fragile, dependsOn: first }
`);
  await worker.dag(`
dagId: insists
tasks: [{ id: ask, operator: trigger-dag, retries: 2, retryDelay: 1s, with: { dagId: breaks } }]
`);
  failures = 1;
  expect(succeeded(await worker.run('insists')).outputs).toMatchObject({
    ask: { state: 'success', outputs: { second: 'mended' } },
  });
  expect(calls.filter((call) => call === 'breaks.first')).toHaveLength(1);
});

it('passes a cancellation on: the other run cleans up and ends before this one does', async () => {
  await worker.dag(`
dagId: gives-up
tasks: [{ id: ask, operator: trigger-dag, with: { dagId: waiter } }]
`);
  const handle = await worker.start('gives-up');
  await expect.poll(() => waiting.has('waiter'), { timeout: 30_000 }).toBe(true);
  await handle.cancel();
  await worker.result(handle);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(waiting.has('waiter')).toBe(false);
  const record = await worker.record('waiter', 'gives-up.run.ask');
  expect(record.state).toBe('cancelled');
  expect(states(record as unknown as RunView)).toEqual({
    open: 'success',
    slow: 'failed',
    never: 'skipped',
    close: 'success',
  });
});

it('leaves the other run alone when it does not wait for it', async () => {
  await worker.dag(`
dagId: asks-and-goes
tasks: [{ id: ask, operator: trigger-dag, with: { dagId: waiter, wait: false } }]
`);
  const result = succeeded(await worker.run('asks-and-goes'));
  const { workflowId } = result.outputs.ask as { workflowId: string };
  const handle = worker.client.workflow.getHandle(workflowId);
  await expect.poll(() => waiting.has('waiter'), { timeout: 30_000 }).toBe(true);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.cancel();
  await worker.result(handle);
});

it('ends DAGs that trigger each other in a circle', async () => {
  for (const [dagId, next] of [
    ['there', 'and-back-again'],
    ['and-back-again', 'there'],
  ]) {
    await worker.dag(`
dagId: ${dagId}
tasks: [{ id: on, operator: trigger-dag, with: { dagId: ${next} } }]
`);
  }
  const message = await worker.run('there');
  expect(message).toMatch(
    /the Workflow ID has 4\d\d characters, at most 400 are allowed; start it with a shorter one \(DAGs that trigger each other/,
  );
});
