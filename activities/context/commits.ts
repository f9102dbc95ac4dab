import { appendFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readJson, writeJsonSync } from './files.js';
import { manifestName } from './layout.js';
import type { Manifest } from './manifest.js';

/** How a task instance ended well, as a run that never closed its record left it behind. */
export type Commit = Pick<Manifest, 'task' | 'generation' | 'committedAt' | 'output' | 'stats'>;

/** Tasks that wrote nothing share a file of the run's; each worker process has its own, so that lines never mix. */
const journal = `committed-${hostname()}-${process.pid}.jsonl`;
const isJournal = (name: string): boolean => /^committed-.+\.jsonl$/.test(name);

/** Commits what a task wrote into its folder, by one atomic step. */
export const commitFolder = (folder: string, manifest: Manifest): void =>
  writeJsonSync(join(folder, manifestName), manifest);

/** Commits the result of a task that wrote nothing: one line is a tenth of the work of a folder with a manifest. */
export const commitResult = (runFolder: string, commit: Commit): void =>
  appendFileSync(join(runFolder, journal), `${JSON.stringify(commit)}\n`);

/** All that was committed in a run's folder, oldest first. */
export async function readCommits(runFolder: string): Promise<Commit[]> {
  const entries = await readdir(runFolder, { recursive: true, withFileTypes: true });
  const commits = await Promise.all(
    entries.map(async ({ parentPath, name }): Promise<Commit[]> => {
      if (name === manifestName) return [(await readJson<Manifest>(join(parentPath, name))) ?? []].flat();
      return parentPath === runFolder && isJournal(name) ? readJournal(join(parentPath, name)) : [];
    }),
  );
  return commits.flat().sort((a, b) => a.committedAt.localeCompare(b.committedAt));
}

async function readJournal(file: string): Promise<Commit[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  // What follows the last line break is nothing, or what a process wrote when it was killed.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Commit);
}
