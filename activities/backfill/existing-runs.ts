import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { readJson } from '../context/files.js';
import { endStates } from '../run/find-run.js';
import { type RunRecord, runRecordName } from '../run/run-record.js';

/** The run that a logical date has: what its Workflow ID is, and how it stands. */
export type ExistingRun = { workflowId: string; state: string };

/** Where runs are looked for. */
export type RunSources = { client: Client; dataRoot: string };

const logicalDateKey = defineSearchAttributeKey('NightjarLogicalDate', SearchAttributeType.DATETIME);
const runStateKey = defineSearchAttributeKey('NightjarRunState', SearchAttributeType.KEYWORD);

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
  const times = new Set(dates.map((date) => date.getTime()));
  const listed = await listedRuns(dagId, times, sources.client);
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

async function listedRuns(
  dagId: string,
  times: ReadonlySet<number>,
  client: Client,
): Promise<Map<number, ExistingRun>> {
  const runs = new Map<number, ExistingRun & { startTime: Date }>();
  if (times.size === 0) return runs;
  // A little more than the range: servers that store times as text find none that is equal to an end.
  const from = new Date(Math.min(...times) - 1).toISOString();
  const to = new Date(Math.max(...times) + 1).toISOString();
  const query = `WorkflowType = "${dagId}" AND NightjarDag = "${dagId}" AND NightjarLogicalDate BETWEEN "${from}" AND "${to}"`;
  try {
    for await (const { workflowId, startTime, status, typedSearchAttributes } of client.workflow.list({
      query,
    })) {
      const time = typedSearchAttributes.get(logicalDateKey)?.getTime();
      if (time === undefined || !times.has(time) || status.name === 'CONTINUED_AS_NEW') continue;
      const other = runs.get(time);
      if (other !== undefined && other.startTime > startTime) continue;
      const state = endStates[status.name] ?? typedSearchAttributes.get(runStateKey) ?? 'running';
      runs.set(time, { workflowId, state, startTime });
    }
  } catch (error) {
    // A server that was not given Nightjar's search attributes can't answer.
    if (isGrpcServiceError(error) && /search attribute/i.test(error.message)) return new Map();
    throw error;
  }
  return runs;
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
  const entries = await readdir(join(dataRoot, dagId), { withFileTypes: true }).catch(
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
