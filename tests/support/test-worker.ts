import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { runFolder } from '../../activities/context/layout.js';
import type { Operator } from '../../activities/operator.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { loadConfig } from '../../config/loader.js';
import { connectTemporal } from '../../worker/connection/connect.js';
import { createWorker } from '../../worker/worker.js';
import { createWorkerLog, logTemporal, type WorkerLog } from '../../worker/worker-log.js';
import { bundlePath } from '../../worker/workflow-bundle.js';
import type { RunView } from '../../workflows/run-view.js';
import { testServers } from './test-servers.js';

/** A worker in the test's process, on the shared servers, with a data root and DAG folder of its own. */
export class TestWorker {
  private constructor(
    readonly client: Client,
    readonly taskQueue: string,
    readonly folder: string,
    private readonly stopWorker: () => Promise<void>,
  ) {}

  private static logsTemporal = false;

  static async start(operators: readonly Operator[], settings: string[] = []): Promise<TestWorker> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-'));
    await mkdir(join(folder, 'dags'));
    const { temporalAddress, sparkRemote } = testServers;
    const taskQueue = `test-${folder.slice(-6)}`;
    // Defaults, whatever the repository's own file says.
    const file = join(folder, 'config.yaml');
    await writeFile(file, '');
    const config = loadConfig({
      file,
      env: { TEMPORAL_ADDRESS: temporalAddress, SPARK_REMOTE: sparkRemote },
      overrides: [
        `dataRoot=${folder}/data`,
        `dags.folders=[${folder}/dags]`,
        `temporal.taskQueue=${taskQueue}`,
        ...settings,
      ],
    });
    const log = createWorkerLog(config.logging, pino.destination(join(folder, 'worker.log')));
    TestWorker.logsTemporal ||= logTemporalTo(log);
    const byName = new Map(operators.map((operator) => [operator.name, operator]));
    const worker = await createWorker({ config, operators: byName, log });
    const running = worker.run();
    const { client, connection } = await connectTemporal(config, config.temporal.address ?? '');
    return new TestWorker(client, taskQueue, folder, async () => {
      // Nobody will serve what still waits, such as pools and sensors.
      const left = client.workflow.list({
        query: `TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running"`,
      });
      for await (const { workflowId } of left)
        await client.workflow
          .getHandle(workflowId)
          .terminate('the test is over')
          .catch(() => undefined);
      worker.shutdown();
      await running;
      await connection.close();
      await rm(folder, { recursive: true });
    });
  }

  stop(): Promise<void> {
    return this.stopWorker();
  }

  get dataRoot(): string {
    return join(this.folder, 'data');
  }

  /** Writes a DAG's file; the id is in the text. */
  async dag(yaml: string): Promise<void> {
    const id = /^dagId:\s*(\S+)/m.exec(yaml)?.[1];
    await writeFile(join(this.folder, 'dags', `${id}.yaml`), yaml);
  }

  start(dagId: string, input?: RunInput, workflowId = `${dagId}/run`): Promise<WorkflowHandle> {
    return this.client.workflow.start(dagId, {
      workflowId,
      taskQueue: this.taskQueue,
      args: input === undefined ? [] : [input],
    });
  }

  /** Starts a run and waits for its end: the last view, or the message it failed with. */
  async run(dagId: string, input?: RunInput, workflowId?: string): Promise<RunView | string> {
    return this.result(await this.start(dagId, input, workflowId));
  }

  async result(handle: WorkflowHandle): Promise<RunView | string> {
    try {
      return (await handle.result()) as RunView;
    } catch (error) {
      if (error instanceof WorkflowFailedError) return error.cause?.message ?? error.message;
      throw error;
    }
  }

  /** Replays the histories of all workflows of this worker's task queue: by Workflow ID, what went wrong, if anything. */
  async replayAll(): Promise<Map<string, Error | undefined>> {
    const histories = [];
    for await (const { workflowId, runId } of this.client.workflow.list({
      query: `TaskQueue = "${this.taskQueue}"`,
    })) {
      const history = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.push({ workflowId, history });
    }
    const results = new Map<string, Error | undefined>();
    const options = { workflowBundle: { codePath: bundlePath } };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
      results.set(workflowId, results.get(workflowId) ?? error);
    }
    return results;
  }

  async record(dagId: string, runId = 'run'): Promise<RunRecord> {
    return JSON.parse(await readFile(join(runFolder(this.dataRoot, dagId, runId), 'run.json'), 'utf8'));
  }
}

/** The SDK's runtime is one for the process and takes its logger once. */
function logTemporalTo(log: WorkerLog): true {
  logTemporal(log);
  return true;
}

/** Task states by instance key. */
export const states = (view: Pick<RunView, 'tasks'>): Record<string, string> =>
  Object.fromEntries(view.tasks.map(({ key, state }) => [key, state]));
