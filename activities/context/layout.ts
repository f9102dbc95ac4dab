import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { show } from '../../dag/json.js';
import { isId } from '../../dag/schema/scalars.js';

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
export const currentName = 'current.json';

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** Beside the runs' folders there is a file. Some file systems know no case. */
const isTaken = (name: string): boolean => name.toLowerCase() === currentName;

/** The run's folder name. Hadoop paths cannot hold a colon, and a user may type any Workflow ID. */
export function runFolderName(runId: string): string {
  if (timestamp.test(runId)) return runId.replaceAll(':', '-');
  const safe = runId.replaceAll(/[^\w.=+-]/g, '_').replace(/^[._]/, '-');
  if (safe === runId && safe !== '' && safe.length <= 100 && !isTaken(safe)) return safe;
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

/** The folder of all runs of a DAG. @throws Error when there can be no such DAG: ids come from people as well */
export function dagFolder(dataRoot: string, dagId: string): string {
  if (!isId(dagId)) throw new Error(`expected the id of a DAG, got ${show(dagId)}`);
  return join(dataRoot, dagId);
}

export const runFolder = (dataRoot: string, dagId: string, runId: string): string =>
  join(dagFolder(dataRoot, dagId), runFolderName(runId));

/**
 * The absolute path of what is named by a path relative to the data root. What tasks, data and people name may lead anywhere:
 * all such paths are opened by way of this.
 * @returns undefined when it leads out of the data root, also by a symbolic link
 */
export async function pathBelow(dataRoot: string, path: string): Promise<string | undefined> {
  const wanted = resolve(dataRoot, path);
  if (path.includes('\0') || !isBelow(dataRoot, wanted)) return undefined;
  const real = await realpathOfExisting(wanted);
  return isBelow(await realpathOfExisting(dataRoot), real) ? wanted : undefined;
}

function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** With links followed as far as there is anything. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    return join(await realpathOfExisting(parent), relative(parent, path));
  }
}

/** The folder of what one try of a task instance wrote. `run` is the run's. */
export const generationFolder = (
  run: string,
  { id, mapIndex }: { id: string; mapIndex?: number },
  generation: string,
): string => join(run, taskFolderName(id, mapIndex), generation);

/** A task instance's folder name: `train`, or `generate@3` for the mapped instance `generate[3]`. */
export const taskFolderName = (taskId: string, mapIndex: number | undefined): string =>
  mapIndex === undefined ? taskId : `${taskId}@${mapIndex}`;
