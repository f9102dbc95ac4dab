import { filesBelow, findFiles, isPattern } from '../../files/find-files.js';
import { type OperatorContext, OperatorError } from '../../operator.js';
import type { FileSource } from './params.js';

/**
 * The files that a dataset's sources stand for, absolute: in the order of the sources, within a source by path (see
 * {@link findFiles}). A file that several paths lead to is there once.
 * @throws OperatorError `InvalidParams` naming a source that stands for no file, `DatasetNotFound`
 */
export async function sourceFiles(
  sources: readonly FileSource[],
  { storage, dagFolder }: Pick<OperatorContext, 'storage' | 'dagFolder'>,
): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const source of sources) {
    const isPath = typeof source === 'string';
    const files = await (isPath ? findFiles(source, dagFolder) : filesBelow(await storage.locate(source)));
    if (files.length === 0) {
      const problem = !isPath
        ? `the dataset ${source.dataset} holds no data files`
        : isPattern(source)
          ? `no file matches ${source} (looked from ${dagFolder})`
          : `${source}: there is no file, and no folder with data files (looked from ${dagFolder})`;
      throw new OperatorError('InvalidParams', problem);
    }
    for (const { path, real } of files) if (!paths.has(real)) paths.set(real, path);
  }
  return [...paths.values()];
}
