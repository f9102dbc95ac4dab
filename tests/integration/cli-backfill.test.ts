import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { backfillMessages, backfillWorkflowId } from '../../dag/backfill/messages.js';
import { commandWorker } from '../support/command-worker.js';

const own = randomBytes(3).toString('hex');

const { worker, command: nightjar } = await commandWorker([]);

async function dag(name: string): Promise<string> {
  const id = `${name}-${own}`;
  await worker.dag(`
dagId: ${id}
schedule: "30 2 * * *"
timezone: Europe/Berlin
params: { size: { type: integer, default: 1, minimum: 1 } }
tasks: [{ id: task, operator: noop }]
`);
  return id;
}

const day = (n: number): string => `2025-03-${String(n).padStart(2, '0')}`;
const range = (from: number, to: number): string[] => ['--from-date', day(from), '--to-date', day(to)];

describe('nightjar backfill', () => {
  it('says beforehand what it would do, starts it, and tells how it went', async () => {
    const id = await dag('whole');
    const existing = await worker.start(id, { logicalDate: '2025-03-29T01:30:00Z' }, `${id}/there`);
    await existing.result();
    const dry = await nightjar.json(
      'backfill',
      'create',
      id,
      ...range(28, 31),
      '--dry-run',
      '--run-backwards',
    );
    expect(dry).toMatchObject({
      dagId: id,
      total: 4,
      maxActiveRuns: 10,
      reprocess: 'none',
      runBackwards: true,
    });
    // The night of the 30th has no 02:30.
    expect(dry.dates).toMatchObject([
      { logicalDate: '2025-03-31T00:30:00.000Z', choice: 'run', workflowId: `${id}/2025-03-31T00:30:00Z` },
      { logicalDate: '2025-03-30T01:30:00.000Z', choice: 'run' },
      {
        logicalDate: '2025-03-29T01:30:00.000Z',
        choice: 'existing',
        existing: { workflowId: `${id}/there`, state: 'success' },
      },
      { logicalDate: '2025-03-28T01:30:00.000Z', choice: 'run' },
    ]);
    const { stdout } = await nightjar('backfill', 'create', '--dag-id', id, ...range(28, 31), '--dry-run');
    expect(stdout).toMatch(/2025-03-29T01:30:00Z │ success\s+│ leave: there is a run/);
    expect(stdout).toMatch(/3 runs of 4 dates, at most 10 at a time; nothing was started/);
    expect((await nightjar('backfill', 'show', id)).stderr).toContain(`there is no backfill of DAG "${id}"`);

    const created = await nightjar(
      'backfill',
      'create',
      id,
      ...range(28, 31),
      '--max-active-runs',
      '2',
      '--watch',
    );
    expect(created).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^on the Temporal server at \S+, namespace default\n$/),
    });
    expect(created.stdout).toMatch(/state\s+success\n/);
    expect(created.stdout).toMatch(/runs\s+3 succeeded, 1 had a run\n/);
    expect(await nightjar.json('backfill', 'show', id)).toMatchObject({
      state: 'success',
      total: 4,
      counts: { success: 3, existing: 1 },
    });
    expect(await nightjar.json('backfill', 'list', id)).toMatchObject([
      { dagId: id, state: 'success', summary: { total: 4, counts: { success: 3 } } },
    ]);
    expect((await nightjar('backfill', 'list')).stdout).toMatch(
      new RegExp(`${id} │ success │ .* │\\s+4 │ 3 succeeded, 1 had a run`),
    );
    const again = await nightjar.json(
      'backfill',
      'create',
      id,
      ...range(28, 31),
      '--reprocess',
      'completed',
      '--param',
      'size=7',
      '--watch',
    );
    expect(again).toMatchObject({ state: 'success', counts: { success: 4 }, params: { size: 7 } });
    expect(await worker.record(id, 'there')).toMatchObject({ params: { size: 7 } });
  });

  it('pauses, resumes and cancels, and refuses a second backfill of the DAG by naming the first', async () => {
    const id = await dag('steered');
    await worker.dag(`
dagId: ${id}
schedule: "30 2 * * *"
maxActiveRuns: 1
tasks: [{ id: task, operator: noop }, { id: wait, operator: sleep, dependsOn: task, with: { for: 1h } }]
`);
    const started = await nightjar.json('backfill', 'create', id, ...range(1, 9), '--max-active-runs', '2');
    expect(started).toMatchObject({
      dagId: id,
      workflowId: backfillWorkflowId(id),
      total: 9,
      state: 'running',
    });
    const second = await nightjar('backfill', 'create', id, ...range(10, 12));
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(
      new RegExp(
        `\\nDAG "${id}" has a backfill already, of 2025-03-01T00:00:00Z – 2025-03-09T23:59:59Z, .*backfill cancel ${id}.*\\n$`,
      ),
    );
    expect((await nightjar('backfill', 'pause', id)).stdout).toMatch(`backfill of ${id} is paused: `);
    expect(await nightjar('backfill', 'pause', id)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\nthe backfill is paused already\n$/),
    });
    expect((await nightjar.json('backfill', 'list', id))[0]).toMatchObject({
      state: 'paused',
      summary: { counts: { active: 2, waiting: 7 } },
    });
    expect(await nightjar.json('backfill', 'resume', id)).toMatchObject({ state: 'running' });
    expect((await nightjar('backfill', 'set-max-active-runs', id, '3')).stdout).toMatch(
      `backfill of ${id} is running, at most 3 runs at a time: `,
    );
    await expect
      .poll(async () => (await nightjar.json('backfill', 'show', id)).counts, { timeout: 60_000 })
      .toMatchObject({ active: 3, waiting: 6 });
    expect(await nightjar.json('backfill', 'set-max-active-runs', id, '2')).toMatchObject({
      maxActiveRuns: 2,
      counts: { active: 3 },
    });
    const cancelled = await nightjar.json('backfill', 'cancel', id, '--wait');
    expect(cancelled).toMatchObject({ state: 'cancelled', counts: { active: 0, cancelled: 3, waiting: 6 } });
    const open = worker.client.workflow.list({
      query: `WorkflowType = "${id}" AND ExecutionStatus = "Running"`,
    });
    for await (const { workflowId } of open) {
      const { status } = await worker.client.workflow.getHandle(workflowId).describe();
      expect(status.name).toBe('CANCELLED');
    }
    expect(await nightjar('backfill', 'cancel', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`\nthe backfill of DAG "${id}" has ended: cancelled\n`),
    });
    expect(
      await worker.client.workflow.getHandle(backfillWorkflowId(id)).query(backfillMessages.state),
    ).toMatchObject({
      state: 'cancelled',
    });
  });

  it.each([
    [['create', 'whol', ...range(1, 2)], 2, /no DAG "whol"/],
    [['create', ...range(1, 2)], 2, /which DAG is to be backfilled/],
    [['create', 'DAG', '--from-date', '2025-03-01'], 2, /--to-date/],
    [
      ['create', 'DAG', '--from-date', 'monday', '--to-date', '2025-03-01'],
      2,
      /fromDate: expected a day such as/,
    ],
    [
      ['create', 'DAG', ...range(1, 2), '--reprocess', 'all'],
      2,
      /Allowed choices are none, failed, completed/,
    ],
    [['create', 'DAG', ...range(1, 2), '--max-active-runs', '0'], 2, /expected a whole number from 1 to 500/],
    [['create', 'DAG', ...range(1, 2), '--param', 'size=0'], 2, /param 'size'.*at least 1/],
    [['set-max-active-runs', 'whole-nothing', 'many'], 2, /expected a whole number from 1 to 500/],
    [['set-max-active-runs', 'whole-nothing', '5'], 2, /there is no backfill of DAG "whole-nothing"/],
    [['pause', 'whole-nothing'], 2, /there is no backfill of DAG "whole-nothing"/],
  ])('%s ends with %i and one line that says why', async (args, code, message) => {
    const id = await dag('refused');
    const ended = await nightjar('backfill', ...args.map((arg) => (arg === 'DAG' ? id : arg)));
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(ended).toMatchObject({ code, stdout: '' });
  });
});
