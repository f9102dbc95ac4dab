import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Operators } from '../activities/load-operators.js';
import { dagFileName, findDag, type GoodDagFile, readDagFiles } from '../activities/run/dag-files.js';
import type { Config } from '../config/loader.js';
import { formatSourceError } from '../dag/source.js';
import { dagSources } from '../worker/dag-sources.js';
import { CliError } from './exit.js';

/** The DAG that a user names, by id or by file. @throws CliError with all that is wrong with its file, or the nearest id */
export async function findNamedDag(name: string, config: Config, operators: Operators): Promise<GoodDagFile> {
  const sources = dagSources(config, operators);
  if (!dagFileName.test(name)) {
    const found = await findDag(name, sources);
    if (typeof found === 'string') throw new CliError(found);
    return found;
  }
  const file = resolve(name);
  if (!existsSync(file)) throw new CliError(`${name}: there is no such DAG file`);
  const [read, ...others] = await readDagFiles(sources, [file]);
  if (read === undefined) throw new CliError(`${name}: ${notADag(file)}`);
  if (!read.ok) throw new CliError(read.errors.map(formatSourceError).join('\n'));
  if (others.length > 0) throw new CliError(`${name}: there are several DAGs in it: name one by its id`);
  return read;
}

/** Why a file that could be read counts for nothing. */
export const notADag = (file: string): string =>
  /\.ya?ml$/.test(file)
    ? 'not a DAG: it has no top-level dagId'
    : 'not a DAG: its default export is not made by dag()';
