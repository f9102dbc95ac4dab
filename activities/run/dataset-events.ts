import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DatasetEvent } from '../../dag/dataset-event.js';
import { readJson } from '../context/files.js';

export type { DatasetEvent } from '../../dag/dataset-event.js';

/** Longest file name that is made of a dataset's name alone; file systems take 255 bytes. */
const maxNameLength = 200;

export function datasetEventFile(dataRoot: string, dataset: string): string {
  const name = encodeURIComponent(dataset);
  const digest = createHash('sha256').update(dataset).digest('hex').slice(0, 16);
  const short = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}~${digest}` : name;
  return join(dataRoot, '.datasets', `${short}.json`);
}

/** The last time that a dataset was published, if ever. */
export const lastPublished = (dataRoot: string, dataset: string): Promise<DatasetEvent | undefined> =>
  readJson(datasetEventFile(dataRoot, dataset));
