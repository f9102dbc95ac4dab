import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { DagDocument } from '../../dag/document.js';
import { planReplay, type ReplayPlan, type ReplaySelection } from '../../dag/replay/plan.js';
import type { TaskState } from '../../dag/states.js';
import { readCommits } from '../context/commits.js';
import { readJson, writeJson } from '../context/files.js';
import { runFolder, runIdOf } from '../context/layout.js';
import { type RunRecord, runRecordName, type TaskRecord } from './run-record.js';

const tasks = z.union([z.string().transform((task) => [task]), z.array(z.string()).min(1)], {
  error: 'expected a task or a list of tasks',
});

/** The tasks of a run's input: one or a list. */
export const someTasks = tasks.optional();

/** Which results of an earlier run to reuse, and which tasks to run again. */
export const replaySchema = z.strictObject({
  /** The Workflow ID of the earlier run. */
  workflowId: z.string(),
  /** Temporal's id of the try that is meant, when it must be that one. */
  runId: z
    .string()
    .regex(/^[\w-]{1,100}$/, "expected Temporal's id of a run, such as 019ad2c5-6c0e-7b7a-8d5e-3f1c0a9b2d4e")
    .optional(),
  /** Tasks to run again, or instances such as `train[3]`. Default: those that did not succeed. */
  tasks: someTasks,
  /** Whether what is downstream of them runs again too. */
  downstream: z.boolean().default(true),
  /** Whether what is upstream of them runs again too. */
  upstream: z.boolean().default(false),
  /** Of `tasks`, only those that did not succeed. */
  onlyFailed: z.boolean().default(false),
  /** The DAG as it was then, or as its file is now. */
  dag: z.enum(['original', 'latest']).default('latest'),
});

const refuse = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'InvalidRunInput');

/** A run has one record; those of former tries at it stay beside it. */
const formerRecordName = (temporalRunId: string): string =>
  runRecordName.replace('.json', `.${temporalRunId}.json`);

/** The record of one try at a run, by Temporal's id of its first execution; undefined when it left none. */
export async function recordOfTry(folder: string, temporalRunId: string): Promise<RunRecord | undefined> {
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  return record === undefined || record.temporalRunId === temporalRunId
    ? record
    : readJson<RunRecord>(join(folder, formerRecordName(temporalRunId)));
}

/** Puts the record of a former try aside before a new try writes its own. */
export async function keepFormerRecord(folder: string, temporalRunId: string): Promise<void> {
  const former = await readJson<RunRecord>(join(folder, runRecordName));
  if (former === undefined || former.temporalRunId === temporalRunId) return;
  // What was cut off is closed: what is committed from now on is the new try's.
  const closed: RunRecord =
    former.state === 'running'
      ? { ...former, state: 'failed', tasks: await committedTasks(folder, former) }
      : former;
  await writeJson(join(folder, formerRecordName(former.temporalRunId)), closed);
}

/**
 * The record of a run with all that it had committed, of its last try or of the one of a Temporal run id; undefined when
 * it left none.
 */
export async function readRun(
  workflowId: string,
  dagId: string,
  dataRoot: string,
  temporalRunId?: string,
): Promise<RunRecord | undefined> {
  const folder = runFolder(dataRoot, dagId, runIdOf(dagId, workflowId));
  const record = await (temporalRunId === undefined
    ? readJson<RunRecord>(join(folder, runRecordName))
    : recordOfTry(folder, temporalRunId));
  return record?.state === 'running' ? { ...record, tasks: await committedTasks(folder, record) } : record;
}

/** The record of the run to replay, with all that it had committed. @throws ApplicationFailure of type InvalidRunInput */
export async function readEarlierRun(
  { workflowId, runId }: { workflowId: string; runId?: string | undefined },
  dagId: string,
  dataRoot: string,
): Promise<RunRecord> {
  const record = await readRun(workflowId, dagId, dataRoot, runId);
  if (record !== undefined) return record;
  const folder = runFolder(dataRoot, dagId, runIdOf(dagId, workflowId));
  const which = `run "${workflowId}" of DAG "${dagId}"${runId === undefined ? '' : `, try ${runId},`}`;
  throw refuse(`nothing to replay: ${which} left no record in ${folder}`);
}

/** What of an earlier run runs again, and what it gives to the new one. @throws ApplicationFailure of type InvalidRunInput */
export function planOfReplay(
  dag: DagDocument,
  past: readonly TaskRecord[],
  selection: ReplaySelection,
): ReplayPlan {
  try {
    return planReplay(dag, past, selection);
  } catch (error) {
    throw refuse(`DAG "${dag.dagId}": ${error instanceof Error ? error.message : error}`);
  }
}

/** What a run that never closed its record had committed since that was written, and what it holds. */
async function committedTasks(folder: string, record: RunRecord): Promise<TaskRecord[]> {
  const committed = (await readCommits(folder))
    .filter(({ committedAt }) => committedAt >= (record.recordedAt ?? record.startedAt))
    .map(
      ({ task, output, stats }): TaskRecord => ({
        key: task,
        state: stats.state as TaskState,
        output,
        stats,
      }),
    );
  return [...new Map([...record.tasks, ...committed].map((task) => [task.key, task])).values()];
}
