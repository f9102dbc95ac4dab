import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where things are below the data root:
 *
 *     <dagId>/current.json                     the last successful run
 *     <dagId>/<run>/run.json, run.log          a run's record and its log
 *     <dagId>/<run>/<task>/<generation>/       what one try of a task wrote; committed by its manifest.json
 *     <dagId>/<run>/committed-….jsonl          results of tasks that wrote nothing
 *
 * A generation is new for every Temporal run and every clear, and kept by retries: retries resume, clearing starts over.
 */
export const manifestName = 'manifest.json';

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** The run's folder name. Hadoop paths cannot hold a colon, and a user may type any Workflow ID. */
export function runFolderName(runId: string): string {
  if (timestamp.test(runId)) return runId.replaceAll(':', '-');
  const safe = runId.replaceAll(/[^\w.=+-]/g, '_').replace(/^[._]/, '-');
  if (safe === runId && safe.length <= 100) return safe;
  return `${safe.slice(0, 80)}-${createHash('sha256').update(runId).digest('hex').slice(0, 8)}`;
}

/** The DAG run's id: its Workflow ID without the DAG id that starts it (schedules put a dash where we put a slash). */
export function runIdOf(dagId: string, workflowId: string): string {
  const rest = workflowId.slice(dagId.length + 1);
  return rest !== '' && (workflowId.startsWith(`${dagId}/`) || workflowId.startsWith(`${dagId}-`))
    ? rest
    : workflowId;
}

export const generationName = (temporalRunId: string, cleared: number): string =>
  `${temporalRunId.replaceAll('-', '').slice(-12)}-${cleared}`;

export const runFolder = (dataRoot: string, dagId: string, runId: string): string =>
  join(dataRoot, dagId, runFolderName(runId));

/** The folder of what one try of a task instance wrote. `run` is the run's. */
export const generationFolder = (
  run: string,
  { id, mapIndex }: { id: string; mapIndex?: number },
  generation: string,
): string => join(run, taskFolderName(id, mapIndex), generation);

/** A task instance's folder name: `train`, or `generate@3` for the mapped instance `generate[3]`. */
export const taskFolderName = (taskId: string, mapIndex: number | undefined): string =>
  mapIndex === undefined ? taskId : `${taskId}@${mapIndex}`;
