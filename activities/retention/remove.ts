import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Removal } from './plan.js';

/** Where folders are on their way out: nobody reads there, and what an interrupted removal left is found again. */
const trash = (dataRoot: string): string => join(dataRoot, '.trash');

/** Removes what an earlier removal was interrupted at. */
export const emptyTrash = (dataRoot: string): Promise<void> =>
  rm(trash(dataRoot), { recursive: true, force: true });

/**
 * Removes folders of a run. Each first leaves its place in one step, so that no reader ever finds half of a dataset with
 * a manifest that calls it whole, whenever this process is killed.
 */
export async function remove({ run, paths }: Removal, dataRoot: string): Promise<void> {
  const away = join(trash(dataRoot), randomUUID());
  await mkdir(away, { recursive: true });
  for (const [index, path] of paths.entries()) {
    const folder = join(run.folder, path);
    // A folder on the way may have become a link since it was looked at.
    if (
      (await realpath(folder).catch(() => undefined)) !==
      join(await realpath(dataRoot), folder.slice(dataRoot.length))
    )
      continue;
    await rename(folder, join(away, String(index)));
    if (path !== '.') await removeEmpty(dirname(folder));
  }
  await rm(away, { recursive: true, force: true });
}

/** A task's folder without generations. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code ?? '')) throw error;
  });
}
