import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { applyStep } from '../../../cli/schedules/apply.js';
import { planDeploy } from '../../../cli/schedules/plan.js';
import { scheduleId } from '../../../cli/schedules/settings.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { type PoolView, poolWorkflowId } from '../../../dag/pool/messages.js';
import type { RunView } from '../../../workflows/run-view.js';
import { type CaseRun, casesFolder, useCases } from '../../support/cases.js';
import { states } from '../../support/test-worker.js';

/** DAGs of these tests alone. */
const ownDags = mkdtempSync(join(tmpdir(), 'nightjar-dags-'));
afterAll(() => rmSync(ownDags, { recursive: true }));

const cases = useCases([
  'pools.small.slots=2',
  'leases.checkInterval=1s',
  `dags.folders=[${casesFolder}, ${ownDags}]`,
]);

type Interval = { startedAt: number; finishedAt: number };

/** A run of a case to its end, as people see it. */
async function viewed(dagId: string): Promise<RunView> {
  const workflowId = `${dagId}/viewed`;
  await cases.worker().run(dagId, undefined, workflowId);
  return cases.worker().client.workflow.getHandle(workflowId).query<RunView>('state');
}

const statesIn = ({ tasks }: CaseRun['record']): Record<string, string> =>
  Object.fromEntries(tasks.map(({ key, state }) => [key, state]));

const intervalsOf = ({ tasks }: RunView): Interval[] =>
  tasks.map(({ startedAt = 0, finishedAt = 0 }) => ({ startedAt, finishedAt }));

/** The most intervals that have a moment in common. */
const mostAtOnce = (intervals: readonly Interval[]): number =>
  Math.max(
    ...intervals.map(
      ({ startedAt }) =>
        intervals.filter((other) => other.startedAt <= startedAt && startedAt < other.finishedAt).length,
    ),
  );

/** Workflow IDs of a DAG's runs. */
async function runsOf(dagId: string): Promise<string[]> {
  const { client, taskQueue } = cases.worker();
  const query = `WorkflowType = "${dagId}" AND TaskQueue = "${taskQueue}"`;
  const found = [];
  for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
  return found.sort();
}

describe('pools', () => {
  it('pool-control: tasks that the run carries out itself take slots as others do', async () => {
    const view = await viewed('pool-control');
    expect(states(view)).toEqual({ 's[0]': 'success', 's[1]': 'success', 's[2]': 'success' });
    expect(mostAtOnce(intervalsOf(view))).toBe(1);
  });

  it('pool-trigger: a run of another DAG holds the slots of the task that waits for it', async () => {
    const view = await viewed('pool-trigger');
    expect(states(view)).toEqual({ 't[0]': 'success', 't[1]': 'success', 't[2]': 'success' });
    const children = await runsOf('pool-child');
    expect(children).toHaveLength(3);
    const times = await Promise.all(
      children.map(async (workflowId) => {
        const child = await cases.worker().client.workflow.getHandle(workflowId).query<RunView>('state');
        return intervalsOf(child);
      }),
    );
    expect(mostAtOnce(times.flat())).toBe(1);
  });

  it('pool-leak: slots of a run that was terminated are free for the next one', async () => {
    const { client } = cases.worker();
    const pool = client.workflow.getHandle(poolWorkflowId('small'));
    const holder = await cases.worker().start('pool-leak', { params: { s: 600 } }, 'pool-leak/holds');
    await expect.poll(() => pool.query<PoolView>('state')).toMatchObject({ used: 2, queued: 1 });
    await holder.terminate('the test says so');
    const { state, record } = await cases.run('pool-leak');
    expect(state).toBe('success');
    expect(statesIn(record)).toEqual({ a: 'success', b: 'success' });
    await expect.poll(() => pool.query<PoolView>('state')).toMatchObject({ used: 0, queued: 0 });
  });

  it('hold for every operator of the run itself, and are given up when the run is cancelled', async () => {
    const worker = cases.worker();
    const all = `
  - { id: nothing, operator: noop }
  - { id: pick, operator: branch, with: { choose: slept } }
  - { id: go, operator: short-circuit, with: { condition: true } }
  - { id: latest, operator: latest-only }
  - { id: slept, operator: sleep, dependsOn: pick, with: { for: 10ms } }
  - { id: timed, operator: time-sensor, with: { after: 0s } }
  - { id: failed, operator: fail, with: { message: as it should } }`;
    const dag = (id: string) => `dagId: ${id}\ndefaults: { pool: small }\ntasks:${all}`;
    for (const id of ['waits', 'goes']) writeFileSync(join(ownDags, `${id}.yaml`), dag(id));
    const pool = worker.client.workflow.getHandle(poolWorkflowId('small'));
    const holder = await worker.start('pool-control', undefined, 'pool-control/holds');
    await expect.poll(() => pool.query<PoolView>('state')).toMatchObject({ used: 2 });
    const cancelled = await worker.start('waits');
    const goes = await worker.start('goes');
    await expect
      .poll(async () => Object.values(states(await goes.query<RunView>('state'))))
      .toEqual([...['queued', 'queued', 'queued', 'queued'], ...['none', 'queued', 'queued']]);
    await cancelled.cancel();
    await worker.result(cancelled);
    expect((await cancelled.describe()).status.name).toBe('CANCELLED');
    await expect.poll(() => pool.query<PoolView>('state')).toMatchObject({ used: 2, queued: 8 });
    await holder.terminate('the test says so');
    expect(await worker.result(goes)).toContain('as it should');
    expect(states(await goes.query<RunView>('state'))).toEqual({
      ...{ nothing: 'success', pick: 'success', go: 'success', latest: 'success', slept: 'success' },
      ...{ timed: 'success', failed: 'failed' },
    });
    await expect.poll(() => pool.query<PoolView>('state')).toMatchObject({ used: 0, queued: 0 });
  });
});

