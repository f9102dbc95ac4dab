import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ZodType } from 'zod';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { didYouMean } from '../../dag/nearest.js';
import { checkDag } from '../../dag/parse-dag.js';
import { formatSourceError, type Source, type SourceError } from '../../dag/source.js';
import { FileCache, type Made } from './file-cache.js';
import { mayHaveDags, readTypeScriptDags } from './typescript-dag.js';
import { readYamlDag } from './yaml-dag.js';

/** A DAG of a file that was read: its document, or what is wrong with it. */
export type DagFile = GoodDagFile | BadDagFile;

export type GoodDagFile = {
  ok: true;
  file: string;
  folder: string;
  dag: DagDocument;
  hash: string;
  /** What is allowed and yet likely a mistake. */
  warnings: SourceError[];
  /** Where its id is. */
  place: Pick<SourceError, 'file' | 'line' | 'column'>;
};

export type BadDagFile = {
  ok: false;
  file: string;
  /** Undefined when the file is so broken that it isn't known. */
  dagId: string | undefined;
  /** At least one. */
  errors: SourceError[];
};

/** Where DAGs are looked for. What was read is kept with this object until the files change. */
export type DagSources = {
  /** Absolute folders, searched with their sub-folders for YAML and TypeScript. */
  folders: readonly string[];
  /** Operators by name, with the schema of their params. */
  operators: ReadonlyMap<string, ZodType>;
  /** The pipeline's settings, against which references to `config` are checked. */
  config: JsonObject;
  /** Makes the DAGs of files that may take long, in another thread. Default: in this one. */
  makeElsewhere?: (file: string, text: string) => Promise<Made<DagFile[]>>;
};

/** Names of files that may hold DAGs: YAML, and modules in TypeScript or JavaScript. */
export const dagFileName = /\.(ya?ml|m?[jt]s)$/;

const caches = new WeakMap<DagSources, FileCache<DagFile[]>>();

/**
 * The DAGs of all files in the folders, or of those named: YAML with a top-level `dagId`, and modules that export what
 * `dag()` made. Edits count from the next call on; two DAGs of the same id are both wrong.
 */
export async function readDagFiles(sources: DagSources, files?: readonly string[]): Promise<DagFile[]> {
  const paths = files ?? (await Promise.all(sources.folders.map(dagFilesIn))).flat();
  const read = await Promise.all(
    [...new Set(paths)].map((file) =>
      readDagFile(file, sources).catch((error: NodeJS.ErrnoException): DagFile[] => {
        // It has gone since the folder was listed.
        if (error.code === 'ENOENT' && files === undefined) return [];
        throw error;
      }),
    ),
  );
  return refuseDuplicates(read.flat());
}

/** The DAGs of one file; none when the file doesn't claim to have any. */
export function readDagFile(file: string, sources: DagSources): Promise<DagFile[]> {
  const cache = caches.get(sources) ?? new FileCache();
  caches.set(sources, cache);
  return cache.get(file, () => readAndMake(file, sources));
}

