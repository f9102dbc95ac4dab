import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import type { RunRecord, TaskRecord } from '../activities/run/run-record.js';
import type { JsonObject } from '../dag/json.js';
import type { RunView, TaskView } from '../workflows/run-view.js';
import { answerTimeout } from './answered.js';
import { recordOf, runFolderOf } from './find-run.js';
import { isOpen, type ListedRun, type RunSources } from './list-runs.js';
import { lastView, type RunningTask, runningTasks } from './watch-run.js';

/** A run with all that is known of it. */
export type RunDetails = ListedRun & {
  /** Why it failed. */
  error?: string;
  params?: JsonObject;
  dagFile?: string;
  /** The run whose results were reused, if this is a replay. */
  replayOf?: string;
  /** Where its data, record and log are. */
  folder: string;
  /** Undefined when no worker could tell, and no record does. */
  tasks?: TaskView[];
  /** What keeps the run from going on, if something does. */
  problem?: string;
  /** What its tasks do right now, or wait for. */
  running?: RunningTask[];
};

/** All that the server, the run itself and its record tell. */
export async function detailsOf(run: ListedRun, { client, config }: RunSources): Promise<RunDetails> {
  const record = await recordOf(run, config);
  const isClosed = !isOpen(run);
  const isRecorded = record !== undefined && record.state !== 'running' && isClosed;
  const view = isRecorded || run.source === 'record' ? undefined : await askedView(client, run);
  const tasks = view?.tasks ?? (record && tasksOfRecord(record));
  const running = isClosed || run.source === 'record' ? [] : await askedTasks(client, run);
  const error =
    isClosed && run.state !== 'success' ? (record?.error ?? (await whyFailed(client, run))) : undefined;
  return {
    ...run,
    ...(run.logicalDate === undefined && record !== undefined ? { logicalDate: record.logicalDate } : {}),
    ...(error === undefined ? {} : { error }),
    ...(record === undefined ? {} : { params: record.params, dagFile: record.dagFile }),
    ...(record?.replayOf === undefined ? {} : { replayOf: record.replayOf }),
    folder: runFolderOf(run, config),
    ...(tasks === undefined ? {} : { tasks }),
    ...(view?.problem === undefined ? {} : { problem: view.problem }),
    ...(running.length === 0 ? {} : { running }),
  };
}

/** What the run answers, if there is a worker to let it. */
function askedView(client: Client, { workflowId, temporalRunId }: ListedRun): Promise<RunView | undefined> {
  const handle = client.workflow.getHandle(workflowId, temporalRunId);
  return client.connection.withDeadline(Date.now() + answerTimeout, () => lastView(handle));
}

/** What the server knows of the run's tasks. */
async function askedTasks(client: Client, { workflowId, temporalRunId }: ListedRun): Promise<RunningTask[]> {
  const handle = client.workflow.getHandle(workflowId, temporalRunId);
  return runningTasks(handle, await handle.describe());
}

async function whyFailed(client: Client, { workflowId, temporalRunId, source }: ListedRun) {
  if (source === 'record') return undefined;
  try {
    await client.workflow.getHandle(workflowId, temporalRunId).result();
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause?.message ?? error.message;
    throw error;
  }
}

/** The tasks of a run's record, as the run itself shows them. */
export function tasksOfRecord({ dag, tasks }: Pick<RunRecord, 'dag' | 'tasks'>): TaskView[] {
  const operators = new Map(dag.tasks.map(({ id, operator }) => [id, operator]));
  return tasks.map(({ key, state, reason, stats, reused }: TaskRecord): TaskView => {
    const { tries, startedAt, finishedAt, rowsRead, rowsWritten, rowsRejected, rejectedByReason, metrics } =
      stats ?? {};
    return {
      key,
      operator: operators.get(key.replace(/\[\d+\]$/, '')) ?? '',
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(reused ? { reused } : {}),
      ...(tries === undefined ? {} : { tries }),
      ...(startedAt === undefined ? {} : { startedAt: Date.parse(startedAt) }),
      ...(finishedAt === undefined ? {} : { finishedAt: Date.parse(finishedAt) }),
      ...(rowsRead === undefined ? {} : { rowsRead }),
      ...(rowsWritten === undefined ? {} : { rowsWritten }),
      ...(rowsRejected === undefined ? {} : { rowsRejected }),
      ...(rejectedByReason === undefined ? {} : { rejectedByReason }),
      ...(metrics === undefined ? {} : { metrics }),
    };
  });
}
