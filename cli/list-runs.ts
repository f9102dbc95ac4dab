import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Client, isGrpcServiceError, type WorkflowExecutionInfo } from '@temporalio/client';
import { readJson } from '../activities/context/files.js';
import { dagFolder, runIdOf } from '../activities/context/layout.js';
import { endStates } from '../activities/run/listed-runs.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import type { Config } from '../config/loader.js';
import { isId } from '../dag/schema/scalars.js';
import { searchAttributes } from '../workflows/search-attributes.js';

/** States of a run. A run that was terminated or timed out counts as failed. */
export const runStates = ['queued', 'running', 'held', 'success', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

/** A DAG run as commands list it. */
export type ListedRun = {
  workflowId: string;
  dagId: string;
  runId: string;
  /** Temporal's id of the latest try. */
  temporalRunId: string;
  state: RunState;
  /** ISO 8601, UTC; undefined for a run that refused its input, as it has none. */
  logicalDate?: string;
  startedAt: string;
  finishedAt?: string;
  /** The server has forgotten a run of which only the record is left. */
  source: 'server' | 'record';
};

/** Whether a run has not ended. */
export const isOpen = ({ state }: Pick<ListedRun, 'state'>): boolean =>
  state === 'queued' || state === 'running' || state === 'held';

/** Where runs are looked for. */
export type RunSources = { client: Client; config: Config };

export type RunFilter = {
  dagId?: string;
  state?: RunState;
  /** Started at this time or later. */
  since?: Date;
  /** Logical dates from the first to the second, both included. */
  logicalDates?: [Date, Date];
  /** How many at most: those that are open go first, then those that ended last. */
  limit: number;
};

/** What the server calls the runs that may be in a state. */
const statuses: Record<RunState, string> = {
  queued: '"Running"',
  running: '"Running"',
  held: '"Running"',
  success: '"Completed"',
  failed: '"Failed", "Terminated", "TimedOut"',
  cancelled: '"Canceled"',
};

/** Runs that fit, the last started first: those that the server knows, then those that only their records tell of. */
export async function listRuns(sources: RunSources, filter: RunFilter): Promise<ListedRun[]> {
  const byId = new Map<string, ListedRun>();
  for await (const run of serverRuns(sources, filter)) {
    const other = byId.get(run.workflowId);
    // The tries at a run share its Workflow ID.
    if (other === undefined || run.startedAt > other.startedAt) byId.set(run.workflowId, run);
    if (byId.size === filter.limit) break;
  }
  const found = [...byId.values()];
  if (found.length < filter.limit) {
    const recorded = (await recordedRuns(resolve(sources.config.dataRoot), filter.dagId))
      .filter((run) => !byId.has(run.workflowId) && fits(run, filter))
      .sort(lastStartedFirst);
    for (const run of recorded) {
      if (found.length === filter.limit) break;
      // The server may know it in another state, or not by the attributes that were asked for.
      const known = await serverRun(sources.client, run.workflowId);
      if (known === undefined || fits({ ...run, ...known }, filter)) found.push({ ...run, ...known });
    }
  }
  return found.sort(lastStartedFirst);
}

/** The runs of a DAG at a logical date: usually one at most. */
export function runsAt(sources: RunSources, dagId: string, logicalDate: string): Promise<ListedRun[]> {
  const at = new Date(logicalDate);
  return listRuns(sources, { dagId, logicalDates: [at, at], limit: 10 });
}

/** The run of a Workflow ID as the server knows it; undefined when it doesn't, or when it is no DAG run. */
export async function serverRun(client: Client, workflowId: string): Promise<ListedRun | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return isDagRun(description.type) ? listed(description) : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}

/** The run that a record tells of, when the server has forgotten it: one that never closed its record did not succeed. */
export function runOfRecord(record: RunRecord): ListedRun {
  const { workflowId, dagId, runId, temporalRunId, state, logicalDate, startedAt, finishedAt } = record;
  return {
    workflowId,
    dagId,
    runId,
    temporalRunId,
    state: state === 'success' || state === 'cancelled' ? state : 'failed',
    logicalDate,
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    source: 'record',
  };
}

/** Our own workflows have a slash in their type, and those of others any text; ids of DAGs do not. */
const isDagRun = (workflowType: string): boolean => isId(workflowType);

async function* serverRuns({ client, config }: RunSources, filter: RunFilter): AsyncGenerator<ListedRun> {
  const { dagId, state, since, logicalDates, limit } = filter;
  // Servers that store times as text find none that is equal: between its neighbours.
  const [from, to] = logicalDates?.map((date, end) => iso(date.getTime() + (end ? 1 : -1))) ?? [];
  const query = [
    dagId === undefined
      ? `TaskQueue = ${literal(config.temporal.taskQueue)} AND WorkflowType NOT STARTS_WITH "nightjar/"`
      : `WorkflowType = ${literal(dagId)}`,
    state === undefined ? 'ExecutionStatus != "ContinuedAsNew"' : `ExecutionStatus IN (${statuses[state]})`,
    ...(since === undefined ? [] : [`StartTime >= "${since.toISOString()}"`]),
    ...(from === undefined ? [] : [`NightjarLogicalDate BETWEEN "${from}" AND "${to}"`]),
  ].join(' AND ');
  try {
    for await (const execution of client.workflow.list({ query, pageSize: Math.min(limit, 200) })) {
      const run = listed(execution);
      if (isDagRun(run.dagId) && fits(run, filter)) yield run;
    }
  } catch (error) {
    // A server that was not given Nightjar's search attributes can't answer: records can.
    if (isGrpcServiceError(error) && /search attribute/i.test(error.message)) return;
    throw error;
  }
}

type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

function listed(execution: Execution): ListedRun {
  const { workflowId, type, runId, status, startTime, closeTime, typedSearchAttributes } = execution;
  const told = typedSearchAttributes.get(searchAttributes.runState) as RunState | undefined;
  const logicalDate = typedSearchAttributes.get(searchAttributes.logicalDate);
  return {
    workflowId,
    dagId: type,
    runId: runIdOf(type, workflowId),
    temporalRunId: runId,
    state: endStates[status.name] ?? told ?? 'running',
    ...(logicalDate === undefined ? {} : { logicalDate: logicalDate.toISOString() }),
    startedAt: startTime.toISOString(),
    ...(closeTime === undefined ? {} : { finishedAt: closeTime.toISOString() }),
    source: 'server',
  };
}

function fits(run: ListedRun, { state, since, logicalDates }: RunFilter): boolean {
  if (state !== undefined && run.state !== state) return false;
  if (since !== undefined && Date.parse(run.startedAt) < since.getTime()) return false;
  if (logicalDates === undefined) return true;
  const [from, to] = logicalDates.map((date) => date.getTime()) as [number, number];
  const at = Date.parse(run.logicalDate ?? '');
  return at >= from && at <= to;
}

async function recordedRuns(dataRoot: string, dagId: string | undefined): Promise<ListedRun[]> {
  // A name that can't be a DAG's has no runs.
  if (dagId !== undefined && !isId(dagId)) return [];
  const dags = dagId === undefined ? await foldersIn(dataRoot) : [dagFolder(dataRoot, dagId)];
  const runs = (await Promise.all(dags.map(foldersIn))).flat();
  const records = await Promise.all(runs.map((run) => readJson<RunRecord>(join(run, runRecordName))));
  return records.flatMap((record) => (record === undefined ? [] : [runOfRecord(record)]));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

const lastStartedFirst = (a: ListedRun, b: ListedRun): number => b.startedAt.localeCompare(a.startedAt);
const iso = (ms: number): string => new Date(ms).toISOString();
const literal = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
