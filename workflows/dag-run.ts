import {
  continueAsNew,
  defineQuery,
  patched,
  proxyLocalActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedRun, RunRequest } from '../activities/run/prepare-run.js';
import type { ResultsPage, ResultsRequest } from '../activities/run/results.js';
import type { TaskRecord } from '../activities/run/run-record.js';
import { continuation } from '../contract/messages.js';
import { backfilledDag } from '../dag/backfill/messages.js';
import { completeDag } from '../dag/compact.js';
import type { RestoredInstance, ReusedResult } from '../dag/decision.js';
import { isFinal } from '../dag/states.js';
import { Hold } from './hold.js';
import { checkReadable, readCarried } from './inbound.js';
import { Preparation, type PreparationActivities } from './preparation.js';
import { type Continuation, type RecordActivities, RunLifecycle } from './run-lifecycle.js';
import type { RunResult, RunView } from './run-view.js';

/** The activities that every worker has beside its operators. */
export type RunActivities = RecordActivities &
  PreparationActivities & {
    readResults(request: ResultsRequest): Promise<ResultsPage>;
  };

/** Where a run stands, task by task; undefined before its DAG has been read. */
export const stateQuery = defineQuery<RunView | undefined>('state');

const { readResults } = proxyLocalActivities<RunActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Runs the DAG that the workflow's type names. `continued` is its own: a run with a long history goes on in a new one.
 * @throws ApplicationFailure InvalidRunInput, DagRunFailed
 */
export async function dagRun(input?: unknown, ...more: unknown[]): Promise<RunResult> {
  checkReadable("the run's input", input, 'InvalidRunInput');
  const continued = readCarried<Continuation>('a run', continuation, more[0], 'InvalidRunInput');
  let run: RunLifecycle | undefined;
  const preparation = new Preparation();
  setHandler(stateQuery, () => run?.view() ?? preparation.view(), {
    description: 'Where the run stands, task by task',
  });
  const hold = new Hold(() => run?.state ?? 'being prepared', continued?.heldSince !== undefined);
  const times = { triggeredAt: workflowInfo().startTime.getTime(), ...continued };
  const frozen = await preparation.prepare(requestOf(input, times.triggeredAt, continued !== undefined));
  const prepared: PreparedRun = { ...frozen, dag: completeDag(frozen.dag) };
  const results = prepared.hasResults ? await allResults(prepared) : [];
  const taken = continued === undefined ? { reused: reusedOf(results) } : { restored: restoredOf(results) };
  run = new RunLifecycle(prepared, hold, taken, times);
  let ending = await run.toEnd();
  while (ending.kind === 'continue') {
    const instead = await run.rest();
    if (instead === undefined) return continueAsNew<typeof dagRun>(input, run.continuation());
    ending = instead;
  }
  return run.close(ending);
}

/** What this workflow knows of itself and of who started it. */
function requestOf(input: unknown, triggeredAt: number, isContinued: boolean): RunRequest {
  const { workflowType, workflowId, firstExecutionRunId, searchAttributes, parent } = workflowInfo();
  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  return {
    dagId: workflowType,
    workflowId,
    // The first run's id stays when the run is reset or continued: it is the same try at the DAG run.
    temporalRunId: firstExecutionRunId,
    triggeredAt: new Date(triggeredAt).toISOString(),
    ...(scheduled instanceof Date ? { scheduledAt: scheduled.toISOString() } : {}),
    ...(backfilledDag(parent?.workflowId ?? '') === undefined ? {} : { isBackfill: true }),
    isContinued,
    isTriggered: parent !== undefined,
    input,
  };
}

/** Pages of a megabyte that one workflow task takes. */
const pagesPerTask = 3;

/** The results that the run's record holds, page by page: together they may be more than one payload takes. */
async function allResults({ dag, run }: PreparedRun): Promise<TaskRecord[]> {
  const results: TaskRecord[] = [];
  let pages = 0;
  for (let from = 0; ; ) {
    const { tasks, next } = await readResults({ dagId: dag.dagId, runId: run.id, from });
    results.push(...tasks);
    if (next === undefined) return results;
    from = next;
    // A workflow task takes four MiB in all. Earlier releases gave each page its own.
    const isFull = ++pages % pagesPerTask === 0;
    if (isFull || !patched('pages-together')) await sleep(1);
  }
}

const byKey = <T>(entries: [string, T][]): Record<string, T> => Object.fromEntries(entries);

const reusedOf = (results: TaskRecord[]): Record<string, ReusedResult> =>
  byKey(results.map(({ key, ...result }) => [key, result as ReusedResult]));

const restoredOf = (results: TaskRecord[]): Record<string, RestoredInstance> =>
  byKey(
    results.flatMap(({ key, ...result }) =>
      isFinal(result.state) ? [[key, { ...result, state: result.state }]] : [],
    ),
  );
