import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { readJson } from '../context/files.js';
import { dagFolder } from '../context/layout.js';
import { endStates, listedRuns } from './listed-runs.js';
import { type RunRecord, runRecordName } from './run-record.js';

/** The run that a logical date has: what its Workflow ID is, and how it stands. */
export type ExistingRun = { workflowId: string; state: string };

/** Where runs are looked for. */
export type RunSources = { client: Client; dataRoot: string };

/** How many workflows are asked about at the same time. */
const concurrentLookups = 20;

/** The Workflow ID of the run that a date gets when it has none. */
export const runWorkflowId = (dagId: string, date: Date): string =>
  `${dagId}/${date.toISOString().replace('.000Z', 'Z')}`;

/**
 * The latest run of each of these dates that has one, by time in milliseconds, whoever started it: as the server lists it, or as
 * its record tells. What the lists can't tell for sure, as they lag behind, is asked of the server.
 */
export async function existingRuns(
  dagId: string,
  dates: readonly Date[],
  sources: RunSources,
): Promise<Map<number, ExistingRun>> {
  if (dates.length === 0) return new Map();
  const times = new Set(dates.map((date) => date.getTime()));
  const listed = await listedRuns(dagId, Math.min(...times), Math.max(...times), sources.client);
  const missing = new Set([...times].filter((time) => !listed.has(time)));
  const recorded = await recordedRuns(dagId, missing, sources.dataRoot);
  const found = new Map<number, ExistingRun>();
  const unsure = [...dates];
  const work = async (): Promise<void> => {
    for (let date = unsure.shift(); date !== undefined; date = unsure.shift()) {
      const known = listed.get(date.getTime()) ?? recorded.get(date.getTime());
      const run = isClosed(known)
        ? known
        : await askServer(known, runWorkflowId(dagId, date), sources.client);
      if (run !== undefined) found.set(date.getTime(), run);
    }
  };
  await Promise.all(Array.from({ length: concurrentLookups }, work));
  return found;
}

const isClosed = (run: ExistingRun | undefined): boolean =>
  run !== undefined && ['success', 'failed', 'cancelled'].includes(run.state);

/** How a run that seems open, or that may have left no trace in lists, really stands. */
async function askServer(
  known: ExistingRun | undefined,
  usualId: string,
  client: Client,
): Promise<ExistingRun | undefined> {
  const workflowId = known?.workflowId ?? usualId;
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return { workflowId, state: endStates[status.name] ?? known?.state ?? 'running' };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    // Its record was never closed, and the server has forgotten it: it was ended by force.
    return known && { workflowId, state: 'failed' };
  }
}

/** Logical dates by record file: those of a run's folder don't change, and there may be very many. */
const knownDates = new Map<string, number>();

async function recordedRuns(
  dagId: string,
  times: ReadonlySet<number>,
  dataRoot: string,
): Promise<Map<number, ExistingRun>> {
  const latest = new Map<number, RunRecord>();
  if (times.size === 0) return new Map();
  const entries = await readdir(dagFolder(dataRoot, dagId), { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const file = join(entry.parentPath, entry.name, runRecordName);
    const known = knownDates.get(file);
    if (known !== undefined && !times.has(known)) continue;
    const record = await readJson<RunRecord>(file);
    if (record === undefined) continue;
    const time = Date.parse(record.logicalDate);
    knownDates.set(file, time);
    const other = latest.get(time);
    if (times.has(time) && (other === undefined || other.startedAt < record.startedAt))
      latest.set(time, record);
  }
  return new Map([...latest].map(([time, { workflowId, state }]) => [time, { workflowId, state }]));
}
