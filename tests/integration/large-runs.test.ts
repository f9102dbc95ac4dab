import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunResult, RunView } from '../../workflows/run-view.js';
import { TestWorker } from '../support/test-worker.js';

/** What is at work right now, and the most that ever was, by DAG. */
const atWork = new Map<string, { now: number; most: number; calls: Map<string, number> }>();

const figuresOf = (dagId: string) => {
  const found = atWork.get(dagId) ?? { now: 0, most: 0, calls: new Map<string, number>() };
  atWork.set(dagId, found);
  return found;
};

const work = defineOperator({
  name: 'work',
  description: 'returns a value, or fails for one',
  params: z.strictObject({ value: z.json(), failFor: z.json().optional() }),
  run: async ({ dagId, taskId, mapIndex }, { value, failFor }) => {
    const figures = figuresOf(dagId);
    const key = `${taskId}[${mapIndex}]`;
    figures.calls.set(key, (figures.calls.get(key) ?? 0) + 1);
    figures.now++;
    figures.most = Math.max(figures.most, figures.now);
    await new Promise((resolve) => setImmediate(resolve));
    figures.now--;
    if (failFor !== undefined && failFor === value) throw new Error(`no ${JSON.stringify(value)} here`);
    return value;
  },
});

const bulk = defineOperator({
  name: 'bulk',
  description: 'returns nearly as much as a task may',
  params: z.strictObject({}),
  run: async () => 'x'.repeat(60_000),
});

const wait = defineOperator({
  name: 'wait',
  description: 'waits until it is cancelled',
  params: z.strictObject({}),
  run: async ({ dagId, signal }) => {
    const figures = figuresOf(dagId);
    figures.now++;
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
    ).finally(() => figures.now--);
    return null;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([work, bulk, wait]);
});
afterAll(() => worker.stop());

const succeeded = (result: RunView | string): RunResult => {
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return result as RunResult;
};

/** Events of every execution that the run took: its own ones and those of its batches. */
async function historyLengths(dagId: string): Promise<number[]> {
  const lengths: number[] = [];
  for await (const { historyLength } of worker.client.workflow.list({
    query: `WorkflowId STARTS_WITH "${dagId}/" AND TaskQueue = "${worker.taskQueue}"`,
  })) {
    lengths.push(historyLength ?? 0);
  }
  return lengths;
}

const limit = 10_000;

describe('a mapped task of many instances', () => {
  it('runs in batches: outputs are reduced in order, and a view sums it up', async () => {
    await worker.dag(`
dagId: many
tasks:
  - id: square
    operator: work
    expand: { n: "\${{ range(600) }}" }
    with: { value: "\${{ item.n * item.n }}" }
  - id: sum
    operator: work
    dependsOn: square
    with: { value: "\${{ tasks.square.output[599] + size(tasks.square.output) }}" }
`);
    const result = succeeded(await worker.run('many'));
    expect(result.outputs).toEqual({ sum: 599 * 599 + 600 });
    expect(result.tasks[0]).toMatchObject({ key: 'square', state: 'success', instances: { success: 600 } });
    expect((await worker.record('many')).tasks).toHaveLength(601);
    expect([...figuresOf('many').calls.values()].every((calls) => calls === 1)).toBe(true);
  });

  it('keeps to maxActiveMapped across its batches', async () => {
    await worker.dag(`
dagId: few-at-once
tasks:
  - id: one
    operator: work
    expand: { n: "\${{ range(300) }}" }
    maxActiveMapped: 3
    with: { value: "\${{ item.n }}" }
`);
    succeeded(await worker.run('few-at-once'));
    expect(figuresOf('few-at-once').most).toBeLessThanOrEqual(3);
    expect(figuresOf('few-at-once').calls.size).toBe(300);
  });

  it('fails by instance, and a replay runs only those that failed', async () => {
    await worker.dag(`
dagId: one-bad
params: { bad: { type: [integer, "null"], default: 411 } }
tasks:
  - id: check
    operator: work
    expand: { n: "\${{ range(500) }}" }
    with: { value: "\${{ item.n }}", failFor: "\${{ params.bad }}" }
`);
    const message = await worker.run('one-bad');
    expect(message).toContain('check[411] (work, 1 try): no 411 here');
    const { calls } = figuresOf('one-bad');
    calls.clear();
    succeeded(await worker.run('one-bad', { params: { bad: null }, replay: { workflowId: 'one-bad/run' } }));
    expect([...calls]).toEqual([['check[411]', 1]]);
  });

  it('may take and return in all what no payload holds, and is taken over by a replay', async () => {
    await worker.dag(`
dagId: bulky
params: { bad: { type: [integer, "null"], default: 1 } }
tasks:
  - id: read
    operator: bulk
  - id: copy
    operator: work
    dependsOn: read
    expand: { n: "\${{ range(80) }}" }
    with: { value: "\${{ tasks.read.output }}" }
  - id: check
    operator: work
    dependsOn: copy
    with: { value: 1, failFor: "\${{ params.bad }}" }
`);
    expect(await worker.run('bulky')).toContain('no 1 here');
    const { calls } = figuresOf('bulky');
    calls.clear();
    succeeded(await worker.run('bulky', { params: { bad: null }, replay: { workflowId: 'bulky/run' } }));
    expect([...calls.keys()]).toEqual(['check[undefined]']);
  });

  it('stops all its instances when the run is cancelled', async () => {
    await worker.dag(`
dagId: cancelled-batches
tasks:
  - { id: slow, operator: wait, heartbeatTimeout: 3s, expand: { n: "\${{ range(300) }}" } }
`);
    const handle = await worker.start('cancelled-batches');
    const figures = figuresOf('cancelled-batches');
    await expect.poll(() => figures.now, { timeout: 30_000 }).toBeGreaterThan(50);
    await handle.cancel();
    await worker.result(handle);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await expect.poll(() => figures.now, { timeout: 30_000 }).toBe(0);
    // The server's list lags behind a little.
    const query = `WorkflowType = "nightjar/mapped-batch" AND ExecutionStatus = "Running" AND TaskQueue = "${worker.taskQueue}"`;
    await expect
      .poll(async () => (await worker.client.workflow.count(query)).count, { timeout: 30_000 })
      .toBe(0);
  });
});

