import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BackfillInput } from '../../activities/backfill/plan.js';
import { defineOperator, type Operator } from '../../activities/operator.js';
import {
  type BackfillView,
  backfillMessages,
  backfillWorkflow,
  backfillWorkflowId,
} from '../../dag/backfill/messages.js';
import { Gates } from '../support/gates.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { TestWorker } from '../support/test-worker.js';

/** DAG ids belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');
const gates = new Gates();
/** What tasks noted, in the order in which they ran: `<dagId> <logical date>`. */
const ran: string[] = [];
/** Dates at which the operator below fails, by DAG. */
const failing = new Set<string>();

const operators = [
  defineOperator({
    name: 'note',
    description: 'notes its date, and waits at the gate of its date when it is told to',
    params: z.strictObject({ wait: z.boolean().default(false), value: z.json().default(null) }),
    run: async ({ dagId, logicalDate, signal, heartbeat }, { wait, value }) => {
      const at = `${dagId} ${logicalDate.toISOString()}`;
      ran.push(at);
      const beat = setInterval(() => heartbeat({}), 200);
      try {
        if (wait) await gates.pass(at, signal);
      } finally {
        clearInterval(beat);
      }
      if (failing.has(at)) throw new Error('this day is bad');
      return value;
    },
  }),
  defineOperator({
    name: 'clean',
    description: 'notes that it has cleaned up',
    params: z.strictObject({}),
    run: async ({ dagId, logicalDate }) => {
      await sleep(10);
      ran.push(`cleaned ${dagId} ${logicalDate.toISOString()}`);
      return null;
    },
  }),
] as unknown as Operator[];

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start(operators);
});
afterAll(() => worker?.stop());

const day = (n: number): string => `2025-01-${String(n).padStart(2, '0')}`;
const at = (n: number): string => `${day(n)}T00:00:00.000Z`;
/** The Workflow ID of a run. */
const runOf = (id: string, n: number): string => `${id}/${day(n)}T00:00:00Z`;

/** A DAG for a test: by the day, unless its text says otherwise. Gives its id. */
async function dag(name: string, tasks: string, more = 'schedule: "@daily"'): Promise<string> {
  const id = `${name}-${own}`;
  await worker.dag(`dagId: ${id}\n${more}\ntasks:\n${tasks}`);
  return id;
}

const noteTask = '  - { id: task, operator: note }';
const waitTask = '  - { id: task, operator: note, heartbeatTimeout: 3s, with: { wait: true } }';

const start = (id: string, input: BackfillInput): Promise<WorkflowHandle> =>
  worker.client.workflow.start(backfillWorkflow, {
    workflowId: backfillWorkflowId(id),
    taskQueue: worker.taskQueue,
    args: [input],
  });

async function result(handle: WorkflowHandle): Promise<BackfillView | string> {
  try {
    return (await handle.result()) as BackfillView;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause?.message ?? error.message;
    throw error;
  }
}

const run = async (id: string, input: BackfillInput): Promise<BackfillView | string> =>
  result(await start(id, input));

const state = (id: string): Promise<BackfillView> =>
  worker.client.workflow.getHandle(backfillWorkflowId(id)).query<BackfillView>(backfillMessages.state);

/** The dates of a DAG that ran, in the order in which they did. */
const datesOf = (id: string): string[] =>
  ran.filter((each) => each.startsWith(`${id} `)).map((each) => each.slice(id.length + 1));

const activeDates = async (id: string): Promise<string[]> =>
  (await state(id)).active.map(({ logicalDate }) => logicalDate);

