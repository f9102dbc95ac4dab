import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Commit, commitFolder, Journal, readCommits } from '../../../activities/context/commits.js';
import { tempFolder } from '../../support/temp-folder.js';

const commit = (task: string, second: number): Commit => ({
  task,
  generation: 'g-0',
  committedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  output: { task },
  stats: { taskId: task, state: 'success' } as Commit['stats'],
});

it('finds what tasks with and without data have committed, oldest first', async () => {
  const folder = tempFolder();
  const journal = new Journal(folder);
  journal.commit(commit('notify', 3));
  commitFolder(join(folder, 'load', 'g-0'), {
    dagId: 'etl',
    runId: 'run',
    operator: 'ingest',
    datasets: {},
    ...commit('load', 2),
  });
  journal.commit(commit('check', 1));
  journal.close();
  // Another worker's file, which was being written when the worker was killed.
  await writeFile(
    join(folder, 'committed-elsewhere-7.jsonl'),
    `${JSON.stringify(commit('fetch', 0))}\n${JSON.stringify(commit('lost', 4)).slice(0, 40)}`,
  );
  // What looks alike, but is data.
  await mkdir(join(folder, 'load', 'g-0', 'rows'));
  await appendFile(join(folder, 'load', 'g-0', 'rows', 'committed-rows.jsonl'), '{"task":"no"}\n');

  const found = await readCommits(folder);
  expect(found.map(({ task }) => task)).toEqual(['fetch', 'check', 'load', 'notify']);
  expect(found[3]).toEqual(commit('notify', 3));
});

it('makes no folder for a task without data', async () => {
  const folder = tempFolder();
  const journal = new Journal(folder);
  journal.commit(commit('notify', 1));
  journal.close();
  // Another task, later.
  journal.commit(commit('tell', 2));
  journal.close();
  expect(await readdir(folder)).toHaveLength(1);
  expect((await readCommits(folder)).map(({ task }) => task)).toEqual(['notify', 'tell']);
});
