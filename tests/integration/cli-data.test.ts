import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { commandWorker } from '../support/command-worker.js';
import { nightjar } from '../support/nightjar-command.js';
import { gates, wait } from '../support/wait-operator.js';

/** DAGs belong to the whole namespace. */
const own = randomBytes(3).toString('hex');
const etl = `etl-${own}`;
const slow = `slow-${own}`;

/** Writes 1000 bytes, and publishes them as a dataset unless it fails first. */
const write = defineOperator({
  name: 'write',
  description: 'Writes a file',
  params: z.strictObject({ fail: z.boolean().default(false) }),
  async run({ storage }, { fail }) {
    await mkdir(join(storage.folder, 'rows'));
    await writeFile(join(storage.folder, 'rows', 'part-0.bin'), Buffer.alloc(1000));
    if (fail) throw new Error('half way');
    return storage.publish('rows', { path: 'rows', rows: 1, schema: [] });
  },
});
const read = defineOperator({
  name: 'read',
  description: 'Finds a dataset',
  params: z.strictObject({ from: z.any() }),
  run: async ({ storage }, { from }) => ({ found: (await storage.locate(from)) !== '' }),
});

const { worker, command } = await commandWorker([write, read, wait]);
beforeAll(async () => {
  await worker.dag(`
dagId: ${etl}
params: { fail: { type: boolean, default: false } }
tasks:
  - { id: load, operator: write }
  - { id: more, operator: write, dependsOn: load, with: { fail: "\${{ params.fail }}" } }
  - { id: check, operator: read, dependsOn: more, with: { from: "\${{ tasks.load.output }}" } }
`);
  await worker.dag(`
dagId: ${slow}
tasks:
  - { id: load, operator: write }
  - { id: hang, operator: wait, dependsOn: load, with: { gate: ${slow} } }
`);
  await worker.run(etl, {}, `${etl}/1`);
  await worker.run(etl, { params: { fail: true } }, `${etl}/2`);
  // Takes over what 2 has loaded.
  await worker.run(etl, { params: { fail: false }, replay: { workflowId: `${etl}/2` } }, `${etl}/3`);
  await worker.start(slow, {}, `${slow}/1`);
  await vi.waitUntil(() => existsSync(join(worker.dataRoot, slow, '1/load')), { timeout: 60_000 });
});
afterAll(() => gates.open(slow));

