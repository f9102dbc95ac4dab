import { mkdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { show } from '../../dag/json.js';
import { type DatasetRef, OperatorError, type SchemaField, type TaskStorage } from '../operator.js';
import { readJson } from './files.js';
import { manifestName, pathBelow } from './layout.js';
import { type Manifest, type ManifestDataset, schemaHash } from './manifest.js';

type Draft = { path: string; rows: number; schema: SchemaField[] };

/** A task's storage on a file system that workers and Spark share. */
export class LocalStorage implements TaskStorage {
  private readonly drafts = new Map<string, Draft>();
  private made = false;

  constructor(
    readonly root: string,
    private readonly ownFolder: string,
  ) {}

  /** Whether anything may have been written. */
  get isUsed(): boolean {
    return this.made;
  }

  /** Made only now: most tasks of a DAG write nothing. */
  get folder(): string {
    if (!this.made) mkdirSync(this.ownFolder, { recursive: true });
    this.made = true;
    return this.ownFolder;
  }

  publish(name: string, dataset: Draft): DatasetRef {
    this.drafts.set(name, dataset);
    const path = relative(this.root, join(this.folder, dataset.path)).split(sep).join('/');
    return { dataset: name, path, rows: dataset.rows, schemaHash: schemaHash(dataset.schema) };
  }

  async locate(ref: DatasetRef): Promise<string> {
    const path = await pathBelow(this.root, ref.path);
    if (path === undefined) {
      throw new OperatorError(
        'DatasetNotFound',
        `dataset "${ref.dataset}": its path ${show(ref.path)} leads out of the data root; a dataset is named by the output of the task that wrote it`,
      );
    }
    const inside = relative(this.root, path).split(sep);
    // <dag>/<run>/<task>/<generation>/<dataset…>: the manifest is in the generation's folder.
    const folder = join(this.root, ...inside.slice(0, 4));
    const manifest = inside.length > 4 ? await readJson<Manifest>(join(folder, manifestName)) : undefined;
    const found = Object.entries(manifest?.datasets ?? {}).find(([name]) => name === ref.dataset)?.[1];
    const committed = found !== undefined && join(folder, found.path) === path ? found : undefined;
    if (committed === undefined) {
      throw new OperatorError(
        'DatasetNotFound',
        `dataset "${ref.dataset}" at ${path} was never committed, or its files were deleted; run the task that writes it again`,
      );
    }
    if (committed.schemaHash !== ref.schemaHash) {
      throw new OperatorError(
        'DatasetNotFound',
        `dataset "${ref.dataset}" at ${path} has another schema (${committed.schemaHash}) than the reference says (${ref.schemaHash}); run the task that writes it again`,
      );
    }
    return path;
  }

  /** The declared datasets with their files, for the manifest. */
  async datasets(): Promise<Record<string, ManifestDataset>> {
    const entries = [...this.drafts].map(async ([name, { path, rows, schema }]) => {
      const files = await listFiles(join(this.folder, path));
      return [name, { path, rows, schema, schemaHash: schemaHash(schema), files }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}

/** Data files below a folder: those of Hadoop's that start with `_` or `.` are not data. */
async function listFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !/^[._]/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      path: relative(folder, path).split(sep).join('/'),
      bytes: (await stat(path)).size,
    })),
  );
}
