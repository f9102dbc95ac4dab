import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { StoredRun } from './stored-runs.js';

/**
 * The folders of runs, `<dagId>/<run>`, that texts anywhere in a value point into: references to datasets are relative to the
 * data root, and outputs may hold absolute paths. Too many rather than too few: what is referred to is not removed.
 */
export function runsReferredTo(value: unknown, dataRoot: string, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    const path = isAbsolute(value) ? relative(dataRoot, value) : relative(dataRoot, resolve(dataRoot, value));
    const [dag = '', run] = path.split(sep);
    if (run !== undefined && dag !== '..') found.add(join(dag, run));
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) runsReferredTo(inner, dataRoot, found);
  }
  return found;
}

/** What of a run can point to data: what tasks gave, and what the run was given. */
export const referringParts = ({
  record: { tasks, params, given, datasetEvents },
  commits,
}: Pick<StoredRun, 'record' | 'commits'>): unknown => [
  tasks.map(({ output }) => output),
  commits.map(({ output }) => output),
  params,
  given,
  datasetEvents,
];

/** The runs that the last updates of datasets point into: a run that starts tomorrow may be handed these. */
export async function runsOfDatasets(dataRoot: string): Promise<Set<string>> {
  const folder = join(dataRoot, '.datasets');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const events = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown);
  return runsReferredTo(await Promise.all(events), dataRoot);
}
