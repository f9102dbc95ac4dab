import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

let registered: Promise<unknown> | undefined;

/**
 * Imports a module of the user's: TypeScript or JavaScript, as an ES module. What it imports is what we have loaded
 * ourselves, so that its `Column` is our `Column`. Loaded again when the file has changed.
 */
export async function importModule(path: string): Promise<{ default?: unknown }> {
  // Loaded on use, as most commands have nothing to import, and for the whole process, since a scoped registration would
  // load packages a second time.
  registered ??= import('tsx/esm/api').then(({ register }) => register());
  await registered;
  const { mtimeMs } = await stat(path);
  return import(`${pathToFileURL(path).href}?t=${Math.round(mtimeMs)}`);
}
