import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const draftOf = (path: string): string => `${path}.${process.pid}.${performance.now()}.tmp`;

/** Whether a file is what a process was writing when it was killed, or is writing now. */
export const isDraft = (name: string): boolean => /\.\d+\.[\d.]+\.tmp$/.test(name);

/** Writes a file so that readers see all of it or nothing, also when two attempts write it at once. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = draftOf(path);
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeAtomically(path, jsonText(value));

/** The same at once, for the small files of every task and run: the ways through the thread pool take longer than the writing. */
export function writeJsonSync(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = draftOf(path);
  try {
    writeFileSync(draft, jsonText(value));
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** The parsed file, or undefined when there is none. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
