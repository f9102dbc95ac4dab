import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { DagDocument } from '../../dag/document.js';
import { TaskGraph } from '../../dag/graph.js';
import type { TaskState } from '../../dag/states.js';
import { readCommits } from '../context/commits.js';
import { readJson } from '../context/files.js';
import { runFolder, runIdOf } from '../context/layout.js';
import type { FinishedTask, Json } from '../operator.js';
import { type RunRecord, runRecordName, type TaskRecord } from './run-record.js';

/** Which results of an earlier run to reuse, and which tasks to run again. */
export const replaySchema = z.strictObject({
  /** The Workflow ID of the earlier run. */
  workflowId: z.string(),
  /** Tasks to run again. Default: those that did not succeed. */
  tasks: z.array(z.string()).optional(),
  /** Whether what is downstream of them runs again too. */
  downstream: z.boolean().default(true),
  /** The DAG as it was then, or as its file is now. */
  dag: z.enum(['original', 'latest']).default('latest'),
});

/** Results that stand, by instance key. */
export type ReusedTasks = Record<
  string,
  { state: 'success' | 'skipped'; output?: Json; stats?: FinishedTask }
>;

const refuse = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'InvalidRunInput');

/** The record of the run to replay, with all that it had committed. @throws ApplicationFailure of type InvalidRunInput */
export async function readEarlierRun(
  workflowId: string,
  dagId: string,
  dataRoot: string,
): Promise<RunRecord> {
  const folder = runFolder(dataRoot, dagId, runIdOf(dagId, workflowId));
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  if (record === undefined) {
    throw refuse(`nothing to replay: run "${workflowId}" of DAG "${dagId}" left no record in ${folder}`);
  }
  return record.state === 'running' ? { ...record, tasks: await committedTasks(folder, record) } : record;
}

/** The results that stand when `replay.tasks` (default: all without success) run again. */
export function reusable(
  dag: DagDocument,
  records: readonly TaskRecord[],
  replay: { tasks?: string[] | undefined; downstream: boolean },
): ReusedTasks {
  const graph = new TaskGraph(dag.tasks);
  const ids = new Set(dag.tasks.map(({ id }) => id));
  const stands = ({ state }: TaskRecord): boolean => state === 'success' || state === 'skipped';
  const taskOf = (key: string): string => key.replace(/\[\d+\]$/, '');
  const unknown = (replay.tasks ?? []).find((id) => !ids.has(id));
  if (unknown !== undefined) {
    throw refuse(`replay.tasks: DAG "${dag.dagId}" has no task "${unknown}" (tasks: ${[...ids].join(', ')})`);
  }
  const good = new Set(records.filter(stands).map(({ key }) => taskOf(key)));
  const failed = records.filter((record) => !stands(record)).map(({ key }) => taskOf(key));
  const missing = [...ids].filter((id) => !good.has(id));
  const chosen = new Set(replay.tasks ?? [...failed, ...missing]);
  const again = new Set(chosen);
  if (replay.downstream) for (const id of chosen) for (const below of graph.descendants(id)) again.add(below);
  // Instances of a mapped task stand one by one: only those that failed run again, unless the task was named.
  const named = new Set(replay.tasks ?? []);
  const upstreamAgain = (id: string): boolean => [...graph.ancestors(id)].some((above) => again.has(above));
  return Object.fromEntries(
    records
      .filter((record) => {
        const id = taskOf(record.key);
        if (!ids.has(id) || !stands(record)) return false;
        const isInstance = id !== record.key;
        return !again.has(id) || (isInstance && !named.has(id) && !upstreamAgain(id));
      })
      .map(({ key, state, output, stats }) => [
        key,
        {
          state: state as 'success' | 'skipped',
          ...(output === undefined ? {} : { output }),
          ...(stats === undefined ? {} : { stats }),
        },
      ]),
  );
}

/** What a run that never closed its record had committed, and what it had taken over from earlier ones. */
async function committedTasks(folder: string, record: RunRecord): Promise<TaskRecord[]> {
  const committed = (await readCommits(folder))
    .filter(({ committedAt }) => committedAt >= record.startedAt)
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
