import type { Json } from './json.js';
import type { DatasetCondition } from './schema/schedule.js';

/** An update of a dataset: kept in the data root as the last one, and handed to the runs that it starts. */
export type DatasetEvent = {
  dataset: string;
  /** ISO 8601, UTC. */
  publishedAt: string;
  dagId: string;
  runId: string;
  /** The task that published it, by its id. */
  task: string;
  /** The references to committed data in the task's output: what `locate` and `inputs` take. */
  refs?: Json;
};

/** The type of the workflow that starts a DAG by datasets, and the start of its id: `nightjar/dataset-trigger/<dagId>`. */
export const datasetTriggerWorkflow = 'nightjar/dataset-trigger';

/** Signal to it: {@link DatasetUpdate}. Safe to repeat. */
export const datasetUpdatedSignal = 'updated';

export type DatasetUpdate = {
  /** Names this update alone, so that one that is told twice counts once. */
  id: string;
  event: DatasetEvent;
  /** When the DAG is to start, as its file says now. */
  condition: DatasetCondition;
};

/** The datasets that a condition names. */
export function datasetsIn(condition: DatasetCondition): string[] {
  if (typeof condition === 'string') return [condition];
  return ('all' in condition ? condition.all : condition.any).flatMap(datasetsIn);
}

/** Whether a condition holds when these datasets have been updated. */
export function isFulfilled(condition: DatasetCondition, updated: ReadonlySet<string>): boolean {
  if (typeof condition === 'string') return updated.has(condition);
  return 'all' in condition
    ? condition.all.every((each) => isFulfilled(each, updated))
    : condition.any.some((each) => isFulfilled(each, updated));
}
