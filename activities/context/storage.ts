import { mkdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { show } from '../../dag/json.js';
import { type DatasetRef, OperatorError, type StoredDataset, type TaskStorage } from '../operator.js';
import { readJson } from './files.js';
import { manifestName, pathBelow } from './layout.js';
import { type Manifest, type ManifestDataset, schemaHash } from './manifest.js';

type Draft = Parameters<TaskStorage['publish']>[1];

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
    return (await this.find(ref)).folder;
  }

  async find(ref: DatasetRef): Promise<StoredDataset> {
    const folder = await pathBelow(this.root, ref.path);
    if (folder === undefined) {
      throw new OperatorError(
        'DatasetNotFound',
        `dataset "${ref.dataset}": its path ${show(ref.path)} leads out of the data root; a dataset is named by the output of the task that wrote it`,
      );
    }
    const own = this.drafts.get(ref.dataset);
    const { files, schemaHash, sparkSchema } =
      own !== undefined && folder === join(this.ownFolder, own.path)
        ? await described(folder, own)
        : await this.committed(ref, folder);
    if (schemaHash !== ref.schemaHash) {
      throw new OperatorError(
        'DatasetNotFound',
        `dataset "${ref.dataset}" at ${folder} has another schema (${schemaHash}) than the reference says (${ref.schemaHash}); run the task that writes it again`,
      );
    }
    return {
      folder,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      partitioned: files.some(({ path }) => path.includes('/')),
      schemaHash,
      sparkSchema,
    };
  }

  private async committed(ref: DatasetRef, path: string): Promise<ManifestDataset> {
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
    return committed;
  }

  /** The declared datasets with their files, for the manifest. */
  async datasets(): Promise<Record<string, ManifestDataset>> {
    const entries = [...this.drafts].map(
      async ([name, draft]) => [name, await described(join(this.folder, draft.path), draft)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
}

/** A dataset as its manifest describes it. */
async function described(folder: string, draft: Draft): Promise<ManifestDataset> {
  return { ...draft, schemaHash: schemaHash(draft.schema), files: await listFiles(folder) };
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
