import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { beforeAll, expect, it } from 'vitest';
import type { RunView } from '../../workflows/run-view.js';
import { commandWorker } from '../support/command-worker.js';
import { states } from '../support/test-worker.js';
import { wait } from '../support/wait-operator.js';

/** DAGs belong to the whole namespace: each run of the tests has its own. */
const dagId = `held-${randomBytes(3).toString('hex')}`;

const { worker, command } = await commandWorker([wait]);
beforeAll(async () => {
  await worker.dag(`
dagId: ${dagId}
onFailure: hold
params: { fails: { type: boolean, default: true } }
tasks:
  - { id: load, operator: wait, with: { fail: "\${{ params.fails }}" } }
  - { id: check, operator: wait, dependsOn: load, with: { value: "\${{ tasks.load.output }}" } }
`);
});

/** A run that is held. */
async function held(name: string) {
  const handle = await worker.start(dagId, undefined, `${dagId}/${name}`);
  await expect
    .poll(async () => (await handle.query<RunView | undefined>('state'))?.state, { timeout: 60_000 })
    .toBe('held');
  return { run: handle.workflowId, result: () => worker.result(handle) };
}

it('tasks retry runs the failed task again, with other params', async () => {
  const { run, result } = await held('retried');
  expect(await command.json('runs', 'show', run)).toMatchObject({ state: 'held' });
  const { code, stdout, stderr } = await command('tasks', 'retry', run, 'load', '--param', 'fails=false');
  expect(stderr).toMatch(/^on the Temporal server at \S+, namespace default\n$/);
  expect(stdout).toBe('run again: load\n');
  expect(code).toBe(0);
  expect(states((await result()) as RunView)).toEqual({ load: 'success', check: 'success' });
});

it('tasks skip and mark-success go on without it', async () => {
  const skipped = await held('skipped');
  expect((await command('tasks', 'skip', skipped.run, '--all-failed')).stdout).toBe('skipped: load\n');
  expect(states((await skipped.result()) as RunView)).toEqual({ load: 'skipped', check: 'skipped' });
  const marked = await held('marked');
  expect(await command.json('tasks', 'mark-success', marked.run, 'load', '--output', '{"rows": 5}')).toEqual({
    workflowId: marked.run,
    tasks: ['load'],
  });
  expect(states((await marked.result()) as RunView)).toEqual({ load: 'success', check: 'success' });
  const { tasks } = await worker.record(dagId, 'marked');
  expect(tasks[1]?.output).toMatchObject({ value: { rows: 5 } });
});

it('what the run refuses is printed as it says it; runs watch tells that it is held, runs fail ends it', async () => {
  const { run } = await held('failed');
  const refused = await command('tasks', 'retry', run, 'laod');
  expect(refused.stderr).toMatch(/laod.*load/);
  expect(refused.stderr).not.toMatch(/\n\s+at /);
  expect(refused.code).toBe(1);

  const watch = command.start('runs', 'watch', run);
  const ended = once(watch, 'close');
  let told = '';
  watch.stderr.on('data', (chunk) => {
    told += chunk;
  });
  await expect.poll(() => told, { timeout: 60_000 }).toContain('held until somebody decides');
  const failed = await command('runs', 'fail', run, '--reason', 'given up');
  expect(failed.stdout).toBe(`run ${run} ends as failed\n`);
  expect((await ended)[0]).toBe(1);
  expect(await command.json('runs', 'show', run)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('given up'),
  });
});
