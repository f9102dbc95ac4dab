import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Operators } from '../activities/load-operators.js';
import { type DagFile, readDagFile, readDagFiles } from '../activities/run/dag-files.js';
import type { Config } from '../config/loader.js';
import { didYouMean } from '../dag/nearest.js';
import { formatSourceError } from '../dag/source.js';
import { dagSources } from '../worker/dag-sources.js';
import { CliError } from './exit.js';

export type FoundDag = DagFile & { ok: true };

/** The DAG that a user names, by id or by file. @throws CliError with all that is wrong with its file, or the nearest id */
export async function findDag(name: string, config: Config, operators: Operators): Promise<FoundDag> {
  const sources = dagSources(config, operators);
  if (/\.ya?ml$/.test(name)) {
    const file = resolve(name);
    if (!existsSync(file)) throw new CliError(`${name}: there is no such DAG file`);
    const read = await readDagFile(file, sources);
    if (read === undefined) throw new CliError(`${name}: not a DAG: it has no top-level dagId`);
    return checked(read);
  }
  const files = await readDagFiles(sources);
  const found = files.find((file) => file.ok && file.dag.dagId === name);
  if (found !== undefined) return checked(found);
  const broken = files.filter((file) => !file.ok).flatMap(({ errors }) => errors.map(formatSourceError));
  const known = files.flatMap((file) => (file.ok ? [file.dag.dagId] : []));
  const hint = didYouMean(name, known);
  throw new CliError(
    [
      `no DAG "${name}" in ${sources.folders.join(', ')}${hint === undefined ? '' : ` (${hint})`}; known: ${known.join(', ') || 'none'}`,
      ...broken,
    ].join('\n'),
  );
}

function checked(file: DagFile): FoundDag {
  if (file.ok) return file;
  throw new CliError(file.errors.map(formatSourceError).join('\n'));
}
