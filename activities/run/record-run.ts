import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { JsonObject } from '../../dag/json.js';
import { readJson, writeJsonSync } from '../context/files.js';
import { currentName, dagFolder, runFolder } from '../context/layout.js';
import { type RunRecord, runRecordName, type TaskRecord } from './run-record.js';

/** How a run stands, as the workflow tells it: at its end, when it is held or goes on, or continues in a new execution. */
export type RunUpdate = {
  dagId: string;
  runId: string;
  temporalRunId: string;
  state: RunRecord['state'];
  /** ISO 8601, UTC. */
  at: string;
  error?: string;
  tasks: TaskRecord[];
  /** The run's params, when they have changed. */
  params?: JsonObject;
};

/** What `current.json` of a DAG holds: the last run that succeeded. Consumers outside Nightjar start reading here. */
export type CurrentRun = {
  runId: string;
  folder: string;
  finishedAt: string;
  outputs: Record<string, unknown>;
};

/**
 * Updates a run's record and, if the run succeeded, moves the DAG's `current.json` to it. Safe to repeat.
 * @throws ApplicationFailure RunRecordGone
 */
export async function recordRun(update: RunUpdate, { dataRoot }: { dataRoot: string }): Promise<void> {
  const folder = runFolder(dataRoot, update.dagId, update.runId);
  const file = join(folder, runRecordName);
  const record = await readJson<RunRecord>(file);
  if (record === undefined) {
    throw ApplicationFailure.nonRetryable(
      `the run's record is gone: ${file}; somebody has removed it while the run went on`,
      'RunRecordGone',
    );
  }
  // A later try at the same DAG run owns the record by now.
  if (record.temporalRunId !== update.temporalRunId) return;
  const { state, at, error, tasks, params } = update;
  // What was said when it was held is over.
  const { error: _error, recordedAt: _recordedAt, ...lasting } = record;
  writeJsonSync(file, {
    ...lasting,
    state,
    ...(state === 'running' || state === 'held'
      ? { recordedAt: new Date().toISOString() }
      : { finishedAt: at }),
    ...(error === undefined ? {} : { error }),
    ...(params === undefined ? {} : { params, given: { ...record.given, params } }),
    tasks,
  } satisfies RunRecord);
  if (state !== 'success') return;
  const outputs = Object.fromEntries(
    tasks.flatMap(({ key, output }) => (output === undefined ? [] : [[key, output]])),
  );
  const current: CurrentRun = { runId: update.runId, folder, finishedAt: at, outputs };
  writeJsonSync(join(dagFolder(dataRoot, update.dagId), currentName), current);
}
