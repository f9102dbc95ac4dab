import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { RunResult, RunView } from '../../workflows/run-view.js';
import { Gates } from '../support/gates.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { states, TestWorker } from '../support/test-worker.js';

const failing = new Set<string>();
const calls: string[] = [];
let gates = new Gates();

const work = defineOperator({
  name: 'work',
  description: 'returns its value; waits or fails as the test wants',
  params: z.strictObject({ value: z.json().default(null), gate: z.boolean().default(false) }),
  run: async ({ taskId, signal }, { value, gate }) => {
    calls.push(taskId);
    if (gate) await gates.pass(taskId, signal);
    if (failing.has(taskId)) throw new Error(`${taskId} does not answer`);
    return value;
  },
});

const own = randomBytes(3).toString('hex');
let worker: TestWorker;
let command: ReturnType<typeof nightjarOf>;
beforeAll(async () => {
  worker = await TestWorker.start([work]);
  const plain = nightjarOf(worker);
  // The command checks DAGs before it starts them: it has to know the operator by name.
  const operators = ['--set', 'operators.folder=tests/support/named-operators'];
  command = Object.assign((...args: string[]) => plain(...args, ...operators), {
    ...plain,
    json: (...args: string[]) => plain.json(...args, ...operators),
  });
});
afterAll(() => worker?.stop());
beforeEach(() => {
  failing.clear();
  calls.length = 0;
  gates = new Gates();
});

/** load → train → report; `wait` is beside them, and waits where it is told. */
async function pipeline(name: string, more = ''): Promise<string> {
  const dagId = `${name}-${own}`;
  await worker.dag(`
dagId: ${dagId}
${more}
params:
  waits: { type: boolean, default: false }
tasks:
  - { id: load, operator: work, with: { value: 1 } }
  - { id: train, operator: work, dependsOn: load, with: { value: "\${{ tasks.load.output + 1 }}" } }
  - { id: wait, operator: work, dependsOn: load, heartbeatTimeout: 3s, with: { gate: "\${{ params.waits }}" } }
  - { id: report, operator: work, dependsOn: [train, wait], with: { value: "\${{ tasks.train.output }}" } }
`);
  return dagId;
}

const handleOf = (dagId: string) => worker.client.workflow.getHandle(`${dagId}/run`);

async function ended(dagId: string): Promise<RunResult> {
  const result = await worker.result(handleOf(dagId));
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return result as RunResult;
}

const clear = (dagId: string, ...options: string[]) =>
  command.json('tasks', 'clear', `${dagId}/run`, '--yes', ...options);

