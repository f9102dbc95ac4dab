import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { type OperatorContext, OperatorError } from '../../operator.js';
import type { FileSource } from './params.js';

/**
 * The files that a dataset's sources stand for, absolute: in the order of the sources, within a folder or pattern by
 * path. Files and folders whose names start with `_` or `.` are not data.
 * @throws OperatorError `InvalidParams` naming a source that stands for no file, `DatasetNotFound`
 */
export async function sourceFiles(
  sources: readonly FileSource[],
  { storage, dagFolder }: Pick<OperatorContext, 'storage' | 'dagFolder'>,
): Promise<string[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      if (typeof source !== 'string') return filesAt(await storage.locate(source), source.dataset);
      const isPattern = isDynamicPattern(source) && !(await exists(resolve(dagFolder, source)));
      return isPattern ? filesMatching(source, dagFolder) : filesAt(resolve(dagFolder, source), source);
    }),
  );
  return [...new Set(found.flat())];
}

async function filesMatching(pattern: string, cwd: string): Promise<string[]> {
  const files = await glob(pattern, { cwd, absolute: true, ignore: ['**/_*/**', '**/_*'] });
  if (files.length === 0)
    throw new OperatorError('InvalidParams', `no file matches ${pattern} (looked from ${cwd})`);
  return files.sort();
}

/** The file at a path, or all data files below the folder there. */
async function filesAt(path: string, source: string): Promise<string[]> {
  const at = await stat(path).catch(() => undefined);
  if (at === undefined)
    throw new OperatorError('InvalidParams', `${source}: there is no file or folder ${path}`);
  if (at.isFile()) return [path];
  const files = await filesBelow(path);
  if (files.length === 0)
    throw new OperatorError('InvalidParams', `${source}: the folder ${path} holds no data files`);
  return files.sort();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !/^[._]/.test(name))
      .map((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(path) : [path];
      }),
  );
  return found.flat();
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
