import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator, OperatorError } from '../../activities/operator.js';
import type { RunUpdateAnswer } from '../../dag/run-updates.js';
import type { RunResult, RunView } from '../../workflows/run-view.js';
import { states, TestWorker } from '../support/test-worker.js';

/** Instances that fail, and how. */
const failing = new Map<string, 'transient' | 'permanent'>();
/** How often instances and their steps ran. */
const calls = new Map<string, number>();

const called = (what: string): void => void calls.set(what, (calls.get(what) ?? 0) + 1);

const work = defineOperator({
  name: 'work',
  description: 'does a step, and fails while the test wants it',
  params: z.strictObject({ value: z.json().default(null) }),
  run: async ({ taskId, mapIndex, step }, { value }) => {
    const key = mapIndex === undefined ? taskId : `${taskId}[${mapIndex}]`;
    called(key);
    await step('first', async () => {
      called(`${key} first`);
      return null;
    });
    const how = failing.get(key);
    if (how === 'permanent') throw new OperatorError('ThresholdBreached', `${key} is broken`);
    if (how === 'transient') throw new Error(`${key} does not answer`);
    return value;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([work]);
});
afterAll(() => worker.stop());
beforeEach(() => {
  failing.clear();
  calls.clear();
});

const handleOf = (dagId: string) => worker.client.workflow.getHandle(`${dagId}/run`);

const viewOf = async (dagId: string): Promise<RunView | undefined> =>
  handleOf(dagId).query<RunView | undefined>('state');

async function held(dagId: string): Promise<RunView> {
  await expect.poll(async () => (await viewOf(dagId))?.state, { timeout: 60_000 }).toBe('held');
  return (await viewOf(dagId)) as RunView;
}

const send = (dagId: string, name: string, argument?: unknown): Promise<RunUpdateAnswer> =>
  handleOf(dagId).executeUpdate<RunUpdateAnswer, [unknown]>(name, {
    // Without input, as the UI sends it too.
    args: (argument === undefined ? [] : [argument]) as [unknown],
  });

/** The line with which an Update is refused. */
async function refusal(dagId: string, name: string, argument?: unknown): Promise<string> {
  try {
    await send(dagId, name, argument);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause?.message ?? '';
    throw error;
  }
  throw new Error('the Update was taken');
}

async function ended(dagId: string): Promise<RunResult> {
  const result = await worker.result(handleOf(dagId));
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return result as RunResult;
}

/** a → train → report, beside an independent b; what is said of train differs. */
const pipeline = (dagId: string, more = ''): string => `
dagId: ${dagId}
onFailure: hold
${more}
params:
  k: { type: integer, minimum: 1, default: 2 }
tasks:
  - { id: load, operator: work, with: { value: 1 } }
  - { id: train, operator: work, dependsOn: load, with: { value: "\${{ params.k }}" } }
  - { id: report, operator: work, dependsOn: train, with: { value: "\${{ tasks.train.output }}" } }
  - { id: audit, operator: work, dependsOn: train, triggerRule: all_done, with: { value: "\${{ tasks.train.state }}" } }
`;

describe('a held run', () => {
  it('shows what failed and what to send, in its details, record and attributes', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('shows'));
    await worker.start('shows');
    expect(states(await held('shows'))).toEqual({
      load: 'success',
      train: 'failed',
      report: 'upstreamFailed',
      audit: 'success',
    });
    const metadata = await handleOf('shows').query<{ currentDetails?: string }>(
      '__temporal_workflow_metadata',
    );
    expect(metadata.currentDetails).toContain('- `train` failed: train does not answer');
    expect(metadata.currentDetails).toContain('did not run because of that: report');
    expect(metadata.currentDetails).toContain('| retryTask | `"train"` |');
    expect(metadata.currentDetails).toContain('{"tasks":"train","params":{"k":"…"}}');
    const record = await worker.record('shows');
    expect(record).toMatchObject({ state: 'held', error: expect.stringContaining('train does not answer') });
    expect(record.finishedAt).toBeUndefined();
    const { searchAttributes } = await handleOf('shows').describe();
    expect(searchAttributes).toMatchObject({ NightjarRunState: ['held'], NightjarFailedTasks: ['train'] });
    await send('shows', 'failRun');
  });

  it('retries: steps that were done are taken up, and what followed runs again', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('retried'));
    await worker.start('retried');
    await held('retried');
    failing.clear();
    expect(await send('retried', 'retryTask', 'train')).toEqual({ tasks: ['train'] });
    const result = await ended('retried');
    expect(result.outputs).toEqual({ report: 2, audit: 'success' });
    expect(Object.fromEntries(calls)).toMatchObject({
      load: 1,
      train: 2,
      'train first': 1,
      report: 1,
      audit: 2,
      'audit first': 2,
    });
    const record = await worker.record('retried');
    expect(record).toMatchObject({ state: 'success', finishedAt: expect.any(String) });
    expect(record.error).toBeUndefined();
    const { searchAttributes } = await handleOf('retried').describe();
    expect(searchAttributes.NightjarRunState).toEqual(['success']);
    expect(searchAttributes.NightjarFailedTasks).toBeUndefined();
  });

  it('starts over what failed so that no retry mends it, and with other params', async () => {
    failing.set('train', 'permanent');
    await worker.dag(pipeline('params'));
    await worker.start('params');
    await held('params');
    await send('params', 'retryTask');
    await expect.poll(() => calls.get('train first'), { timeout: 30_000 }).toBe(2);
    await held('params');
    failing.clear();
    await send('params', 'retryTask', { tasks: ['train'], params: { k: 7 } });
    expect((await ended('params')).outputs).toEqual({ report: 7, audit: 'success' });
    expect(calls.get('train first')).toBe(3);
    expect((await worker.record('params')).params).toEqual({ k: 7 });
  });

  it('skips what failed', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('skips'));
    await worker.start('skips');
    await held('skips');
    expect(await send('skips', 'skipTask', ['train'])).toEqual({ tasks: ['train'] });
    expect(states(await ended('skips'))).toEqual({
      load: 'success',
      train: 'skipped',
      report: 'skipped',
      audit: 'success',
    });
    expect((await worker.record('skips')).tasks).toContainEqual({
      key: 'train',
      state: 'skipped',
      reason: 'skipped by hand',
      byHand: true,
    });
  });

  it('takes an output by hand', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('marks'));
    await worker.start('marks');
    await held('marks');
    await send('marks', 'markSuccess', { tasks: 'train', output: { by: 'hand' } });
    expect((await ended('marks')).outputs).toEqual({ report: { by: 'hand' }, audit: 'success' });
  });

  it('is failed by hand, and by holdFor', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('given-up'));
    await worker.dag(pipeline('forgotten', 'holdFor: 500ms'));
    await worker.start('forgotten');
    await worker.start('given-up');
    await held('given-up');
    expect(await send('given-up', 'failRun', 'no time')).toEqual({ tasks: ['train'] });
    expect(await worker.result(handleOf('given-up'))).toContain('ended by hand: no time');
    expect(await worker.result(handleOf('forgotten'))).toContain('held for longer than holdFor (0.5 s)');
    expect((await worker.record('forgotten')).state).toBe('failed');
  });

  it('is cancelled', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('stopped'));
    await worker.start('stopped');
    await held('stopped');
    await handleOf('stopped').cancel();
    expect(await worker.result(handleOf('stopped'))).toBe('Workflow canceled');
    expect((await worker.record('stopped')).state).toBe('cancelled');
  });

  it('clears tasks that succeeded, with what is downstream', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('clears'));
    await worker.start('clears');
    await held('clears');
    failing.clear();
    await send('clears', 'clearTasks', 'load');
    await ended('clears');
    expect(Object.fromEntries(calls)).toMatchObject({
      'load first': 2,
      'train first': 2,
      report: 1,
      audit: 2,
    });
  });

  it('refuses in words what it can not do', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('refuses'));
    await worker.start('refuses');
    await held('refuses');
    expect(await refusal('refuses', 'retryTask', 'trian')).toBe(
      "there is no task 'trian' (did you mean 'train'?)",
    );
    expect(await refusal('refuses', 'skipTask', 'load')).toBe(
      "task 'load' has not failed: it is success (failed: train)",
    );
    expect(await refusal('refuses', 'markSuccess', 'report')).toBe(
      "task 'report' has not failed: it is upstreamFailed because of what failed upstream (failed: train)",
    );
    expect(await refusal('refuses', 'retryTask', { tasks: 'train', params: { k: 0 } })).toBe(
      'params of DAG "refuses": param \'k\': expected a whole number, at least 1, got 0',
    );
    expect(await refusal('refuses', 'retryTask', { tasks: 'train', params: { kk: 1 } })).toContain(
      "unknown param 'kk' (known: k)",
    );
    expect(await refusal('refuses', 'retryTask', { task: 'train' })).toContain("did you mean 'tasks'?");
    // None of these changed anything.
    expect((await viewOf('refuses'))?.state).toBe('held');
    await send('refuses', 'failRun');

    await worker.dag(pipeline('not-held').replace('onFailure: hold', ''));
    failing.clear();
    expect(await worker.run('not-held')).toMatchObject({ state: 'success' });
    expect(await refusal('not-held', 'retryTask', 'train').catch(String)).toContain('completed');
  });

  it('goes on with single instances of mapped tasks, and of mapped groups at their index only', async () => {
    for (const key of ['each[1]', 'each[2]', 'first[1]']) failing.set(key, 'transient');
    await worker.dag(`
dagId: mapped
onFailure: hold
groups:
  part: { expand: { n: "\${{ range(3) }}" } }
tasks:
  - { id: each, operator: work, expand: { n: "\${{ range(4) }}" }, with: { value: "\${{ item.n }}" } }
  - { id: all, operator: work, dependsOn: each, triggerRule: none_failed, with: { value: "\${{ tasks.each.output }}" } }
  - { id: first, operator: work, group: part, with: { value: "\${{ item.n }}" } }
  - { id: out, operator: work, group: part, dependsOn: first, with: { value: "\${{ tasks.first.output }}" } }
`);
    await worker.start('mapped');
    await held('mapped');
    failing.clear();
    expect(await send('mapped', 'retryTask', 'each[1]')).toEqual({ tasks: ['each[1]'] });
    await held('mapped');
    expect(states((await viewOf('mapped')) as RunView)).toMatchObject({
      'each[1]': 'success',
      'each[2]': 'failed',
      all: 'upstreamFailed',
    });
    expect(await send('mapped', 'skipTask', 'each')).toEqual({ tasks: ['each[2]'] });
    await held('mapped');
    expect(await refusal('mapped', 'retryTask', 'first[7]')).toBe(
      "there is no instance 'first[7]' (there are: first[0], first[1], first[2])",
    );
    await send('mapped', 'retryTask');
    const { outputs } = await ended('mapped');
    expect(outputs).toEqual({ all: [0, 1, 3], out: [0, 1, 2] });
    expect(Object.fromEntries(calls)).toMatchObject({
      'each[0]': 1,
      'each[1]': 2,
      'first[0]': 1,
      'first[1]': 2,
      'out[0]': 1,
    });
  });

  it('gives its place among the active runs back, and takes it again', async () => {
    failing.set('train', 'transient');
    await worker.dag(pipeline('places', 'maxActiveRuns: 1'));
    await worker.start('places');
    await held('places');
    failing.clear();
    expect(await worker.run('places', undefined, 'places/other')).toMatchObject({ state: 'success' });
    await send('places', 'retryTask');
    await ended('places');
  });

  it('sets up and tears down again around what is tried again', async () => {
    failing.set('use', 'transient');
    await worker.dag(`
dagId: around
onFailure: hold
tasks:
  - { id: make, operator: work, setup: true }
  - { id: other, operator: work, dependsOn: make }
  - { id: use, operator: work, dependsOn: make }
  - { id: drop, operator: work, dependsOn: [use, other], teardown: { setups: make } }
`);
    await worker.start('around');
    await held('around');
    failing.clear();
    await send('around', 'retryTask', 'use');
    await ended('around');
    expect(Object.fromEntries(calls)).toMatchObject({ make: 2, other: 1, use: 2, drop: 2 });
  });

  it('stays held when its history is so long that it continues as new', async () => {
    failing.set('train', 'transient');
    const wide = Array.from({ length: 1400 }, (_, index) => `  - { id: t${index}, operator: work }`);
    await worker.dag(`${pipeline('long')}${wide.join('\n')}\n`);
    await worker.start('long');
    const { runId } = await handleOf('long').describe();
    await held('long');
    await expect
      .poll(async () => (await handleOf('long').describe()).runId, { timeout: 120_000 })
      .not.toBe(runId);
    await held('long');
    failing.clear();
    await send('long', 'retryTask', 'train');
    expect(states(await ended('long'))).toMatchObject({ train: 'success', report: 'success' });
    expect(calls.get('t0')).toBe(1);
  }, 300_000);

  it('replays from its history', async () => {
    for (const [workflowId, error] of await worker.replayAll()) expect(error, workflowId).toBeUndefined();
  });
});
