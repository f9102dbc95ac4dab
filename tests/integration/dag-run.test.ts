import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readCommits } from '../../activities/context/commits.js';
import { runFolder } from '../../activities/context/layout.js';
import { defineOperator, OperatorError } from '../../activities/operator.js';
import type { RunView } from '../../workflows/run-view.js';
import { states, TestWorker } from '../support/test-worker.js';

/** How often each task has run in this process, by run and key. */
const calls = new Map<string, number>();
const callsOf = (run: string, task: string): number => calls.get(`${run} ${task}`) ?? 0;

const echo = defineOperator({
  name: 'echo',
  description: 'returns its params',
  params: z.strictObject({ value: z.json() }),
  run: async (context, { value }) => {
    const key = `${context.dagId}/${context.runId} ${context.taskId}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    return value;
  },
});
const flaky = defineOperator({
  name: 'flaky',
  description: 'fails the given number of times, then returns the attempt',
  params: z.strictObject({ times: z.int() }),
  run: async ({ attempt }, { times }) => {
    if (attempt <= times) throw new Error(`attempt ${attempt} failed`);
    return attempt;
  },
});
const count = defineOperator({
  name: 'count',
  description: 'reads rows and rejects some',
  params: z.strictObject({ rows: z.int(), bad: z.int(), metric: z.number().optional() }),
  run: async ({ stats }, { rows, bad, metric }) => {
    stats.read(rows);
    stats.wrote(rows - bad);
    stats.rejectRows(bad);
    stats.rejectReason('NULL_KEY', bad);
    if (metric !== undefined) stats.metric('rmse', metric);
    return rows - bad;
  },
});
const refuse = defineOperator({
  name: 'refuse',
  description: 'finds the data unfit',
  params: z.strictObject({}),
  run: async () => {
    throw new OperatorError('SchemaMismatch', 'column "b" is missing in x.parquet');
  },
});
const wait = defineOperator({
  name: 'wait',
  description: 'waits until it is cancelled',
  params: z.strictObject({}),
  run: async ({ signal, log }) => {
    await sleep(100_000, undefined, { signal });
    log.error('never reached');
    return null;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([echo, flaky, count, refuse, wait]);
});
afterAll(() => worker?.stop());

const view = (result: RunView | string): RunView => {
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return result;
};

describe('a run', () => {
  it('passes outputs on through templates, maps, and leaves a record that others can read', async () => {
    await worker.dag(`
dagId: chain
params:
  greeting: { type: string, default: hello }
tasks:
  - { id: first, operator: echo, with: { value: "\${{ params.greeting }} world" } }
  - { id: each, operator: echo, dependsOn: [first], expand: { n: "\${{ range(3) }}" }, with: { value: "\${{ item.n * 10 }}" } }
  - { id: last, operator: echo, dependsOn: [each], with: { value: { all: "\${{ tasks.each.output }}", day: "\${{ run.logicalDate }}" } } }
`);
    const result = view(await worker.run('chain', { logicalDate: '2026-03-01T02:00:00+01:00' }));
    expect(states(result)).toEqual({
      first: 'success',
      'each[0]': 'success',
      'each[1]': 'success',
      'each[2]': 'success',
      last: 'success',
    });
    const record = await worker.record('chain');
    expect(record).toMatchObject({
      state: 'success',
      logicalDate: '2026-03-01T01:00:00.000Z',
      params: { greeting: 'hello' },
    });
    expect(record.tasks.map(({ key, output }) => [key, output])).toEqual([
      ['first', 'hello world'],
      ['each[0]', 0],
      ['each[1]', 10],
      ['each[2]', 20],
      ['last', { all: [0, 10, 20], day: '2026-03-01T01:00:00.000Z' }],
    ]);
    const current = JSON.parse(await readFile(join(worker.dataRoot, 'chain', 'current.json'), 'utf8'));
    expect(current).toMatchObject({ runId: 'run', outputs: { first: 'hello world' } });
  });

  it('retries with backoff as often as it may, and no more', async () => {
    await worker.dag(`
dagId: flaky
defaults: { retries: 2, retryDelay: 1s, retryExponentialBackoff: true, maxRetryDelay: 1s }
tasks:
  - { id: mends, operator: flaky, with: { times: 2 } }
  - { id: stays, operator: flaky, with: { times: 9 } }
  - { id: after, operator: echo, dependsOn: [mends, stays], with: { value: 1 } }
  - { id: anyway, operator: echo, dependsOn: [stays], triggerRule: all_done, with: { value: 1 } }
`);
    const message = await worker.run('flaky');
    expect(message).toContain('stays (flaky, 3 tries): attempt 3 failed');
    expect(message).toContain('did not run because of that: after');
    expect(message).toContain('npm start -- --dag flaky --replay flaky/run');
    const record = await worker.record('flaky');
    expect(states({ tasks: record.tasks as RunView['tasks'] })).toEqual({
      mends: 'success',
      stays: 'failed',
      after: 'upstreamFailed',
      anyway: 'success',
    });
    expect(record.tasks[0]).toMatchObject({ output: 3, stats: { tries: 3 } });
    expect(existsSync(join(worker.dataRoot, 'flaky', 'current.json'))).toBe(false);
  });

  it('skips by condition, and what depends on the skip by its rule', async () => {
    await worker.dag(`
dagId: conditions
params: { full: { type: boolean, default: false } }
tasks:
  - { id: rebuild, operator: echo, when: params.full, with: { value: 1 } }
  - { id: strict, operator: echo, dependsOn: [rebuild], with: { value: 1 } }
  - { id: lenient, operator: echo, dependsOn: [rebuild], triggerRule: none_failed, with: { value: 1 } }
`);
    expect(states(view(await worker.run('conditions')))).toEqual({
      rebuild: 'skipped',
      strict: 'skipped',
      lenient: 'success',
    });
    expect(
      states(view(await worker.run('conditions', { params: { full: true } }, 'conditions/full'))),
    ).toEqual({
      rebuild: 'success',
      strict: 'success',
      lenient: 'success',
    });
  });

  it('does not retry what a retry cannot mend', async () => {
    await worker.dag(`
dagId: unfit
defaults: { retries: 5, retryDelay: 1s }
tasks:
  - { id: schema, operator: refuse }
  - { id: params, operator: echo, dependsOn: [schema], triggerRule: all_done, with: { value: 1 } }
`);
    await worker.run('unfit');
    const [schema] = (await worker.record('unfit')).tasks;
    expect(schema).toMatchObject({
      state: 'failed',
      reason: 'column "b" is missing in x.parquet',
      stats: { tries: 1 },
    });
  });

  it('gives up a task that takes longer than its executionTimeout, and a run beyond its dagrunTimeout', async () => {
    await worker.dag(`
dagId: slow-task
tasks: [{ id: slow, operator: wait, executionTimeout: 1s }]
`);
    expect(await worker.run('slow-task')).toContain('slow (wait): took longer than executionTimeout');
    await worker.dag(`
dagId: slow-run
dagrunTimeout: 1s
tasks: [{ id: slow, operator: wait, heartbeatTimeout: 3s }]
`);
    expect(await worker.run('slow-run')).toContain('took longer than dagrunTimeout');
    expect((await worker.record('slow-run')).tasks[0]).toMatchObject({
      state: 'failed',
      reason: 'cancelled',
    });
  });

  it('ends its tasks when it is cancelled, and says so in its record', async () => {
    await worker.dag(`
dagId: cancelled
tasks: [{ id: slow, operator: wait, heartbeatTimeout: 3s }]
`);
    const handle = await worker.start('cancelled');
    await expect
      .poll(async () => (await handle.query<RunView | undefined>('state'))?.tasks[0]?.state, {
        timeout: 20_000,
      })
      .toBe('running');
    await handle.cancel();
    await worker.result(handle);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await worker.record('cancelled')).toMatchObject({
      state: 'cancelled',
      tasks: [{ key: 'slow', reason: 'cancelled' }],
    });
  });

  it('shows a live table and search attributes', async () => {
    await worker.dag(`
dagId: shown
tasks: [{ id: rows, operator: count, with: { rows: 1000, bad: 4 } }, { id: bad, operator: refuse }]
`);
    const handle = await worker.start('shown');
    await worker.result(handle);
    const description = await handle.describe();
    expect(description.searchAttributes).toMatchObject({
      NightjarDag: ['shown'],
      NightjarRunState: ['failed'],
      NightjarFailedTasks: ['bad'],
    });
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/\| `rows` \| 🟢 success \| 1 \| 1,000 \| 996 \| 4 \|/);
    expect(metadata.currentDetails).toMatch(/\| `bad` \| 🔴 failed: column "b" is missing/);
  });
});

describe('thresholds', () => {
  const committed = async (dagId: string, task: string): Promise<boolean> =>
    (await readCommits(runFolder(worker.dataRoot, dagId, 'run'))).some((commit) => commit.task === task);

  it('fail a stage without publishing or retrying, with counts by reason', async () => {
    await worker.dag(`
dagId: too-bad
defaults: { retries: 3, retryDelay: 1s }
tasks:
  - { id: load, operator: count, with: { rows: 1000, bad: 20 }, errorThreshold: { maxRejectedRatio: 0.01 } }
`);
    const message = await worker.run('too-bad');
    expect(message).toContain('2 % of 1,000 rows rejected, at most 1 % allowed');
    expect(message).toContain('rejected as NULL_KEY: 20 rows');
    expect((await worker.record('too-bad')).tasks[0]?.stats).toMatchObject({ tries: 1, rowsRejected: 20 });
    expect(await committed('too-bad', 'load')).toBe(false);
  });

  it('only warn when told so, and take metrics of models into account', async () => {
    await worker.dag(`
dagId: warned
tasks:
  - { id: load, operator: count, with: { rows: 1000, bad: 20 }, errorThreshold: { maxRejectedRows: 5, onBreach: warn } }
  - { id: model, operator: count, with: { rows: 1, bad: 0, metric: 2.5 }, metricThresholds: { rmse: { max: 2 } } }
`);
    const message = await worker.run('warned');
    expect(message).toContain('rmse is 2.5, at most 2 allowed');
    expect(await committed('warned', 'load')).toBe(true);
    expect(await committed('warned', 'model')).toBe(false);
    const log = await readFile(join(runFolder(worker.dataRoot, 'warned', 'run'), 'run.log'), 'utf8');
    const warning = log.split('\n').find((line) => line.includes('20 rows rejected, at most 5 allowed'));
    expect(JSON.parse(warning ?? '{}')).toMatchObject({
      level: 40,
      dag: 'warned',
      run: 'run',
      task: 'load',
      attempt: 1,
    });
  });
});

describe('input', () => {
  it.each([
    ['an unknown field', { parms: {} }, /parms: unknown key/],
    ['an unknown param', { params: { gretting: 'x' } }, /gretting.*greeting/],
    ['a param of the wrong type', { params: { greeting: 5 } }, /'greeting': expected text, got 5/],
    ['an unknown setting', { settings: { 'generate.recods': 5 } }, /generate\.recods.*records/],
    [
      "a setting that is not a run's to change",
      { settings: { 'spark.driverMemory': '8g' } },
      /spark\.driverMemory/,
    ],
    ['a logical date without a zone', { logicalDate: '2026-01-01' }, /logicalDate/],
    ['a replay of nothing', { replay: { workflowId: 'chain/never' } }, /left no record/],
  ])('with %s fails the run with one readable line', async (_, input, expected) => {
    const message = await worker.run('chain', input as never, `chain/bad-${expected.source.length}`);
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n    at ');
  });

  it('naming a DAG that is not there says what there is', async () => {
    expect(await worker.run('chian')).toMatch(/no DAG "chian".*did you mean 'chain'/);
  });
});

describe('a replay', () => {
  it('runs what failed and what hangs on it, and reuses the rest', async () => {
    await worker.dag(`
dagId: mended
params: { broken: { type: integer, default: 9 } }
tasks:
  - { id: extract, operator: echo, with: { value: 7 } }
  - { id: aside, operator: echo, with: { value: 8 } }
  - { id: load, operator: flaky, dependsOn: [extract], with: { times: "\${{ params.broken }}" } }
  - { id: report, operator: echo, dependsOn: [load, extract], with: { value: "\${{ tasks.extract.output + tasks.load.output }}" } }
`);
    expect(await worker.run('mended')).toContain('attempt 1 failed');
    const result = view(
      await worker.run('mended', { params: { broken: 0 }, replay: { workflowId: 'mended/run' } }),
    );
    expect(states(result)).toEqual({
      extract: 'success',
      aside: 'success',
      load: 'success',
      report: 'success',
    });
    expect(result.tasks.filter(({ reused }) => reused).map(({ key }) => key)).toEqual(['extract', 'aside']);
    expect(callsOf('mended/run', 'extract')).toBe(1);
    expect((await worker.record('mended')).tasks.at(-1)).toMatchObject({ key: 'report', output: 8 });

    view(
      await worker.run('mended', {
        params: { broken: 0 },
        replay: { workflowId: 'mended/run', tasks: ['extract'] },
      }),
    );
    expect(callsOf('mended/run', 'extract')).toBe(2);
    expect(callsOf('mended/run', 'report')).toBe(2);
    expect(callsOf('mended/run', 'aside')).toBe(1);
  });
});

it('is deterministic: the histories of the runs above replay', async () => {
  const replayed = await worker.replayAll();
  expect(replayed.size).toBeGreaterThan(10);
  for (const [workflowId, error] of replayed) expect(error, workflowId).toBeUndefined();
});
