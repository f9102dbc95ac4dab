import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeJson } from '../../../activities/context/files.js';
import { LocalStorage } from '../../../activities/context/storage.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-'));
});
afterEach(() => rm(root, { recursive: true }));

const schema = [{ name: 'id', type: 'bigint', nullable: false }];

it('finds a dataset only once its task has been committed', async () => {
  const folder = join(root, 'dag', 'run', 'ingest', 'gen-0');
  const storage = new LocalStorage(root, folder);
  await mkdir(join(folder, 'tasks'), { recursive: true });
  await writeFile(join(folder, 'tasks', 'part-0.parquet'), 'xyz');
  await writeFile(join(folder, 'tasks', '_SUCCESS'), '');
  const ref = storage.publish('tasks', { path: 'tasks', rows: 7, schema });
  expect(ref.path).toBe('dag/run/ingest/gen-0/tasks');

  const reader = new LocalStorage(root, join(root, 'dag', 'run', 'train', 'gen-0'));
  await expect(reader.locate(ref)).rejects.toMatchObject({ type: 'DatasetNotFound' });
  const datasets = await storage.datasets();
  expect(datasets.tasks?.files).toEqual([{ path: 'part-0.parquet', bytes: 3 }]);
  await writeJson(join(folder, 'manifest.json'), { datasets });
  expect(await reader.locate(ref)).toBe(join(folder, 'tasks'));
});

it('refuses a reference to another schema, and one that leaves the data root', async () => {
  const folder = join(root, 'dag', 'run', 'ingest', 'gen-0');
  const storage = new LocalStorage(root, folder);
  await mkdir(join(folder, 'tasks'), { recursive: true });
  const ref = storage.publish('tasks', { path: 'tasks', rows: 7, schema });
  await writeJson(join(folder, 'manifest.json'), { datasets: await storage.datasets() });
  await expect(storage.locate({ ...ref, schemaHash: '0' })).rejects.toThrow('another schema');
  for (const path of ['../../../../../etc/passwd', '/etc/passwd', ''])
    await expect(storage.locate({ ...ref, path })).rejects.toThrow('leads out of the data root');
  // Beside the dataset, or by a name that every object has.
  for (const other of [
    { path: `${ref.path}/part` },
    { path: 'dag/run/ingest/gen-0/x' },
    { dataset: 'constructor' },
  ])
    await expect(storage.locate({ ...ref, ...other })).rejects.toMatchObject({ type: 'DatasetNotFound' });
});