/** Ids of the DAGs that a file seems to have, by a look at its text. */
export function claimedDagIds(file: string, text: string): string[] {
  if (!/\.ya?ml$/.test(file))
    return [...text.matchAll(/\bdagId\s*:\s*['"]([^'"]+)['"]/g)].flatMap(([, id]) => id ?? []);
  const [, id] = /^dagId\s*:\s*['"]?([^\s'"#]*)/m.exec(text) ?? [];
  return id === undefined ? [] : [id];
}

/** The DAG of this id, or in words why there is none to run: all mistakes of its file, or the nearest id. */
export async function findDag(dagId: string, sources: DagSources): Promise<GoodDagFile | string> {
  const files = await readDagFiles(sources);
  const good = files.filter((file) => file.ok);
  const found = good.find(({ dag }) => dag.dagId === dagId);
  if (found !== undefined) return found;
  const errors = files.flatMap((file) => (!file.ok && file.dagId === dagId ? file.errors : []));
  if (errors.length > 0) return errors.map(formatSourceError).join('\n');
  const known = good.map(({ dag }) => dag.dagId);
  const hint = didYouMean(dagId, known);
  return `no DAG "${dagId}" in ${sources.folders.join(', ')}${hint === undefined ? '' : ` (${hint})`}; known: ${known.join(', ') || 'none'}`;
}

/** Up to here, in characters, a YAML file without includes is read in less time than a thread takes to start. */
const smallFile = 16_384;

const isQuick = (file: string, text: string): boolean =>
  /\.ya?ml$/.test(file) && text.length <= smallFile && !/^include\s*:/m.test(text);

async function readAndMake(file: string, sources: DagSources): Promise<Made<DagFile[]>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw error;
    return error;
  });
  if (typeof text !== 'string') {
    const message = `can't be read: ${text.message}`;
    const error = { file, line: 1, column: 1, path: '', message };
    return { value: [{ ok: false, file, dagId: undefined, errors: [error] }], from: undefined };
  }
  if (!claimsDags(file, text)) return { value: [], from: [file] };
  const { makeElsewhere } = sources;
  return makeElsewhere === undefined || isQuick(file, text)
    ? makeDags(file, text, sources)
    : makeElsewhere(file, text);
}

const claimsDags = (file: string, text: string): boolean =>
  /\.ya?ml$/.test(file) ? claimedDagIds(file, text).length > 0 : mayHaveDags(file, text);

/** The DAGs of a file that claims to have some, made of its text. */
export async function makeDags(
  file: string,
  text: string,
  sources: Omit<DagSources, 'folders'>,
): Promise<Made<DagFile[]>> {
  const [dagId] = claimedDagIds(file, text);
  if (/\.ya?ml$/.test(file)) {
    const { source, from } = await readYamlDag(file, text);
    return { value: [check(file, source, dagId, sources)], from };
  }
  const read = await readTypeScriptDags(file);
  const value =
    read.errors.length > 0
      ? [{ ok: false as const, file, dagId, errors: read.errors }]
      : read.sources.map((source) => check(file, source, undefined, sources));
  return { value, from: read.from };
}

/** @param claimed its id, as far as it can be known of a document that is wrong */
function check(
  file: string,
  source: Source,
  claimed: string | undefined,
  sources: Omit<DagSources, 'folders'>,
): DagFile {
  const parsed = checkDag(source, sources);
  if (!parsed.ok) {
    const own = (source.value as { dagId?: unknown } | undefined)?.dagId;
    return { ok: false, file, dagId: typeof own === 'string' ? own : claimed, errors: parsed.errors };
  }
  const { line, column, file: at } = source.locate({ path: ['dagId'], on: 'value', message: '' });
  const place = { file: at, line, column };
  const { dag, hash, warnings } = parsed;
  return { ok: true, file, folder: dirname(file), dag, hash, warnings, place };
}

function refuseDuplicates(files: DagFile[]): DagFile[] {
  const byId = new Map<string, GoodDagFile[]>();
  for (const file of files) {
    if (file.ok) byId.set(file.dag.dagId, [...(byId.get(file.dag.dagId) ?? []), file]);
  }
  return files.map((file): DagFile => {
    if (!file.ok) return file;
    const { dagId } = file.dag;
    const others = (byId.get(dagId) ?? []).filter((each) => each !== file);
    if (others.length === 0) return file;
    const places = others.map(({ place }) => `${place.file}:${place.line}:${place.column}`);
    const message = `'${dagId}' is also the id of the DAG in ${places.join(' and ')}`;
    const error = { ...file.place, path: 'dagId', message, hint: 'every DAG has an id of its own' };
    return { ok: false, file: file.file, dagId, errors: [error] };
  });
}

/** Files below a folder that may hold DAGs; none when there is no such folder. */
export async function dagFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter(
      (entry) =>
        entry.isFile() &&
        dagFileName.test(entry.name) &&
        !entry.name.endsWith('.d.ts') &&
        !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => resolve(join(entry.parentPath, entry.name)))
    .sort();
}
