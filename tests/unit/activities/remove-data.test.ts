import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { Removal } from '../../../activities/retention/plan.js';
import { remove } from '../../../activities/retention/remove.js';
import { readStoredRuns } from '../../../activities/retention/stored-runs.js';
import { tempFolder } from '../../support/temp-folder.js';

function file(path: string, text = ''): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const removal = (folder: string, ...paths: string[]): Removal =>
  ({ run: { folder }, what: 'data', paths, bytes: 0 }) as unknown as Removal;

it('tries are removed with the folders of their tasks, and nothing beside them', async () => {
  const root = tempFolder();
  const run = join(root, 'etl/1');
  for (const name of ['load/g-0/rows', 'load/g-1/rows', 'more/g-0/rows', 'run.json']) file(join(run, name));
  await remove(removal(run, 'load/g-0', 'more/g-0'), root);
  expect(existsSync(join(run, 'load/g-0'))).toBe(false);
  expect(existsSync(join(run, 'load/g-1/rows'))).toBe(true);
  expect(existsSync(join(run, 'more'))).toBe(false);
  expect(existsSync(join(run, 'run.json'))).toBe(true);
});

it('what has become a link, or goes through one, is left with all that it leads to', async () => {
  const root = tempFolder();
  const elsewhere = tempFolder();
  file(join(elsewhere, 'g-0/precious'));
  file(join(root, 'etl/1/run.json'));
  symlinkSync(elsewhere, join(root, 'etl/1/load'));
  symlinkSync(join(root, 'etl'), join(root, 'alias'));
  await remove(removal(join(root, 'etl/1'), 'load', 'load/g-0'), root);
  await remove(removal(join(root, 'alias/1'), '.'), root);
  expect(existsSync(join(elsewhere, 'g-0/precious'))).toBe(true);
  expect(existsSync(join(root, 'etl/1/run.json'))).toBe(true);
});

it('a data root that is a link itself is as good as any', async () => {
  const root = tempFolder();
  const link = join(tempFolder(), 'data');
  symlinkSync(root, link);
  file(join(root, 'etl/1/load/g-0/rows'));
  await remove(removal(join(link, 'etl/1'), 'load/g-0'), link);
  expect(existsSync(join(root, 'etl/1/load'))).toBe(false);
});

it('a record that tells of another run, or none that can be read, makes a folder nobody’s', async () => {
  const root = tempFolder();
  const record = { dagId: 'etl', runId: '1', startedAt: '2026-03-01T00:00:00Z', state: 'success' };
  file(join(root, 'etl/1/run.json'), JSON.stringify(record));
  file(join(root, 'etl/2/run.json'), JSON.stringify(record));
  file(join(root, 'etl/3/run.json'), JSON.stringify({ ...record, dagId: '..', runId: '3' }));
  file(join(root, 'etl/4/run.json'), '{"dagId":');
  const { runs, strange } = await readStoredRuns(root);
  expect(runs.map(({ folder }) => folder)).toEqual([join(root, 'etl/1')]);
  expect(strange.sort()).toEqual(['2', '3', '4'].map((name) => join(root, 'etl', name)));
});
