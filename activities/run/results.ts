import { join } from 'node:path';
import { jsonBytes } from '../../dag/payload.js';
import { readJson } from '../context/files.js';
import { runFolder } from '../context/layout.js';
import { type RunRecord, runRecordName, type TaskRecord } from './run-record.js';

/** Asks for results in a run's record, from this place on. */
export type ResultsRequest = { dagId: string; runId: string; from: number };

/** `next` is where the next page begins; absent on the last. */
export type ResultsPage = { tasks: TaskRecord[]; next?: number };

/** What an activity returns is one payload, of at most two MiB; outputs alone may have 64 KiB each. */
const pageBytes = 1_000_000;

/** A page of the task results that a run has taken over when it starts: those it reuses, or its own before it was continued. */
export async function readResults(
  { dagId, runId, from }: ResultsRequest,
  { dataRoot }: { dataRoot: string },
): Promise<ResultsPage> {
  const file = join(runFolder(dataRoot, dagId, runId), runRecordName);
  const record = await readJson<RunRecord>(file);
  if (record === undefined) throw new Error(`the record of the run is gone: ${file}`);
  const tasks: TaskRecord[] = [];
  let bytes = 0;
  for (const task of record.tasks.slice(from)) {
    bytes += jsonBytes(task);
    if (tasks.length > 0 && bytes > pageBytes) return { tasks, next: from + tasks.length };
    tasks.push(task);
  }
  return { tasks };
}
