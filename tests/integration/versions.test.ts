import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { Gates } from '../support/gates.js';
import { TestWorker } from '../support/test-worker.js';

const gates = new Gates();

const gate = defineOperator({
  name: 'gate',
  description: 'waits until the test opens the gate of its run',
  params: z.strictObject({}),
  run: async ({ runId, signal }) => {
    await gates.pass(runId, signal);
    return null;
  },
});
const echo = defineOperator({
  name: 'echo',
  description: 'returns its params',
  params: z.strictObject({ value: z.json() }),
  run: async (_context, { value }) => value,
});

const first = `
dagId: edited
tasks:
  - { id: hold, operator: gate }
  - { id: tell, operator: echo, dependsOn: [hold], with: { value: one } }
`;
const second = `
dagId: edited
tasks:
  - { id: hold, operator: gate }
  - { id: also, operator: echo, dependsOn: [hold], with: { value: more } }
  - { id: tell, operator: echo, dependsOn: [also], with: { value: two } }
`;

const outputs = ({ tasks }: RunRecord): Record<string, unknown> =>
  Object.fromEntries(tasks.map(({ key, output }) => [key, output]));

describe('a DAG whose file changes while it runs', () => {
  let worker: TestWorker;
  let early: RunRecord;
  let late: RunRecord;

  beforeAll(async () => {
    worker = await TestWorker.start([gate, echo]);
    await worker.dag(first);
    const one = await worker.start('edited', undefined, 'edited/early');
    await gates.reached('early');
    await worker.dag(second);
    const two = await worker.start('edited', undefined, 'edited/late');
    await gates.reached('late');
    // Neither run needs the file any more.
    await rm(join(worker.folder, 'dags', 'edited.yaml'));
    gates.open('early');
    gates.open('late');
    await Promise.all([worker.result(one), worker.result(two)]);
    early = await worker.record('edited', 'early');
    late = await worker.record('edited', 'late');
  });
  afterAll(() => worker?.stop());

  it('has two versions in flight side by side, each run keeping its own to the end', () => {
    expect(early.state).toBe('success');
    expect(outputs(early)).toEqual({ hold: null, tell: 'one' });
    expect(late.state).toBe('success');
    expect(outputs(late)).toEqual({ hold: null, also: 'more', tell: 'two' });
  });

  it('is told apart by the hash in the records', async () => {
    expect(early.dagHash).toMatch(/^[0-9a-f]{16,}$/);
    expect(late.dagHash).not.toBe(early.dagHash);
    await worker.dag(second);
    gates.open('again');
    await worker.run('edited', undefined, 'edited/again');
    expect((await worker.record('edited', 'again')).dagHash).toBe(late.dagHash);
  });

  it('is replayed as it was, or as it is now', async () => {
    const replay = { workflowId: 'edited/early', tasks: ['tell'] };
    await worker.run('edited', { replay: { ...replay, dag: 'original' } }, 'edited/original');
    const original = await worker.record('edited', 'original');
    expect(original.dagHash).toBe(early.dagHash);
    expect(outputs(original)).toEqual({ hold: null, tell: 'one' });

    await worker.run('edited', { replay: { ...replay, dag: 'latest' } }, 'edited/latest');
    const latest = await worker.record('edited', 'latest');
    expect(latest.dagHash).toBe(late.dagHash);
    expect(outputs(latest)).toEqual({ hold: null, also: 'more', tell: 'two' });
  });
});