describe('a large run', () => {
  it('of 10,000 mapped instances completes with short histories', async () => {
    await worker.dag(`
dagId: ten-thousand
tasks:
  - { id: each, operator: work, expand: { a: "\${{ range(100) }}", b: "\${{ range(100) }}" }, with: { value: 1 } }
  - { id: count, operator: work, dependsOn: each, with: { value: "\${{ size(tasks.each.output) }}" } }
`);
    expect(succeeded(await worker.run('ten-thousand')).outputs).toEqual({ count: 10_000 });
    const lengths = await historyLengths('ten-thousand');
    expect(lengths.length).toBeGreaterThan(40);
    expect(Math.max(...lengths)).toBeLessThan(limit);
  });

  it('of 1,000 tasks in a chain continues as new', async () => {
    const tasks = Array.from({ length: 1000 }, (_, index) =>
      index === 0
        ? '  - { id: t0, operator: work, with: { value: 1 } }'
        : `  - { id: t${index}, operator: work, dependsOn: t${index - 1}, with: { value: "\${{ tasks.t${index - 1}.output + 1 }}" } }`,
    );
    await worker.dag(`dagId: long-chain\ntasks:\n${tasks.join('\n')}\n`);
    expect(succeeded(await worker.run('long-chain')).outputs).toEqual({ t999: 1000 });
    const lengths = await historyLengths('long-chain');
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(limit);
    expect([...figuresOf('long-chain').calls.values()].every((calls) => calls === 1)).toBe(true);
  });

  it('of 2,000 tasks in layers with 10,000 edges completes', async () => {
    const width = 100;
    const tasks = Array.from({ length: 2000 }, (_, index) => {
      const layer = Math.floor(index / width);
      const upstream = Array.from({ length: layer === 0 ? 0 : index < 2 * width ? 0 : 5 }, (_, edge) => {
        return `t${(layer - 1) * width + ((index * 7 + edge * 13) % width)}`;
      });
      return `  - { id: t${index}, operator: work, dependsOn: [${[...new Set(upstream)].join(', ')}], with: { value: ${index} } }`;
    });
    await worker.dag(`dagId: layers\ntasks:\n${tasks.join('\n')}\n`);
    const result = succeeded(await worker.run('layers'));
    expect(result.tasks.filter(({ state }) => state === 'success')).toHaveLength(2000);
    expect(Math.max(...(await historyLengths('layers')))).toBeLessThan(limit);
    expect([...figuresOf('layers').calls.values()].every((calls) => calls === 1)).toBe(true);
  });
});