const tasksOf = async (dag: string, run: string): Promise<string[]> =>
  (await readdir(join(worker.dataRoot, dag, run), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
const gc = (...args: string[]) => command.json('data', 'gc', '--yes', ...args);
const told = ({ removed }: { removed: { workflowId: string; what: string }[] }): string[] =>
  removed.map(({ workflowId, what }) => `${what} ${workflowId}`);

describe('nightjar data list', () => {
  it('tells the runs on disk, with what they take', async () => {
    const runs = await command.json('data', 'list', etl);
    expect(runs).toMatchObject([
      { workflowId: `${etl}/3`, state: 'success', current: true },
      { workflowId: `${etl}/2`, state: 'failed', current: false },
      { workflowId: `${etl}/1`, state: 'success', current: false },
    ]);
    for (const { bytes } of runs) expect(bytes).toBeGreaterThan(1000);
    const { stdout, stderr } = await command('data', 'list');
    expect(stdout).toMatch(new RegExp(`${slow}/1 .* running .* KiB`));
    expect(stderr).toMatch(/^4 runs, .* KiB at /);
  });

  it('a DAG without data is unknown, with the nearest', async () => {
    const { code, stderr } = await command('data', 'list', etl.toUpperCase());
    expect(code).toBe(2);
    expect(stderr).toContain(`did you mean '${etl}'?`);
  });
});

describe('nightjar data gc', () => {
  it('asks nobody where nobody can answer, and removes nothing then', async () => {
    const { code, stderr } = await command('data', 'gc', '--keep', '0');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--yes .*--dry-run/);
    expect(await tasksOf(etl, '1')).toEqual(['load', 'more']);
  });

  it('needs the server, as it does not know otherwise which runs are open', async () => {
    const { code, stderr } = await nightjar(
      ['data', 'gc', '--yes', '--keep', '0', '--set', `dataRoot=${worker.dataRoot}`],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(/no Temporal server at 127\.0\.0\.1:1.*--offline/s);
    expect(await tasksOf(etl, '1')).toEqual(['load', 'more']);
  });

  it('--dry-run tells what the real one then does: what nobody uses goes, what a replay uses stays', async () => {
    // Neither a link nor a folder without a record is a run's.
    await symlink(join(worker.dataRoot, etl, '1'), join(worker.dataRoot, etl, 'link'));
    await mkdir(join(worker.dataRoot, etl, 'notes/load/0'), { recursive: true });
    // As a removal leaves it that is killed.
    await mkdir(join(worker.dataRoot, '.trash/killed/0/rows'), { recursive: true });

    const options = ['--keep', '0', '--older-than', '0s'];
    const plan = await command.json('data', 'gc', '--dry-run', ...options);
    expect(told(plan)).toEqual([`uncommitted ${etl}/2`, `data ${etl}/1`]);
    expect(plan).toMatchObject({ dryRun: true });
    expect(await tasksOf(etl, '1')).toEqual(['load', 'more']);

    const done = await gc(...options);
    expect(done.removed).toEqual(plan.removed);
    expect(done.bytes).toBeGreaterThan(3000);
    expect(await tasksOf(etl, '1')).toEqual([]);
    expect(existsSync(join(worker.dataRoot, etl, '1/run.json'))).toBe(true);
    // Its try at "more" never was committed; "load" is what run 3 goes by.
    expect(await tasksOf(etl, '2')).toEqual(['load']);
    expect(await tasksOf(etl, '3')).toEqual(['more']);
    expect(await tasksOf(slow, '1')).toEqual(['load']);
    expect(existsSync(join(worker.dataRoot, etl, 'notes/load/0'))).toBe(true);
    expect(existsSync(join(worker.dataRoot, '.trash'))).toBe(false);

    expect(told(await gc(...options))).toEqual([]);
  });

  it('runs whose data are left still replay; one whose data are gone says so', async () => {
    const again = { tasks: ['check'] };
    const view = await worker.run(etl, { replay: { workflowId: `${etl}/3`, ...again } }, `${etl}/4`);
    expect(view).toMatchObject({ tasks: expect.any(Array) });
    expect(await worker.run(etl, { replay: { workflowId: `${etl}/1`, ...again } }, `${etl}/5`)).toMatch(
      /its files were deleted; run the task that writes it again/,
    );
  });

  it('--records removes runs whole; an open run is left, also offline', async () => {
    const removed = told(await gc('--keep', '0', '--records', '--offline'));
    expect(removed).toContain(`run ${etl}/1`);
    expect(removed.join()).not.toContain(slow);
    expect(existsSync(join(worker.dataRoot, etl, '1'))).toBe(false);
    expect(existsSync(join(worker.dataRoot, slow, '1/run.json'))).toBe(true);
  });

  it('goes by the settings without options, and by the server about runs that were terminated', async () => {
    await worker.client.workflow.getHandle(`${slow}/1`).terminate();
    const removed = told(await gc(slow, '--set', 'retention.keepRuns=0'));
    expect(removed).toEqual([`data ${slow}/1`]);
  });

  it('a run that never ended and that the server does not know is left, unless it is called forgotten', async () => {
    const folder = join(worker.dataRoot, slow, '1');
    const file = join(folder, 'run.json');
    const record = { ...(await worker.record(slow, '1')), runId: '2', workflowId: `${slow}/2` };
    await mkdir(join(worker.dataRoot, slow, '2/load/0'), { recursive: true });
    await writeFile(join(worker.dataRoot, slow, '2/run.json'), JSON.stringify(record));
    expect(existsSync(file)).toBe(true);
    const { stdout, stderr } = await command('data', 'gc', slow, '--keep', '0', '--yes');
    expect(stderr).toContain(`server doesn't know them (--forgotten counts them as ended): ${slow}/2`);
    expect(stdout).toContain('removed 0 B of 0 runs');
    expect(told(await gc(slow, '--keep', '0', '--forgotten'))).toEqual([`data ${slow}/2`]);
    expect(await tasksOf(slow, '2')).toEqual([]);
  });
});
