import { createHash } from 'node:crypto';
import type { FinishedTask, Json, SchemaField } from '../operator.js';

/** A dataset within a committed task folder. */
export type ManifestDataset = {
  /** Relative to the task's folder. */
  path: string;
  rows: number;
  schema: SchemaField[];
  schemaHash: string;
  /** The schema as Spark's own JSON; absent in datasets of older releases, and of operators that give none. */
  sparkSchema?: Json;
  files: { path: string; bytes: number }[];
};

/** What makes a task's folder count: written last, in one atomic step, and never changed. */
export type Manifest = {
  dagId: string;
  runId: string;
  task: string;
  generation: string;
  operator: string;
  /** ISO 8601, UTC. */
  committedAt: string;
  datasets: Record<string, ManifestDataset>;
  output: Json;
  stats: FinishedTask;
};

/** Digest of names, types and nullability in order: equal schemas have equal digests. */
export function schemaHash(schema: SchemaField[]): string {
  const canonical = schema.map(({ name, type, nullable }) => [name, type, nullable]);
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex').slice(0, 16);
}