describe('retries and sensors', () => {
  it.concurrent('backoff: delays that double stay below their bound', async () => {
    const { state, record } = await cases.run('backoff');
    expect(state).toBe('success');
    expect(record.tasks[0]?.stats).toMatchObject({ tries: 75 });
  });

  it.concurrent('sensor-timeout: retries do not extend it', async () => {
    const { state, reasons, record } = await cases.run('sensor-timeout');
    expect(state).toBe('failed');
    expect(statesIn(record)).toEqual({ s: 'skipped', s2: 'failed', after: 'success' });
    for (const sensor of ['s', 's2']) expect(reasons[sensor]).toMatch(/^waited 4s/);
  });
});

describe('schedules', () => {
  it.concurrent('burst-producer: updates in a burst start a run each, or one for all', async ({ expect }) => {
    const { state } = await cases.run('burst-producer');
    expect(state).toBe('success');
    const started = () => Promise.all(['burst-each', 'burst-both'].map(runsOf));
    await expect.poll(async () => (await started()).map((runs) => runs.length)).toEqual([4, 1]);
  });

  it.concurrent('storm: a day of minutes is caught up, each once, two at a time', async ({
    expect,
    onTestFinished,
  }) => {
    const { client, taskQueue } = cases.worker();
    // The same with fewer minutes, of today.
    const minute = 60_000;
    const until = Math.floor(Date.now() / minute) * minute - 5 * minute;
    const due = Array.from({ length: 31 }, (_, index) => new Date(until - (30 - index) * minute));
    const text = readFileSync(join(casesFolder, 'storm', 'dag.yaml'), 'utf8')
      .replace(/dagId: .*/, 'dagId: storm-of-today')
      .replace(/startDate: .*/, `startDate: ${due[0]?.toISOString()}`)
      .replace(/endDate: .*/, `endDate: ${due.at(-1)?.toISOString()}`);
    writeFileSync(join(ownDags, 'storm.yaml'), text);
    const parsed = parseDag(text, { file: 'storm.yaml' });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const place = { file: 'storm.yaml', line: 1, column: 1 };
    const file = {
      ok: true as const,
      file: 'storm.yaml',
      folder: '/',
      hash: '',
      dag: parsed.dag,
      warnings: [],
      place,
    };
    const steps = await planDeploy({
      ...{ client, files: [file], folders: [], taskQueue, prune: false, now: new Date() },
    });
    const step = steps.find(({ dagId }) => dagId === 'storm-of-today');
    if (step === undefined) throw new Error('nothing is to be deployed');
    onTestFinished(() => client.schedule.getHandle(scheduleId('storm-of-today')).delete());
    await applyStep(client, step);
    await expect.poll(() => runsOf('storm-of-today')).toHaveLength(31);
    const runs = await runsOf('storm-of-today');
    expect(runs).toEqual(due.map((time) => `storm-of-today-${time.toISOString().replace('.000', '')}`));
    const times = await Promise.all(
      runs.map(async (workflowId) => {
        const handle = client.workflow.getHandle(workflowId);
        await handle.result();
        return intervalsOf(await handle.query<RunView>('state'));
      }),
    );
    expect(mostAtOnce(times.flat())).toBeLessThanOrEqual(2);
  });
});

it('the histories of all of this replay', async () => {
  const failed = [...(await cases.worker().replayAll())].filter(([, error]) => error !== undefined);
  expect(failed).toEqual([]);
});
