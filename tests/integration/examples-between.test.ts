import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../dag/json.js';
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
    examples.ran.add('example-trigger-target');
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
