import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, isGrpcServiceError, QueryRejectedError } from '@temporalio/client';
import { readJson } from '../context/files.js';
import { dagFolder, runFolder, runIdOf } from '../context/layout.js';
import { FileCache } from './file-cache.js';
import { listedRuns } from './listed-runs.js';
import { type RunRecord, runRecordName } from './run-record.js';

type TaskState = { key: string; state: string };

/** A run of some DAG, as it stands. */
export type FoundRun = {
  workflowId: string;
  runId: string;
  /** `queued`, `running`, `success`, `failed` or `cancelled`. */
  state: string;
  /** The states of its tasks' instances; undefined when no worker can tell them now. */
  tasks(): Promise<TaskState[] | undefined>;
};

/** Where runs are looked for. */
type Sources = { client: Client; dataRoot: string };

/** The latest run of a DAG at a logical date: as the server knows it, or as its record tells when the server has forgotten it. */
export async function findRun(
  dagId: string,
  logicalDate: Date,
  sources: Sources,
): Promise<FoundRun | undefined> {
  return (await visibleRun(dagId, logicalDate, sources)) ?? recordedRun(dagId, logicalDate, sources.dataRoot);
}

async function visibleRun(
  dagId: string,
  logicalDate: Date,
  { client, dataRoot }: Sources,
): Promise<FoundRun | undefined> {
  const time = logicalDate.getTime();
  const listed = (await listedRuns(dagId, time, time, client)).get(time);
  if (listed === undefined) return undefined;
  const { workflowId, execution, state, isOpen } = listed;
  const runId = runIdOf(dagId, workflowId);
  return {
    workflowId,
    runId,
    state,
    async tasks() {
      if (!isOpen) {
        const record = await readJson<RunRecord>(join(runFolder(dataRoot, dagId, runId), runRecordName));
        if (record !== undefined && record.state !== 'running') return record.tasks;
      }
      try {
        const handle = client.workflow.getHandle(workflowId, execution);
        const view = await handle.query<{ tasks: TaskState[] } | undefined>('state');
        return view?.tasks ?? [];
      } catch (error) {
        if (isGrpcServiceError(error) || error instanceof QueryRejectedError) return undefined;
        throw error;
      }
    },
  };
}

/** What tells runs apart, without the documents that records hold. */
type Summary = Pick<RunRecord, 'runId' | 'workflowId' | 'logicalDate' | 'startedAt'>;
const summaries = new FileCache<Summary | undefined>();

async function recordedRun(
  dagId: string,
  logicalDate: Date,
  dataRoot: string,
): Promise<FoundRun | undefined> {
  const record = await recordAt(dagId, logicalDate, dataRoot);
  if (record === undefined) return undefined;
  const { workflowId, runId, state, tasks } = record;
  return { workflowId, runId, state, tasks: async () => tasks };
}

/** The record of the latest run of a DAG at a logical date, but for the run with the Workflow ID `except`. */
export async function recordAt(
  dagId: string,
  logicalDate: Date,
  dataRoot: string,
  except?: string,
): Promise<RunRecord | undefined> {
  const entries = await readdir(dagFolder(dataRoot, dagId), { withFileTypes: true }).catch(() => []);
  const all = await Promise.all(
    entries.map((entry) => {
      if (!entry.isDirectory()) return undefined;
      const file = join(entry.parentPath, entry.name, runRecordName);
      return summaries.get(file, async () => ({ value: await summary(file), from: [file] }));
    }),
  );
  const [latest] = all
    .filter((run) => run !== undefined && Date.parse(run.logicalDate) === logicalDate.getTime())
    .filter((run) => run?.workflowId !== except)
    .sort((a, b) => (b?.startedAt ?? '').localeCompare(a?.startedAt ?? ''));
  return latest && readJson<RunRecord>(join(runFolder(dataRoot, dagId, latest.runId), runRecordName));
}

async function summary(file: string): Promise<Summary | undefined> {
  const record = await readJson<RunRecord>(file);
  if (record === undefined) return undefined;
  const { runId, workflowId, logicalDate, startedAt } = record;
  return { runId, workflowId, logicalDate, startedAt };
}
