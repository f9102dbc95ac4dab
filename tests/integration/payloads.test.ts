import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunResult } from '../../workflows/run-view.js';
import { TestWorker } from '../support/test-worker.js';

/** Of each output, of which forty are more than a payload takes. */
const bytes = 60_000;

const operators = [
  defineOperator({
    name: 'bulk',
    description: 'returns nearly as much as a task may',
    params: z.strictObject({ letter: z.string() }),
    run: async (_context, { letter }) => letter.repeat(bytes / Buffer.byteLength(letter)),
  }),
  defineOperator({
    name: 'measure',
    description: 'counts the texts that it was given, and their bytes',
    params: z.strictObject({ texts: z.array(z.string()), failFirst: z.boolean().default(false) }),
    readsFinishedTasks: true,
    run: async ({ attempt, finishedTasks, mapIndex }, { texts, failFirst }) => {
      if (failFirst && attempt === 1) throw new Error('not yet');
      if (mapIndex === undefined && finishedTasks.length < 40)
        throw new Error('it was told of too few tasks');
      return [texts.length, Buffer.byteLength(texts.join(''))];
    },
  }),
  defineOperator({
    name: 'complain',
    description: 'fails, with a message of so many characters',
    params: z.strictObject({ characters: z.int() }),
    run: async (_context, { characters }) => {
      throw new Error(`begin${'.'.repeat(characters)}end`);
    },
  }),
  defineOperator({
    name: 'count-all',
    description: 'reports more figures than anybody reads',
    params: z.strictObject({}),
    run: async ({ stats }) => {
      for (let index = 0; index < 100_000; index++) stats.metric(`metric-${index}`, index);
      return null;
    },
  }),
  defineOperator({
    name: 'lose',
    description: 'loses the file of its input',
    params: z.strictObject({ texts: z.array(z.string()) }),
    run: async ({ dagId, runId, taskId }) => {
      await rm(join(worker.dataRoot, dagId, runId, taskId), { recursive: true });
      throw new Error('lost it');
    },
  }),
];

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start(operators);
});
afterAll(() => worker.stop());

it('inputs too large for a payload are handed over by files: to a task, to its next attempt, to instances and to batches of them', async () => {
  // Two bytes a letter: there are fewer characters than a payload has bytes.
  await worker.dag(`
dagId: reduce
defaults: { retryDelay: 1ms }
tasks:
  - { id: read, operator: bulk, expand: { n: "\${{ range(40) }}" }, with: { letter: ж } }
  - id: sum
    operator: measure
    dependsOn: read
    retries: 1
    with: { texts: "\${{ tasks.read.output }}", failFirst: true }
  - id: each
    operator: measure
    dependsOn: read
    expand: { n: "\${{ range(2) }}" }
    with: { texts: "\${{ tasks.read.output }}" }
  - id: batched
    operator: measure
    dependsOn: read
    expand: { n: "\${{ range(300) }}" }
    with: { texts: "\${{ item.n % 100 == 0 ? tasks.read.output : [] }}" }
`);
  const { outputs } = (await worker.run('reduce')) as RunResult;
  expect(outputs).toEqual({
    sum: [40, 40 * bytes],
    each: Array(2).fill([40, 40 * bytes]),
    batched: Array.from({ length: 300 }, (_, n) => (n % 100 === 0 ? [40, 40 * bytes] : [0, 0])),
  });
  const files = (await readdir(join(worker.dataRoot, 'reduce/run'), { recursive: true })).filter((name) =>
    name.endsWith('input.json'),
  );
  expect(files.map((name) => name.split('/')[0]).sort()).toEqual([
    'batched@0',
    'batched@100',
    'batched@200',
    'each@0',
    'each@1',
    'sum',
  ]);
  expect([...(await worker.replayAll()).values()].filter((error) => error !== undefined)).toEqual([]);
});

it('outputs that are many times what a workflow task takes come out of batches, and of a run that continues as new', async () => {
  await worker.dag(`
dagId: outputs
tasks:
  - { id: read, operator: bulk, expand: { n: "\${{ range(260) }}" }, with: { letter: x } }
  - { id: sum, operator: measure, dependsOn: read, with: { texts: "\${{ tasks.read.output }}" } }
`);
  const { outputs } = (await worker.run('outputs')) as RunResult;
  expect(outputs).toEqual({ sum: [260, 260 * bytes] });
});

it('inputs that are out of all measure, or lost, fail their task and no more than that', async () => {
  const all = Array(30).fill('tasks.read.output').join(' + ');
  await worker.dag(`
dagId: beyond
tasks:
  - { id: read, operator: bulk, expand: { n: "\${{ range(40) }}" }, with: { letter: x } }
  - { id: sum, operator: measure, dependsOn: read, with: { texts: "\${{ ${all} }}" } }
  - { id: lose, operator: lose, dependsOn: read, retries: 3, retryDelay: 1ms, with: { texts: "\${{ tasks.read.output }}" } }
  - { id: rest, operator: measure, dependsOn: read, with: { texts: [] } }
  - { id: other, operator: trigger-dag, dependsOn: read, with: { dagId: reduce, params: { texts: "\${{ tasks.read.output }}" } } }
`);
  const message = await worker.run('beyond');
  expect(message).toContain('task "sum" would be given more than 64.0 MiB of JSON');
  expect(message).toMatch(
    /the input of task "lose" can't be read: ENOENT.*; clear the task to have it written again/,
  );
  expect(message).toContain('the params for DAG "reduce" take 2.3 MiB as JSON, at most 1.9 MiB are allowed');
  const { tasks } = await worker.record('beyond');
  expect(tasks.find(({ key }) => key === 'rest')?.state).toBe('success');
});

it('params that no run could begin with are refused', async () => {
  await worker.dag(`
dagId: given
params: { text: { type: string, default: "" } }
tasks:
  - { id: read, operator: bulk, with: { letter: x } }
`);
  const message = await worker.run('given', { params: { text: 'x'.repeat(1_992_000) } });
  expect(message).toContain('the run of DAG "given" is too large');
  expect(message).toMatch(/its params 1\.9 MiB.*; together at most 1\.9 MiB as JSON/);
});

it('figures that nobody reads fail their task', async () => {
  await worker.dag('dagId: figures\ntasks: [{ id: only, operator: count-all }]');
  expect(await worker.run('figures')).toMatch(
    /task "only" reported \d{7} bytes of figures .*, at most 1048576 are allowed; write them to a dataset/,
  );
});

it('messages of failed tasks are shortened, and whole in the log of the run', async () => {
  await worker.dag(`
dagId: complaints
tasks:
  - { id: one, operator: complain, with: { characters: 3000000 } }
  - { id: each, operator: complain, expand: { n: "\${{ range(40) }}" }, with: { characters: 150000 } }
`);
  const message = (await worker.run('complaints')) as string;
  expect(message).toMatch(
    /one \(complain, 1 try\): begin\.+ … 2,990,008 characters are left out here … \.+end\n/,
  );
  expect(message.length).toBeLessThan(300_000);
  const log = await readFile(join(worker.dataRoot, 'complaints/run/run.log'), 'utf8');
  expect(log).toContain(`begin${'.'.repeat(3_000_000)}end (retried`);
});