describe('nightjar tasks clear', () => {
  it('runs what failed of a failed run again, says so beforehand, and links the tries', async () => {
    const dagId = await pipeline('failed');
    failing.add('train');
    await worker.run(dagId);
    failing.clear();
    const former = await worker.record(dagId);

    const dry = await command('tasks', 'clear', `${dagId}/run`, '--only-failed', '--dry-run');
    expect(dry.stdout).toBe('runs again:   train, report\nreused:       load, wait\n');
    const unasked = await command('tasks', 'clear', `${dagId}/run`, '--only-failed');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
    expect((await worker.record(dagId)).temporalRunId).toBe(former.temporalRunId);

    calls.length = 0;
    const cleared = await clear(dagId, '--only-failed');
    expect(cleared).toMatchObject({
      again: ['train', 'report'],
      reused: ['load', 'wait'],
      replayOfRunId: former.temporalRunId,
    });
    expect((await ended(dagId)).outputs).toEqual({ report: 2 });
    expect(calls).toEqual(['train', 'report']);
    const record = await worker.record(dagId);
    expect(record).toMatchObject({
      state: 'success',
      temporalRunId: cleared.temporalRunId,
      replayOf: `${dagId}/run`,
      replayOfRunId: former.temporalRunId,
    });
    const { memo } = await handleOf(dagId).describe();
    expect(memo).toEqual({ replayOf: former.temporalRunId });
    const metadata = await handleOf(dagId).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain(
      `Replay of \`${dagId}/run\` (Temporal run \`${former.temporalRunId}\`)`,
    );
  });

  it('chooses tasks of a run that succeeded, with what is up- and downstream', async () => {
    const dagId = await pipeline('succeeded');
    await worker.run(dagId);
    calls.length = 0;
    expect(await clear(dagId, '--task', '^tr', '--downstream')).toMatchObject({ again: ['train', 'report'] });
    await ended(dagId);
    expect(calls).toEqual(['train', 'report']);
    calls.length = 0;
    await clear(dagId, '--task', 'train', '--upstream');
    await ended(dagId);
    expect(calls).toEqual(['load', 'train']);
    calls.length = 0;
    await clear(dagId);
    await ended(dagId);
    expect([...calls].sort()).toEqual(['load', 'report', 'train', 'wait']);
    const none = await command('tasks', 'clear', `${dagId}/run`, '--only-failed', '--yes');
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('there is nothing to run again') });
    const unknown = await command('tasks', 'clear', `${dagId}/run`, '--task', 'trian', '--yes');
    expect(unknown.stderr).toContain(`has no task "trian" (did you mean 'train'?)`);
  });

  it.each(['cancelled', 'terminated', 'timed out'] as const)(
    'goes on with a run that was %s',
    async (how) => {
      const dagId = await pipeline(how.replace(' ', '-'));
      await worker.client.workflow.start(dagId, {
        workflowId: `${dagId}/run`,
        taskQueue: worker.taskQueue,
        args: [{ params: { waits: true } }],
        ...(how === 'timed out' ? { workflowExecutionTimeout: '10s' } : {}),
      });
      await gates.reached('wait');
      await expect
        .poll(async () => states((await handleOf(dagId).query('state')) as RunView).train, {
          timeout: 30_000,
        })
        .toBe('success');
      if (how === 'cancelled') await handleOf(dagId).cancel();
      if (how === 'terminated') await handleOf(dagId).terminate();
      await worker.result(handleOf(dagId));
      // What was cut off goes on waiting.
      gates = new Gates();
      gates.open('wait');
      calls.length = 0;
      await clear(dagId, '--only-failed');
      expect((await ended(dagId)).outputs).toEqual({ report: 2 });
      expect(calls).toEqual(['wait', 'report']);
    },
  );

  it('goes on with a run whose history has been deleted', async () => {
    const dagId = await pipeline('deleted');
    failing.add('train');
    await worker.run(dagId);
    failing.clear();
    const { runId } = await handleOf(dagId).describe();
    await worker.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: `${dagId}/run`, runId },
    });
    await expect
      .poll(
        () =>
          handleOf(dagId)
            .describe()
            .then(
              () => 'there',
              () => 'gone',
            ),
        { timeout: 60_000 },
      )
      .toBe('gone');
    calls.length = 0;
    await clear(dagId, '--only-failed');
    expect((await ended(dagId)).outputs).toEqual({ report: 2 });
    expect(calls).toEqual(['train', 'report']);
  });

  it('goes through the Update when the run is held, and refuses one that is running', async () => {
    const dagId = await pipeline('held', 'onFailure: hold');
    failing.add('train');
    await worker.start(dagId, { params: { waits: true } });
    await gates.reached('wait');
    const running = await command('tasks', 'clear', `${dagId}/run`, '--yes');
    expect(running).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is running: wait for its end'),
    });
    gates.open('wait');
    await expect
      .poll(async () => ((await handleOf(dagId).query('state')) as RunView).state, { timeout: 30_000 })
      .toBe('held');
    failing.clear();
    calls.length = 0;
    const latest = await command('tasks', 'clear', `${dagId}/run`, '--yes', '--dag', 'latest');
    expect(latest.stderr).toContain('goes on with the DAG that it started with');
    await clear(dagId, '--task', 'train');
    expect((await ended(dagId)).outputs).toEqual({ report: 2 });
    expect(calls).toEqual(['train', 'report']);
  });

  it('takes the DAG as it was, or as it is now', async () => {
    const dagId = await pipeline('edited');
    await worker.run(dagId);
    await worker.dag(`
dagId: ${dagId}
tasks: [{ id: load, operator: work, with: { value: 5 } }, { id: fresh, operator: work, dependsOn: load, with: { value: 9 } }]
`);
    await clear(dagId, '--task', 'load', '--dag', 'original');
    expect(states(await ended(dagId))).toMatchObject({ train: 'success', report: 'success' });
    expect(await clear(dagId, '--task', 'load')).toMatchObject({ again: ['load', 'fresh'], reused: [] });
    expect((await ended(dagId)).outputs).toEqual({ fresh: 9 });
  });
});

describe('only and from in the input of a run', () => {
  it('run just some tasks, with results of the last try at the same run', async () => {
    const dagId = await pipeline('partial');
    const lone = (await worker.run(dagId, { only: ['load'] })) as RunResult;
    expect(states(lone)).toEqual({ load: 'success', train: 'skipped', wait: 'skipped', report: 'skipped' });
    calls.length = 0;
    expect(states((await worker.run(dagId, { only: ['train'] })) as RunView)).toMatchObject({
      load: 'success',
      train: 'success',
      report: 'skipped',
    });
    expect(calls).toEqual(['train']);
    const refused = await worker.run(dagId, { from: ['report'] });
    expect(refused).toContain("there is no result of 'wait', which comes before");
    calls.length = 0;
    // As a form gives it: one task is no list.
    await worker.run(dagId, { from: 'wait' } as unknown as RunInput);
    expect(calls).toEqual(['wait', 'report']);
  });
});

it('replays from its history', async () => {
  for (const [workflowId, error] of await worker.replayAll()) expect(error, workflowId).toBeUndefined();
});
