import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ZodType } from 'zod';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { parseDag } from '../../dag/parse-dag.js';
import type { SourceError } from '../../dag/source.js';

/** A DAG file that was read: its document, or what is wrong with it. */
export type DagFile =
  | { ok: true; file: string; folder: string; dag: DagDocument; hash: string }
  | { ok: false; file: string; errors: SourceError[] };

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
  if (!/^dagId\s*:/m.test(text)) return undefined;
  const parsed = parseDag(text, { file, operators, config });
  return parsed.ok
    ? { ok: true, file, folder: dirname(file), dag: parsed.dag, hash: parsed.hash }
    : { ok: false, file, errors: parsed.errors };
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
