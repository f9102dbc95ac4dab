import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../dag/json.js';
import type { RunView } from '../../workflows/run-view.js';
import { ExampleWorker, inStates } from '../support/example-runs.js';

let examples: ExampleWorker;
beforeAll(async () => {
  examples = await ExampleWorker.start();
});
afterAll(() => examples?.stop());

const text = async (...path: string[]): Promise<string> => readFile(join(...path), 'utf8');

describe('trigger-controller and trigger-target', () => {
  const started = 'to-mayor file to-friend[0] to-friend[1] to-archive done';

  it('hand params on and outputs back', async () => {
    const folder = await examples.folder();
    const { runId, states, outputs } = await examples.run('example-trigger-controller', {
      params: { folder },
      logicalDate: '2026-05-04T00:00:00Z',
    });
    expect(states).toEqual(inStates({ success: started }));
    expect(await text(folder, 'mayor.txt')).toBe('Dear Mayor\nThe museum is open again.\nDo come.');
    expect(outputs.done).toBe(
      ['Ada', 'Grace'].map((name) => `Dear ${name}\nThe museum is open again.\nDo come.`).join(' / '),
    );
    const triggered = (task: string) => `example-trigger-controller.${runId}.${task}`;
    const { worker } = examples;
    const [mayor, archive] = await Promise.all(
      ['to-mayor', 'to-archive'].map(async (task) => {
        const handle = worker.client.workflow.getHandle(`example-trigger-target/${triggered(task)}`);
        await handle.result();
        return worker.record('example-trigger-target', triggered(task));
      }),
    );
    // The one that was triggered has the logical date of the one that triggers, unless it says otherwise.
    expect(mayor).toMatchObject({ state: 'success', logicalDate: '2026-05-04T00:00:00.000Z' });
    expect(archive).toMatchObject({ state: 'success', logicalDate: '2026-01-01T00:00:00.000Z' });
    expect(archive?.tasks.map(({ output }) => output)).toEqual([null, 'Dear Archive\nHello.']);
  });

  it('fail together, but for what nobody waits for', async () => {
    const folder = await examples.folder();
    const { state, states, error } = await examples.run('example-trigger-controller', {
      params: { folder, lines: [] },
    });
    expect(states).toEqual(
      inStates({
        success: 'to-archive',
        failed: 'to-mayor to-friend[0] to-friend[1]',
        upstreamFailed: 'file done',
      }),
    );
    expect(state).toBe('failed');
    expect(error).toContain('nothing to write');
  });
});

describe('failing', () => {
  it.each<[Record<string, Json>, Record<string, string>, Json, string[]]>([
    [
      { failures: 0 },
      { success: 'fetch publish', skipped: 'use-copy yesterday give-up' },
      'fresh figures',
      ['run succeeded'],
    ],
    [
      { failures: 2 },
      { success: 'fetch publish', skipped: 'use-copy yesterday give-up' },
      'fresh figures',
      ['fetch is retried', 'fetch is retried', 'run succeeded'],
    ],
    [
      {},
      { failed: 'fetch', success: 'use-copy yesterday publish', skipped: 'give-up' },
      'figures of yesterday',
      ['fetch failed', 'fetch is retried', 'fetch is retried', 'run succeeded'],
    ],
    [
      { copy: false },
      { failed: 'fetch give-up', success: 'use-copy', skipped: 'yesterday', upstreamFailed: 'publish' },
      null,
      ['fetch failed', 'fetch is retried', 'fetch is retried', 'run failed'],
    ],
  ])('%o', async (params, states, published, told) => {
    const folder = await examples.folder();
    const run = await examples.run('example-failing', { params: { folder, ...params } });
    expect(run.states).toEqual(inStates(states));
    expect(run.outputs.publish ?? null).toBe(published);
    expect(run.state).toBe(published === null ? 'failed' : 'success');
    expect((await text(folder, 'told.txt')).trim().split('\n').sort()).toEqual(told);
    if (published === null) expect(run.error).toContain('there are no figures, not even old ones');
  });
});

