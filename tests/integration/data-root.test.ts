import { execFileSync } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { readFixture } from '../support/fixtures.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { states, TestWorker } from '../support/test-worker.js';

let worker: TestWorker;
beforeEach(async () => {
  worker = await TestWorker.start(builtInOperators, ['logging.runLogSize=1M']);
});
afterEach(() => worker.stop());

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });

/** Only root may mount a disk. */
const canMount = process.getuid?.() === 0;

/** A run that has begun, and whose second task starts when the gate is opened. */
async function startGated(): Promise<{ handle: WorkflowHandle; open: () => Promise<void> }> {
  const gate = join(worker.folder, 'gate');
  await worker.dag(`dagId: gated
tasks:
  - { id: gate, operator: file-sensor, with: { path: ${gate}, pokeInterval: 100ms } }
  - { id: rows, operator: spark-sql, dependsOn: gate, with: { datasets: { numbers: { sql: "SELECT id, sha2(CAST(id AS string), 512) AS hash FROM range(20000)" } } } }
  - { id: said, operator: shell, dependsOn: gate, with: { command: echo done } }
`);
  const handle = await worker.start('gated');
  await expect.poll(() => running()).toContainEqual(expect.objectContaining({ key: 'gate' }));
  return { handle, open: () => writeFile(gate, '') };
}

/** What the command shows of the run's tasks. */
async function running(): Promise<{ key: string; progress?: { message?: string } }[]> {
  return (await nightjarOf(worker).json('runs', 'show', 'gated/run')).running ?? [];
}

async function expectWaits(key: string, why: string): Promise<void> {
  const message = `waits: the data root ${worker.dataRoot} can't be used: ${why}`;
  const waits = { key, progress: expect.objectContaining({ message }) };
  await expect.poll(running).toContainEqual(expect.objectContaining(waits));
}

async function expectSuccess(handle: WorkflowHandle): Promise<void> {
  const view = await worker.result(handle);
  if (typeof view === 'string') throw new Error(view);
  expect(states(view)).toEqual({ gate: 'success', rows: 'success', said: 'success' });
  const { tasks } = await worker.record('gated');
  const outputs = Object.fromEntries(tasks.map(({ key, output }) => [key, output]));
  expect(outputs).toMatchObject({ rows: { numbers: { rows: 20_000 } }, said: 'done' });
  // A wait uses up no attempt.
  expect(tasks.filter(({ key }) => key !== 'gate').map(({ stats }) => stats?.tries)).toEqual([1, 1]);
}

it('waits for a data root that has vanished, and does not make it anew', async () => {
  const { handle, open } = await startGated();
  await rename(worker.dataRoot, `${worker.dataRoot}-away`);
  await open();
  await expectWaits('gate', 'it is not there');
  await rename(`${worker.dataRoot}-away`, worker.dataRoot);
  await expectSuccess(handle);
});

it('a run that can not be prepared says why at once, and goes on when it can be', async () => {
  await worker.dag('dagId: early\ntasks: [{ id: one, operator: noop }]');
  await rename(worker.dataRoot, `${worker.dataRoot}-away`);
  const handle = await worker.start('early');
  const shown = async () => (await nightjarOf(worker).json('runs', 'show', 'early/run')).problem;
  const why = `the run can't be prepared: the data root ${worker.dataRoot} can't be used: it is not there; it is tried again until `;
  await expect.poll(shown).toMatch(why);
  const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain(why);
  await rename(`${worker.dataRoot}-away`, worker.dataRoot);
  expect(await worker.result(handle)).toMatchObject({ state: 'success' });

  // What is no matter of the data root is in the run's log.
  const dags = join(worker.folder, 'dags');
  await rename(dags, `${dags}-away`);
  await writeFile(dags, '');
  const second = await worker.start('early', undefined, 'early/second');
  const log = join(worker.dataRoot, 'early/second/run.log');
  await expect
    .poll(() => readFile(log, 'utf8').catch(() => ''))
    .toContain(`the run can't be prepared: ENOTDIR: not a directory, scandir '${dags}'`);
  await rm(dags);
  await rename(`${dags}-away`, dags);
  expect(await worker.result(second)).toMatchObject({ state: 'success' });
});

describe.runIf(canMount)('a disk of its own', () => {
  beforeEach(() => mount('-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', worker.dataRoot));
  // The run's log may still be open.
  afterEach(() => execFileSync('umount', ['--lazy', worker.dataRoot]));

  it('waits while it is full, and goes on when there is room again', async () => {
    const { handle, open } = await startGated();
    const ballast = join(worker.dataRoot, 'ballast');
    // What Spark writes doesn't fit in what is left.
    await writeFile(ballast, Buffer.alloc(3.5 * 1024 ** 2));
    await open();
    await expectWaits('rows', 'its disk is full');
    await rm(ballast);
    await expectSuccess(handle);
  });

  it('waits while it is read-only', async () => {
    const { handle, open } = await startGated();
    mount('-t', 'tmpfs', '-o', 'ro', 'tmpfs', worker.dataRoot);
    await open();
    await expectWaits('gate', 'it is read-only');
    execFileSync('umount', [worker.dataRoot]);
    await expectSuccess(handle);
  });

  it('keeps the end of what a task prints without bounds', async () => {
    await worker.dag(await readFixture('hostile', 'fill.yaml'));
    const view = await worker.run('fill');
    expect(view).toMatchObject({ state: 'success' });
    const { stdout } = await nightjarOf(worker)('runs', 'logs', 'fill/run', '--json');
    const messages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    expect(messages.slice(-2)).toEqual(['done', 'shell succeeded']);
    expect(messages.length).toBeLessThan(20_000);
  });
});
