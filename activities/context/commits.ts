import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readJson, writeJsonSync } from './files.js';
import { manifestName } from './layout.js';
import type { Manifest } from './manifest.js';

/** How a task instance ended well, as a run that never closed its record left it behind. */
export type Commit = Pick<Manifest, 'task' | 'generation' | 'committedAt' | 'output' | 'stats'>;

/** Each worker process has its own, so that lines never mix. */
const journalName = `committed-${hostname()}-${process.pid}.jsonl`;
const isJournal = (name: string): boolean => /^committed-.+\.jsonl$/.test(name);

/** Commits what a task wrote into its folder, by one atomic step. */
export const commitFolder = (folder: string, manifest: Manifest): void =>
  writeJsonSync(join(folder, manifestName), manifest);

/**
 * The file of a run that the tasks share which wrote nothing. A line commits the result of one: that is a tenth of the work of
 * a folder with a manifest.
 */
export class Journal {
  private file: number | undefined;

  constructor(private readonly runFolder: string) {}

  commit(commit: Commit): void {
    this.file ??= openSync(join(this.runFolder, journalName), 'a');
    const { size } = fstatSync(this.file);
    try {
      // Not writeSync: it may write a part of the line, and say so.
      appendFileSync(this.file, `${JSON.stringify(commit)}\n`);
    } catch (error) {
      // What a full disk took of the line must not stand before the next one.
      ftruncateSync(this.file, size);
      throw error;
    }
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

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