describe('a backfill', () => {
  it('runs each date of the range once, both ends with it, on the days when clocks change too', async () => {
    const id = await dag('clocks', noteTask, 'schedule: "30 2 * * *"\ntimezone: Europe/Berlin');
    const view = await run(id, { fromDate: '2025-03-29', toDate: '2025-03-31', maxActiveRuns: 1 });
    expect(view).toMatchObject({
      state: 'success',
      total: 3,
      counts: { waiting: 0, active: 0, success: 3, failed: 0, cancelled: 0, existing: 0, inFlight: 0 },
    });
    // The night of the 30th has no 02:30.
    const dates = ['2025-03-29T01:30:00.000Z', '2025-03-30T01:30:00.000Z', '2025-03-31T00:30:00.000Z'];
    expect(datesOf(id)).toEqual(dates);
    const record = await worker.record(id, '2025-03-30T01:30:00Z');
    expect(record).toMatchObject({
      workflowId: `${id}/2025-03-30T01:30:00Z`,
      state: 'success',
      logicalDate: dates[1],
      // A later run has been due since: the operator latest-only goes by that.
      latest: false,
    });
    expect(readdirSync(join(worker.dataRoot, id))).toHaveLength(4);
  });

  it('gives params to all its runs, from the latest date to the earliest', async () => {
    const id = await dag(
      'backwards',
      '  - { id: task, operator: note, with: { value: "${{ params.size }}" } }',
      'schedule: "@daily"\nparams: { size: { type: integer, default: 1, minimum: 1 } }',
    );
    const input = { fromDate: day(1), toDate: day(4), params: { size: 7 } };
    expect(await run(id, { ...input, maxActiveRuns: 1, runBackwards: true })).toMatchObject({ total: 4 });
    expect(datesOf(id)).toEqual([4, 3, 2, 1].map(at));
    expect((await worker.record(id, '2025-01-02T00:00:00Z')).tasks).toMatchObject([
      { key: 'task', output: 7 },
    ]);
    expect(await run(id, { ...input, params: { size: 0 } })).toMatch(/param 'size'.*at least 1/);
  });

  it('leaves existing runs alone, or runs again those that failed, or all that have ended', async () => {
    const id = await dag('again', waitTask);
    for (const n of [2, 3]) gates.open(`${id} ${at(n)}`);
    // By a schedule, as the server names such runs, and by hand under some name.
    const good = await worker.start(id, { logicalDate: at(2) }, `${id}-2025-01-02T00:00:00Z`);
    failing.add(`${id} ${at(3)}`);
    const bad = await worker.start(id, { logicalDate: at(3) }, `${id}/by-hand`);
    expect(await worker.result(good)).toMatchObject({ state: 'success' });
    expect(await worker.result(bad)).toMatch(/this day is bad/);
    const open = await worker.start(id, { logicalDate: at(4) }, `${id}/open`);
    await gates.reached(`${id} ${at(4)}`);
    ran.length = 0;
    failing.clear();

    gates.open(`${id} ${at(1)}`);
    const range = { fromDate: day(1), toDate: day(4), maxActiveRuns: 1 };
    expect(await run(id, range)).toMatchObject({
      state: 'success',
      counts: { success: 1, existing: 2, inFlight: 1 },
      inFlight: [{ logicalDate: at(4), workflowId: `${id}/open` }],
    });
    expect(datesOf(id)).toEqual([at(1)]);

    expect(await run(id, { ...range, reprocess: 'failed' })).toMatchObject({
      counts: { success: 1, existing: 2, inFlight: 1 },
    });
    expect(datesOf(id)).toEqual([at(1), at(3)]);
    // It is the same DAG run, tried again.
    expect(await worker.record(id, 'by-hand')).toMatchObject({ state: 'success', logicalDate: at(3) });

    expect(await run(id, { ...range, reprocess: 'completed' })).toMatchObject({
      counts: { success: 3, existing: 0, inFlight: 1 },
    });
    expect(datesOf(id)).toEqual([1, 3, 1, 2, 3].map(at));
    expect(await worker.client.workflow.getHandle(`${id}-2025-01-02T00:00:00Z`).result()).toMatchObject({
      state: 'success',
    });
    await open.cancel();
  });

  it('pauses, resumes and takes another limit while it runs, and refuses what makes no sense in words', async () => {
    const id = await dag('updates', waitTask);
    const handle = await start(id, { fromDate: day(1), toDate: day(9), maxActiveRuns: 2 });
    await gates.reached(`${id} ${at(2)}`);
    expect(await activeDates(id)).toEqual([1, 2].map(at));
    expect(await handle.executeUpdate(backfillMessages.pause)).toMatchObject({ state: 'paused' });
    gates.open(`${id} ${at(1)}`);
    await expect.poll(() => activeDates(id)).toEqual([at(2)]);
    expect(await state(id)).toMatchObject({ state: 'paused', counts: { success: 1, waiting: 7 } });
    await expect
      .poll(async () => (await handle.describe()).typedSearchAttributes.getAll().map(({ value }) => value))
      .toEqual(expect.arrayContaining([id, 'paused']));

    await handle.executeUpdate(backfillMessages.setMaxActiveRuns, { args: [3] });
    await handle.executeUpdate(backfillMessages.resume);
    await gates.reached(`${id} ${at(4)}`);
    expect(await activeDates(id)).toEqual([2, 3, 4].map(at));
    await handle.executeUpdate(backfillMessages.setMaxActiveRuns, { args: [{ maxActiveRuns: 1 }] });
    for (const n of [2, 3]) gates.open(`${id} ${at(n)}`);
    await expect.poll(() => activeDates(id)).toEqual([at(4)]);

    const refusals = [
      [backfillMessages.resume, [], /the backfill is not paused/],
      [backfillMessages.setMaxActiveRuns, ['many'], /expected a whole number from 1 to 500, got 'many'/],
      [backfillMessages.setMaxActiveRuns, [], /expected a whole number from 1 to 500, got nothing/],
    ] as const;
    for (const [name, args, message] of refusals) {
      const refused = await handle
        .executeUpdate<BackfillView, [unknown]>(name, { args: args as unknown as [unknown] })
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
      expect((refused as WorkflowUpdateFailedError).cause?.message).toMatch(message);
    }
    for (let n = 4; n <= 9; n++) gates.open(`${id} ${at(n)}`);
    expect(await result(handle)).toMatchObject({ state: 'success', counts: { success: 9 } });
  });

  it('that is cancelled leaves no run open, and their teardowns have run', async () => {
    const id = await dag(
      'cancelled',
      `  - { id: make, operator: noop, setup: true }
  - { id: task, operator: note, dependsOn: make, heartbeatTimeout: 3s, with: { wait: true } }
  - { id: clean, operator: clean, dependsOn: task, teardown: { setups: make } }`,
    );
    const handle = await start(id, { fromDate: day(1), toDate: day(9), maxActiveRuns: 2 });
    await gates.reached(`${id} ${at(1)}`);
    await gates.reached(`${id} ${at(2)}`);
    await handle.cancel();
    expect(await result(handle)).toMatch(/cancell?ed/i);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    for (const n of [1, 2]) {
      const { status } = await worker.client.workflow.getHandle(runOf(id, n)).describe();
      expect(status.name).toBe('CANCELLED');
      expect(ran).toContain(`cleaned ${id} ${at(n)}`);
    }
    expect(datesOf(id).sort()).toEqual([1, 2].map(at));
    expect(await state(id)).toMatchObject({ state: 'cancelled', counts: { cancelled: 2, waiting: 7 } });

    // What was cancelled is there, and counts as failed.
    for (let n = 1; n <= 3; n++) gates.open(`${id} ${at(n)}`);
    const range = { fromDate: day(1), toDate: day(3) };
    expect(await run(id, { ...range, reprocess: 'failed' })).toMatchObject({ counts: { success: 3 } });
  });

  it('that is terminated leaves no run open either', async () => {
    const id = await dag('terminated', waitTask);
    const handle = await start(id, { fromDate: day(1), toDate: day(9), maxActiveRuns: 2 });
    await gates.reached(`${id} ${at(2)}`);
    await handle.terminate();
    for (const n of [1, 2]) {
      const child = worker.client.workflow.getHandle(runOf(id, n));
      await expect.poll(async () => (await child.describe()).status.name).toBe('CANCELLED');
    }
  });

  it('goes on when runs fail or are ended by others, and then tells which, why and what to do', async () => {
    const id = await dag('failing', waitTask);
    for (const n of [1, 3, 5]) gates.open(`${id} ${at(n)}`);
    failing.add(`${id} ${at(1)}`);
    const handle = await start(id, { fromDate: day(1), toDate: day(5), maxActiveRuns: 2 });
    await gates.reached(`${id} ${at(2)}`);
    await gates.reached(`${id} ${at(4)}`);
    await worker.client.workflow.getHandle(runOf(id, 2)).cancel();
    await worker.client.workflow.getHandle(runOf(id, 4)).terminate('by somebody');
    const message = await result(handle);
    expect(message).toMatch(/: 2 failed, 1 cancelled, 2 succeeded\n/);
    expect(message).toContain(`- ${runOf(id, 1)}: DAG run ${runOf(id, 1)} failed: `);
    expect(message).toContain('this day is bad');
    expect(message).toContain(`- ${runOf(id, 2)}: cancelled`);
    expect(message).toMatch(new RegExp(`- ${runOf(id, 4)}: .*terminated`, 'i'));
    expect(message).toContain(`nightjar backfill create ${id} --from-date ${at(1)}`);
    expect(await state(id)).toMatchObject({
      state: 'failed',
      counts: { failed: 2, cancelled: 1, success: 2 },
    });
  });

  it('keeps within the maxActiveRuns of its DAG', async () => {
    const id = await dag('pooled', waitTask, 'schedule: "@daily"\nmaxActiveRuns: 1');
    const handle = await start(id, { fromDate: day(1), toDate: day(3), maxActiveRuns: 3 });
    await expect.poll(async () => (await activeDates(id)).length).toBe(3);
    await expect.poll(() => datesOf(id)).toHaveLength(1);
    for (const n of [1, 2, 3]) gates.open(`${id} ${at(n)}`);
    expect(await result(handle)).toMatchObject({ counts: { success: 3 } });
    expect(datesOf(id)).toHaveLength(3);
  });

  it.each([
    ['no DAG', 'nothing', '', { fromDate: day(1), toDate: day(2) }, /no DAG "nothing-/],
    ['no schedule', 'unscheduled', 'tags: [x]', { fromDate: day(1), toDate: day(2) }, /has no schedule/],
    [
      'a wrong date',
      'wrong',
      undefined,
      { fromDate: '1.1.2025', toDate: day(2) },
      /fromDate: expected a day such as/,
    ],
    ['no date', 'without', undefined, { toDate: day(2) }, /fromDate: Invalid input/],
    [
      'dates the wrong way round',
      'around',
      undefined,
      { fromDate: day(3), toDate: day(2) },
      /fromDate .* is after toDate/,
    ],
    ['the future', 'future', undefined, { fromDate: '2999-01-01', toDate: '2999-01-02' }, /is in the future/],
    [
      'a range without a run',
      'empty',
      undefined,
      { fromDate: '2025-01-01T01:00', toDate: '2025-01-01T02:00' },
      /no run of DAG .* was due between/,
    ],
  ])('is refused for %s in one line', async (_, name, more, input, message) => {
    const id = name === 'nothing' ? `nothing-${own}` : await dag(name, noteTask, more);
    const text = await run(id, input as BackfillInput);
    expect(text).toMatch(message);
    expect(String(text).split('\n')).toHaveLength(1);
  });

  it('is one at a time: the server refuses a second one of the same DAG', async () => {
    const id = await dag('twice', waitTask);
    const input = { fromDate: day(1), toDate: day(1) };
    const handle = await start(id, input);
    await expect(start(id, input)).rejects.toThrow(/already started/);
    gates.open(`${id} ${at(1)}`);
    expect(await result(handle)).toMatchObject({ state: 'success' });
    const elsewhere = await worker.client.workflow.start(backfillWorkflow, {
      workflowId: `mine-${own}`,
      taskQueue: worker.taskQueue,
      args: [input],
    });
    expect(await result(elsewhere)).toMatch(/the Workflow ID of a backfill is nightjar\/backfill\/<dagId>/);
  });
});

describe('a run of a backfill that is held', () => {
  it('is shown, gives its place to the others, and is waited for', async () => {
    const id = await dag('held', noteTask, 'schedule: "@daily"\nonFailure: hold');
    failing.add(`${id} ${at(1)}`);
    const handle = await start(id, { fromDate: day(1), toDate: day(3), maxActiveRuns: 1 });
    await expect.poll(async () => (await state(id)).counts).toMatchObject({ held: 1, success: 2, active: 0 });
    expect(await state(id)).toMatchObject({ state: 'running', held: [{ workflowId: runOf(id, 1) }] });
    expect(datesOf(id)).toEqual([at(1), at(2), at(3)]);
    const shown = await nightjarOf(worker)('backfill', 'show', id);
    expect(shown.stdout).toContain(`held        ${runOf(id, 1)}: say what to do, see nightjar runs show`);
    expect(shown.stdout).toMatch(/runs +2 succeeded, 1 held/);

    failing.delete(`${id} ${at(1)}`);
    const held = worker.client.workflow.getHandle(runOf(id, 1));
    await held.executeUpdate('retryTask', { args: ['task'] });
    expect(await result(handle)).toMatchObject({ state: 'success', counts: { success: 3, held: 0 } });
  });
});

it('the histories of all of this replay', async () => {
  const failed = [...(await worker.replayAll())].filter(([, error]) => error !== undefined);
  expect(failed).toEqual([]);
});
