import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { includesOf, LayeredSource } from '../../dag/include.js';
import { didYouMean } from '../../dag/nearest.js';
import { type Source, type SourceError, YamlSource } from '../../dag/source.js';

/** A DAG's YAML with all that it includes, and the files that were looked for, whether they are there or not. */
export async function readYamlDag(file: string, text: string): Promise<{ source: Source; from: string[] }> {
  const document = new YamlSource(text, file);
  const below: YamlSource[] = [];
  const failures: SourceError[] = [];
  const from = [file];

  const visit = async (source: YamlSource, chain: readonly string[]): Promise<void> => {
    // What is named later counts more.
    for (const { path, index } of includesOf(source).reverse()) {
      const included = resolve(dirname(source.file), path);
      const fail = (message: string, hint?: string): void => {
        const place = index === undefined ? ['include'] : ['include', index];
        failures.push(
          source.locate({ path: place, on: 'value', message, ...(hint !== undefined && { hint }) }),
        );
      };
      if (chain.includes(included)) {
        const names = [...chain.slice(chain.indexOf(included)), included].map((each) =>
          relative(dirname(file), each),
        );
        fail(`files include each other: ${names.join(' → ')}`);
        continue;
      }
      // Where two name the same file, it counts as much as where it counts most.
      if (from.includes(included)) continue;
      from.push(included);
      const read = await readFile(included, 'utf8').catch((error: NodeJS.ErrnoException) => error);
      if (typeof read !== 'string') {
        if (read.code === 'ENOENT') fail(`there is no file ${included}`, await nearFile(included));
        else fail(`${included} can't be read: ${read.message}`);
        continue;
      }
      const layer = new YamlSource(read, included);
      below.push(layer);
      await visit(layer, [...chain, included]);
    }
  };
  await visit(document, [file]);
  return { source: new LayeredSource([document, ...below], failures), from };
}

async function nearFile(path: string): Promise<string | undefined> {
  const names = await readdir(dirname(path)).catch(() => []);
  return didYouMean(
    basename(path),
    names.filter((name) => /\.ya?ml$/.test(name)),
  );
}
