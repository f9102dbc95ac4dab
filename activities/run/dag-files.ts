import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ZodType } from 'zod';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { didYouMean } from '../../dag/nearest.js';
import { parseDag } from '../../dag/parse-dag.js';
import { formatSourceError, type SourceError } from '../../dag/source.js';

/** A DAG file that was read: its document, or what is wrong with it. */
export type DagFile = GoodDagFile | { ok: false; file: string; dagId: string; errors: SourceError[] };

export type GoodDagFile = { ok: true; file: string; folder: string; dag: DagDocument; hash: string };

/** Where DAGs are looked for. */
export type DagSources = {
  /** Absolute folders, searched with their sub-folders for `*.yaml` and `*.yml`. */
  folders: readonly string[];
  /** Operators by name, with the schema of their params. */
  operators: ReadonlyMap<string, ZodType>;
  /** The pipeline's settings, against which references to `config` are checked. */
  config: JsonObject;
};

/** A folder's YAML files with a top-level `dagId`, checked. Read afresh every time: edits count from the next run on. */
export async function readDagFiles(sources: DagSources): Promise<DagFile[]> {
  const files = new Set((await Promise.all(sources.folders.map(yamlFiles))).flat());
  const read = await Promise.all([...files].map((file) => readDagFile(file, sources)));
  return read.filter((entry) => entry !== undefined);
}

/** One file's DAG, or undefined when the file does not claim to be one. */
export async function readDagFile(
  file: string,
  { operators, config }: DagSources,
): Promise<DagFile | undefined> {
  const text = await readFile(file, 'utf8');
  const dagId = /^dagId\s*:\s*['"]?([^\s'"#]*)/m.exec(text)?.[1];
  if (dagId === undefined) return undefined;
  const parsed = parseDag(text, { file, operators, config });
  return parsed.ok
    ? { ok: true, file, folder: dirname(file), dag: parsed.dag, hash: parsed.hash }
    : { ok: false, file, dagId, errors: parsed.errors };
}

/** The DAG of this id, or in words why there is none to run: all mistakes of its file, or the nearest id. */
export async function findDag(dagId: string, sources: DagSources): Promise<GoodDagFile | string> {
  const files = await readDagFiles(sources);
  const good = files.filter((file) => file.ok);
  const found = good.find(({ dag }) => dag.dagId === dagId);
  if (found !== undefined) return found;
  const broken = files.find((file) => !file.ok && file.dagId === dagId);
  if (broken?.ok === false) return broken.errors.map(formatSourceError).join('\n');
  const known = good.map(({ dag }) => dag.dagId);
  const hint = didYouMean(dagId, known);
  return `no DAG "${dagId}" in ${sources.folders.join(', ')}${hint === undefined ? '' : ` (${hint})`}; known: ${known.join(', ') || 'none'}`;
}

async function yamlFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter(
      (entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => resolve(join(entry.parentPath, entry.name)))
    .sort();
}
