import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { builtInOperators } from '../../activities/built-in-operators.js';
import type { Json } from '../../activities/operator.js';
import type { RunInput } from '../../activities/run/run-input.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { TestWorker } from './test-worker.js';

/** How a run of an example ended. */
export type ExampleRun = {
  runId: string;
  state: string;
  /** Why it failed. */
  error: string | undefined;
  /** By instance key. */
  states: Record<string, string>;
  outputs: Record<string, Json | undefined>;
};

/** A worker that serves the DAGs in `examples/` as they are. */
export class ExampleWorker {
  private runs = 0;

  private constructor(readonly worker: TestWorker) {}

  static async start(settings: string[] = []): Promise<ExampleWorker> {
    const folder = join(repositoryRoot, 'examples');
    return new ExampleWorker(
      await TestWorker.start(builtInOperators, [`dags.folders=[${folder}]`, ...settings]),
    );
  }

  stop(): Promise<void> {
    return this.worker.stop();
  }

  /** A folder of the test's own, empty. */
  folder(): Promise<string> {
    return mkdtemp(join(this.worker.folder, 'files-'));
  }

  /** Starts a run; `ended` waits for its end, whatever that is. */
  async start(
    dagId: string,
    input?: RunInput,
  ): Promise<{ handle: WorkflowHandle; ended: () => Promise<ExampleRun> }> {
    const runId = `run-${++this.runs}`;
    const handle = await this.worker.start(dagId, input, `${dagId}/${runId}`);
    const ended = async (): Promise<ExampleRun> => {
      await this.worker.result(handle);
      return this.ended(dagId, runId);
    };
    return { handle, ended };
  }

  /** Runs a DAG to its end, whatever that is. */
  async run(dagId: string, input?: RunInput): Promise<ExampleRun> {
    return (await this.start(dagId, input)).ended();
  }

  /** What a run left behind. */
  async ended(dagId: string, runId: string): Promise<ExampleRun> {
    const { state, error, tasks } = await this.worker.record(dagId, runId);
    return {
      runId,
      state,
      error,
      states: Object.fromEntries(tasks.map((task) => [task.key, task.state])),
      outputs: Object.fromEntries(tasks.map(({ key, output }) => [key, output])),
    };
  }
}

/** States by instance key, written the other way round: `{ success: 'a b[0]', skipped: 'c' }`. */
export const inStates = (keysByState: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(keysByState).flatMap(([state, keys]) => keys.split(/\s+/).map((key) => [key, state])),
  );
