import { join } from 'node:path';
import { readJson, writeJson } from '../context/files.js';
import { runFolder } from '../context/layout.js';
import { type RunRecord, runRecordName, type TaskRecord } from './run-record.js';

/** How a run ended, as the workflow tells it. */
export type RunEnd = {
  dagId: string;
  runId: string;
  temporalRunId: string;
  state: Exclude<RunRecord['state'], 'running'>;
  finishedAt: string;
  error?: string;
  tasks: TaskRecord[];
};

/** What `current.json` of a DAG holds: the last run that succeeded. Consumers outside Nightjar start reading here. */
export type CurrentRun = {
  runId: string;
  folder: string;
  finishedAt: string;
  outputs: Record<string, unknown>;
};

/** Closes a run's record and, if the run succeeded, moves the DAG's `current.json` to it. Safe to repeat. */
export async function recordRun(end: RunEnd, { dataRoot }: { dataRoot: string }): Promise<void> {
  const folder = runFolder(dataRoot, end.dagId, end.runId);
  const file = join(folder, runRecordName);
  const record = await readJson<RunRecord>(file);
  if (record === undefined) throw new Error(`the record of the run is gone: ${file}`);
  // A later try at the same DAG run owns the record by now.
  if (record.temporalRunId !== end.temporalRunId) return;
  const { state, finishedAt, error, tasks } = end;
  await writeJson(file, {
    ...record,
    state,
    finishedAt,
    ...(error === undefined ? {} : { error }),
    tasks,
  } satisfies RunRecord);
  if (state !== 'success') return;
  const outputs = Object.fromEntries(
    tasks.flatMap(({ key, output }) => (output === undefined ? [] : [[key, output]])),
  );
  const current: CurrentRun = { runId: end.runId, folder, finishedAt, outputs };
  await writeJson(join(dataRoot, end.dagId, 'current.json'), current);
}
