import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { commandWorker } from '../support/command-worker.js';
import { nightjar } from '../support/nightjar-command.js';
import { wait } from '../support/wait-operator.js';

/** DAGs belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');
const etl = `etl-${own}`;
const broken = `broken-${own}`;

const { worker, command } = await commandWorker([wait]);
beforeAll(async () => {
  await worker.dag(`
dagId: ${etl}
params: { day: { type: string, default: monday } }
tasks:
  - { id: load, operator: wait }
  - { id: check, operator: wait, dependsOn: load }
`);
  await worker.dag(`
dagId: ${broken}
tasks:
  - { id: load, operator: wait, with: { fail: true } }
  - { id: check, operator: wait, dependsOn: load }
`);
  for (const day of ['01', '02']) {
    const logicalDate = `2026-03-${day}T02:00:00Z`;
    await worker.run(etl, { logicalDate }, `${etl}/${logicalDate}`);
  }
  await worker.run(etl, { logicalDate: '2026-03-02T14:00:00Z' }, `${etl}/afternoon`);
  await worker.run(broken, undefined, `${broken}/first`);
  // The list of the server follows a moment later.
  await vi.waitUntil(async () => (await command.json('runs', 'list')).length === 4, { timeout: 60_000 });
});

const first = `${etl}/2026-03-01T02:00:00Z`;

describe('nightjar runs list', () => {
  it('lists the runs of this installation, the last started first', async () => {
    const runs = await command.json('runs', 'list');
    expect(runs.map(({ workflowId }: { workflowId: string }) => workflowId)).toEqual([
      `${broken}/first`,
      `${etl}/afternoon`,
      `${etl}/2026-03-02T02:00:00Z`,
      first,
    ]);
    expect(runs.at(-1)).toMatchObject({
      dagId: etl,
      state: 'success',
      logicalDate: '2026-03-01T02:00:00.000Z',
      source: 'server',
    });
    const { stdout } = await command('runs', 'list', etl, '--limit', '1');
    expect(stdout).toMatch(/Run\s+│ State\s+│ Logical date/);
    expect(stdout).toContain(`${etl}/afternoon`);
    expect(stdout).not.toContain(first);
    expect(stdout).not.toContain('\u001B[');
  });

  it('narrows them by DAG, state and time', async () => {
    expect(await command.json('runs', 'list', '--state', 'failed')).toMatchObject([
      { workflowId: `${broken}/first` },
    ]);
    expect(await command.json('runs', 'list', '--state', 'running')).toEqual([]);
    expect(await command.json('runs', 'list', etl, '--since', '1d')).toHaveLength(3);
    expect(await command.json('runs', 'list', '--since', '2100-01-01')).toEqual([]);
    expect((await command('runs', 'list', '--since', 'yesterday')).stderr).toMatch(/expected a day, a time/);
    expect((await command('runs', 'list', '--state', 'done')).code).toBe(2);
  });
});

describe('a run', () => {
  it.each([
    ['its Workflow ID', first, first],
    ['its DAG and day', `${etl}/2026-03-01`, first],
    ['its DAG and logical date, in any zone', `${etl}/2026-03-02T15:00:00+01:00`, `${etl}/afternoon`],
    ['its DAG, when it is the latest', etl, `${etl}/afternoon`],
  ])('is named by %s', async (_what, name, workflowId) => {
    expect(await command.json('runs', 'show', name)).toMatchObject({ workflowId, state: 'success' });
  });

  it.each([
    ['of a day with several', `${etl}/2026-03-02`, /several runs.*name one:\n.*\n.*afternoon|T02:00:00Z/s],
    [
      'that is misspelt',
      `${etl}/aftrenoon`,
      /there is no run ".*aftrenoon" \(did you mean '.*\/afternoon'\?\)/,
    ],
    ['of a DAG that is misspelt', `elt-${own}/2026-03-01`, /no DAG "elt-.*" \(did you mean 'etl-/],
    ['that no DAG could have', `../${own}`, /there is no run "\.\.\/.*", and no DAG "\.\."/],
    ['of a DAG that has none', `none-of-these-at-all`, /no DAG "none-of-these-at-all"; known DAGs: .*etl-/],
  ])('%s is refused with what there is', async (_what, name, message) => {
    const { code, stdout, stderr } = await command('runs', 'show', name);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('that failed shows why, and its tasks', async () => {
    const { stdout } = await command('runs', 'show', broken);
    expect(stdout).toMatch(/state\s+failed/);
    expect(stdout).toMatch(/load\s+│ failed/);
    expect(stdout).toMatch(/check\s+│ upstreamFailed/);
    expect(stdout).toContain('the file is not there');
    expect(await command.json('tasks', 'list', broken)).toMatchObject([
      { key: 'load', operator: 'wait', state: 'failed', tries: 1 },
      { key: 'check', state: 'upstreamFailed' },
    ]);
  });

  it('that the server has forgotten is found by its record', async () => {
    const workflowId = `${etl}/forgotten`;
    await worker.run(etl, { logicalDate: '2026-02-01T02:00:00Z', params: { day: 'sunday' } }, workflowId);
    // One that is deleted before it is listed as closed goes half a minute later.
    await vi.waitUntil(
      async () => {
        const query = `WorkflowId = "${workflowId}" AND ExecutionStatus = "Completed"`;
        return (await worker.client.workflow.count(query)).count === 1;
      },
      { timeout: 60_000 },
    );
    await worker.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
    });
    const named = (): Promise<{ source: string }> => command.json('runs', 'show', workflowId);
    await expect.poll(async () => (await named()).source, { timeout: 60_000 }).toBe('record');
    expect(await command.json('runs', 'show', `${etl}/2026-02-01`)).toMatchObject({
      workflowId,
      state: 'success',
      params: { day: 'sunday' },
      tasks: [{ key: 'load', state: 'success' }, { key: 'check' }],
    });
    expect(await command.json('runs', 'list', etl)).toContainEqual(
      expect.objectContaining({ workflowId, source: 'record' }),
    );
  });
});

it('without a server, the command says which address it tried and how to start one', async () => {
  const { code, stderr } = await nightjar(['runs', 'list'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(stderr).toMatch(/no Temporal server at 127\.0\.0\.1:1.*nightjar dev.*TEMPORAL_ADDRESS/);
  expect(code).toBe(3);
});