describe('external-parent and external-child', () => {
  const soon = { timeout: 30_000 };

  it('meet at a logical date, whoever comes first', async () => {
    const folder = await examples.folder();
    const logicalDate = new Date().toISOString();
    const day = logicalDate.slice(0, 10);
    const child = await examples.start('example-external-child', { params: { folder }, logicalDate });
    const looked = async (): Promise<string | undefined> => {
      const view = await child.handle.query<RunView | undefined>('state');
      return view?.tasks.find(({ key }) => key === 'day-before')?.state;
    };
    await expect.poll(looked, soon).toBe('skipped');
    const parent = await examples.run('example-external-parent', { params: { folder }, logicalDate });
    expect(parent.states).toEqual(inStates({ success: 'figures archive' }));
    const { states, outputs } = await child.ended();
    expect(states).toEqual(
      inStates({ success: 'figures-there read run-over size compare', skipped: 'day-before' }),
    );
    expect(outputs).toMatchObject({ read: 42, size: 3 });
    expect(await readdir(folder)).toEqual([`${day}.txt`, `${day}.txt.gz`]);
  });

  it('know of each other when the one fails', async () => {
    const folder = await examples.folder();
    const logicalDate = new Date().toISOString();
    await examples.run('example-external-parent', { params: { folder, works: false }, logicalDate });
    const { states, error } = await examples.run('example-external-child', {
      params: { folder },
      logicalDate,
    });
    expect(states).toEqual(
      inStates({
        failed: 'figures-there run-over',
        upstreamFailed: 'read size compare',
        skipped: 'day-before',
      }),
    );
    expect(error).toContain('example-external-parent');
  });
});

describe('datasets', () => {
  // Runs that datasets start take the default folder.
  const folder = '/tmp/nightjar-examples/datasets';
  beforeAll(() => rm(folder, { recursive: true, force: true }));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Ids of the runs that datasets have started on this worker, in order. */
  const startedRuns = async (dagId: string): Promise<string[]> => {
    const { client, taskQueue } = examples.worker;
    const query = `TaskQueue = "${taskQueue}" AND WorkflowType = "${dagId}"`;
    const found = [];
    for await (const { workflowId, status } of client.workflow.list({ query }))
      if (status.name === 'COMPLETED') found.push(workflowId.slice(dagId.length + 1));
    return found.sort();
  };
  const runsOf = (dagId: string) => expect.poll(() => startedRuns(dagId), { timeout: 30_000 });

  it('start what waits for all of them, or for any', async () => {
    const bakery = (params: Record<string, Json>) => examples.run('example-datasets-bakery', { params });
    const [report, alarm] = ['example-datasets-report', 'example-datasets-alarm'];

    expect((await bakery({ sold: 100 })).states).toEqual(inStates({ success: 'sales', skipped: 'prices' }));
    expect((await bakery({ sold: -1 })).states).toEqual(inStates({ failed: 'sales', skipped: 'prices' }));
    // The skip and the failure have updated nothing: so far there are no prices.
    expect((await bakery({ sold: null, price: 3.5 })).states).toEqual(
      inStates({ success: 'prices', skipped: 'sales' }),
    );
    await runsOf(report).toHaveLength(1);
    await runsOf(alarm).toHaveLength(1);
    const [[reported = ''], [alarmed = '']] = await Promise.all([startedRuns(report), startedRuns(alarm)]);
    const first = await examples.ended(report, reported);
    expect(first.states).toEqual(inStates({ success: 'turnover sources' }));
    expect(first.outputs).toMatchObject({
      turnover: '100 loaves at 3.5',
      sources: 'bakery/sales by sales, bakery/prices by prices',
    });
    const rung = await examples.ended(alarm, alarmed);
    // Started by the price, and told of the sales that were waiting for the weather.
    expect(rung.states).toEqual(inStates({ success: 'which new-price new-sales' }));

    // Another price alone is no reason for a report, but for an alarm.
    await bakery({ sold: null, price: 4 });
    await runsOf(alarm).toHaveLength(2);
    expect(await startedRuns(report)).toHaveLength(1);
    const again = (await startedRuns(alarm)).find((id) => id !== alarmed) ?? '';
    expect((await examples.ended(alarm, again)).states).toEqual(
      inStates({ success: 'which new-price', skipped: 'new-sales' }),
    );
    const byHand = await examples.run(alarm);
    expect(byHand.states).toEqual(inStates({ success: 'which', skipped: 'new-price new-sales' }));
  });
});
