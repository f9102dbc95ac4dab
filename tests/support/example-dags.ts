import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../activities/operator.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { RunView } from '../../workflows/run-view.js';
import type { TestWorker } from './test-worker.js';

/** Gives a worker the example DAGs of the operators, with the files beside them. */
export const copyExamples = (worker: TestWorker): Promise<void> =>
  cp(join(repositoryRoot, 'examples/operators'), join(worker.folder, 'dags'), { recursive: true });

/** A run's states and outputs by instance key. */
export type Ran = { states: Record<string, string>; outputs: Record<string, Json | undefined> };

/** Runs a DAG to its end. @throws Error with the run's message when it failed */
export async function runDag(worker: TestWorker, dagId: string, params?: Record<string, Json>): Promise<Ran> {
  const view = await worker.run(dagId, params === undefined ? undefined : { params });
  if (typeof view === 'string') throw new Error(view);
  return ranOf(worker, view);
}

export async function ranOf(worker: TestWorker, { dagId, runId }: RunView): Promise<Ran> {
  const { tasks } = await worker.record(dagId, runId);
  return {
    states: Object.fromEntries(tasks.map(({ key, state }) => [key, state])),
    outputs: Object.fromEntries(tasks.map(({ key, output }) => [key, output])),
  };
}
