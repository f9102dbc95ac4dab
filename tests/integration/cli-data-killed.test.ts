import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { manifestName } from '../../activities/context/layout.js';
import { defineOperator } from '../../activities/operator.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { TestWorker } from '../support/test-worker.js';

/** DAGs belong to the whole namespace. */
const dagId = `killed-${randomBytes(3).toString('hex')}`;
const files = 60;
const copies = 100;

const write = defineOperator({
  name: 'write',
  description: 'Publishes a dataset of many files',
  params: z.strictObject({}),
  async run({ storage }) {
    await mkdir(join(storage.folder, 'rows'));
    for (let n = 0; n < files; n++) await writeFile(join(storage.folder, 'rows', `part-${n}.bin`), 'rows');
    return storage.publish('rows', { path: 'rows', rows: files, schema: [] });
  },
});
const read = defineOperator({
  name: 'read',
  description: 'Finds a dataset',
  params: z.strictObject({ from: z.any() }),
  run: async ({ storage }, { from }) => ({ found: (await storage.locate(from)) !== '' }),
});

let worker: TestWorker;
let command: ReturnType<typeof nightjarOf>;
beforeAll(async () => {
  worker = await TestWorker.start([write, read]);
  command = nightjarOf(worker);
});
afterAll(() => worker?.stop());

const folderOf = (run: string): string => join(worker.dataRoot, dagId, run);
const copyNames = Array.from({ length: copies }, (_, n) => `copy-${n}`);

/** The datasets that a run still has, by task: how many files each holds, manifest included. */
const datasetsOf = (run: string): Record<string, number> =>
  Object.fromEntries(
    ['load', 'more'].flatMap((task) => {
      const [name] = existsSync(join(folderOf(run), task)) ? readdirSync(join(folderOf(run), task)) : [];
      if (name === undefined) return [];
      const generation = join(folderOf(run), task, name);
      const rows = existsSync(join(generation, 'rows')) ? readdirSync(join(generation, 'rows')).length : 0;
      return [[task, rows + Number(existsSync(join(generation, manifestName)))]];
    }),
  );

it('a collection that is killed leaves whole datasets or none; the next one ends it, and keeps what is used', async () => {
  await worker.dag(`
dagId: ${dagId}
tasks:
  - { id: load, operator: write }
  - { id: more, operator: write, dependsOn: load }
  - { id: check, operator: read, dependsOn: more, with: { from: "\${{ tasks.load.output }}" } }
`);
  await worker.run(dagId, {}, `${dagId}/first`);
  // Goes by what the first has loaded.
  const replay = { workflowId: `${dagId}/first`, tasks: ['more'] };
  await worker.run(dagId, { replay }, `${dagId}/current`);
  const whole = files + 1;
  expect(datasetsOf('first')).toEqual({ load: whole, more: whole });
  expect(datasetsOf('current')).toEqual({ more: whole });
  const record = JSON.stringify(await worker.record(dagId, 'first'));
  for (const name of copyNames) {
    await cp(folderOf('first'), folderOf(name), { recursive: true });
    const own = record
      .replaceAll(`${dagId}/first`, `${dagId}/${name}`)
      .replace('"runId":"first"', `"runId":"${name}"`);
    await writeFile(join(folderOf(name), 'run.json'), own);
  }

  const options = ['data', 'gc', '--keep', '0', '--older-than', '0s', '--offline', '--yes'];
  const left = (): number => copyNames.filter((name) => datasetsOf(name).load !== undefined).length;
  const collection = command.start(...options);
  const ended = once(collection, 'exit');
  await vi.waitUntil(() => left() < copies, { timeout: 30_000, interval: 2 });
  collection.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(left()).toBeGreaterThan(0);
  for (const name of copyNames)
    for (const [task, count] of Object.entries(datasetsOf(name)))
      expect(count, `${name} ${task}`).toBe(whole);

  const again = (name: string) =>
    worker.run(
      dagId,
      { replay: { workflowId: `${dagId}/${name}`, tasks: ['check'] } },
      `${dagId}/${name}-again`,
    );
  const without = copyNames.find((name) => datasetsOf(name).load === undefined) ?? '';
  expect(await again(without)).toContain('its files were deleted; run the task that writes it again');

  expect((await command(...options)).code).toBe(0);
  expect(existsSync(join(worker.dataRoot, '.trash'))).toBe(false);
  expect(copyNames.flatMap((name) => Object.keys(datasetsOf(name)))).toEqual([]);
  expect(datasetsOf('first')).toEqual({ load: whole, more: whole });
  expect(datasetsOf('current')).toEqual({ more: whole });
  expect(await again('first')).toMatchObject({ state: 'success' });
});
