import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Commit, readCommits } from '../context/commits.js';
import { isDraft, readJson } from '../context/files.js';
import { currentName, manifestName, runFolder } from '../context/layout.js';
import type { CurrentRun } from '../run/record-run.js';
import { type RunRecord, runRecordName } from '../run/run-record.js';

/** What one try of a task wrote: a folder `<task>/<generation>` of a run; or a file that was never put into its place. */
export type Generation = {
  /** Relative to the run's folder. */
  path: string;
  committed: boolean;
  bytes: number;
};

/** A run as it is on disk. */
export type StoredRun = {
  dagId: string;
  /** The run's folder. */
  folder: string;
  record: RunRecord;
  generations: Generation[];
  /** What tasks gave that its record may not know, as it was never closed, or was reset after that. */
  commits: Commit[];
  /** Of everything in the folder: data, record and log. */
  bytes: number;
  /** Whether the DAG's `current.json` points to it. */
  current: boolean;
};

/** What was found below a data root. */
export type StoredData = {
  runs: StoredRun[];
  /** Folders where a run should be, but without a record that fits: nobody knows what they are. */
  strange: string[];
};

/** Ids of the DAGs that have something below the data root. */
export const storedDags = async (dataRoot: string): Promise<string[]> =>
  (await foldersIn(dataRoot)).filter((name) => !name.startsWith('.'));

/** Every run below the data root, or those of one DAG, the last started first. Links are not followed: they are nobody's data. */
export async function readStoredRuns(dataRoot: string, dagId?: string): Promise<StoredData> {
  const dags = (await storedDags(dataRoot)).filter((name) => dagId === undefined || name === dagId);
  const runs: StoredRun[] = [];
  const strange: string[] = [];
  for (const dag of dags) {
    const current = await readJson<CurrentRun>(join(dataRoot, dag, currentName));
    for (const name of await foldersIn(join(dataRoot, dag))) {
      const folder = join(dataRoot, dag, name);
      const record = await recordIn(folder);
      const isIts = record?.dagId === dag && runFolder(dataRoot, dag, record.runId) === folder;
      if (record === undefined || !isIts) strange.push(folder);
      else {
        runs.push({
          dagId: dag,
          folder,
          record,
          generations: await generationsIn(folder),
          commits: record.state === 'success' ? [] : await readCommits(folder),
          bytes: await sizeOf(folder),
          current: current !== undefined && runFolder(dataRoot, dag, current.runId) === folder,
        });
      }
    }
  }
  runs.sort((a, b) => b.record.startedAt.localeCompare(a.record.startedAt));
  return { runs, strange };
}

/** A record that can't be read is as good as none: the folder is left alone then. */
async function recordIn(folder: string): Promise<RunRecord | undefined> {
  try {
    return await readJson<RunRecord>(join(folder, runRecordName));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function generationsIn(run: string): Promise<Generation[]> {
  const found: Generation[] = [];
  for (const { name } of await entriesOf(run)) {
    if (isDraft(name)) found.push({ path: name, committed: false, bytes: await sizeOfFile(join(run, name)) });
  }
  for (const task of await foldersIn(run)) {
    for (const generation of await foldersIn(join(run, task))) {
      const path = join(task, generation);
      const committed = (await entriesOf(join(run, path))).some(({ name }) => name === manifestName);
      found.push({ path, committed, bytes: await sizeOf(join(run, path)) });
    }
  }
  return found;
}

/** Bytes of all files below a folder, of which some may go meanwhile. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else if (entry.isFile()) bytes += await sizeOfFile(path);
  }
  return bytes;
}

const sizeOfFile = async (file: string): Promise<number> =>
  (await stat(file).catch(() => ({ size: 0 }))).size;

const foldersIn = async (folder: string): Promise<string[]> =>
  (await entriesOf(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);

const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
