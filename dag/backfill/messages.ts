import type { DagDocument } from '../document.js';
import type { JsonObject } from '../json.js';

/** The type of a backfill's workflow, and the start of its id: `nightjar/backfill/<dagId>`, so that a DAG has one at a time. */
export const backfillWorkflow = 'nightjar/backfill';

export const backfillWorkflowId = (dagId: string): string => `${backfillWorkflow}/${dagId}`;

/** The DAG of a backfill's Workflow ID; undefined when it is none. */
export const backfilledDag = (workflowId: string): string | undefined =>
  workflowId.startsWith(`${backfillWorkflow}/`) ? workflowId.slice(backfillWorkflow.length + 1) : undefined;

export const backfillMessages = {
  /** Update: starts no more runs until `resume`. */
  pause: 'pause',
  /** Update: starts runs again. */
  resume: 'resume',
  /** Update, a number or `{ maxActiveRuns }`. */
  setMaxActiveRuns: 'setMaxActiveRuns',
  /** Signal of its runs, {@link RunHeld}. */
  runHeld: 'runHeld',
  /** Query: {@link BackfillView}. */
  state: 'state',
} as const;

/** Where a backfill's workflow keeps its {@link BackfillSummary}, to be read without a worker. */
export const backfillMemo = 'nightjarBackfill';

/** A run of the backfill is held from now on, or goes on. */
export type RunHeld = { workflowId: string; held: boolean };

/** Which existing runs are run again: none, those that failed, or all that have ended. */
export const reprocessBehaviors = ['none', 'failed', 'completed'] as const;
export type ReprocessBehavior = (typeof reprocessBehaviors)[number];

/** Side by side at most; what a workflow can have open at the server is bounded. */
export const maxActiveRunsLimit = 500;
/** Airflow's. */
export const defaultMaxActiveRuns = 10;

/** What is asked of a backfill, resolved against the DAG as it is when the backfill starts. */
export type BackfillPlan = {
  dagId: string;
  /** ISO 8601, UTC; both ends belong to the range. */
  fromDate: string;
  toDate: string;
  /** The schedule stays what it was, also when the DAG's file changes meanwhile. */
  timetable: Pick<DagDocument, 'schedule' | 'timezone' | 'startDate' | 'endDate'>;
  /** Logical dates in the range. */
  total: number;
  maxActiveRuns: number;
  reprocess: ReprocessBehavior;
  runBackwards: boolean;
  params: JsonObject;
  /** Settings of config.yaml that its runs override. */
  settings: JsonObject;
  /** Whether the server knows Nightjar's search attributes. */
  searchAttributes: boolean;
};

/** A run to be started. */
export type BackfillRun = {
  /** ISO 8601, UTC. */
  logicalDate: string;
  workflowId: string;
  /** Whether it is there already, and has ended. */
  again: boolean;
};

/** A run of one of the dates that is under way without the backfill. */
export type RunInFlight = { logicalDate: string; workflowId: string };

/** What a look for runs to start has found, from where the last one ended. */
export type BackfillPage = {
  runs: BackfillRun[];
  /** Dates that are left as they are: how many have a run that has ended, and those whose run is under way. */
  existing: number;
  inFlight: RunInFlight[];
  /** The last date that was looked at; absent when there was none. */
  cursor?: string;
  /** Whether that was the last of the range. */
  done: boolean;
};

export type BackfillState = 'running' | 'paused' | 'success' | 'failed' | 'cancelled';

/** How many dates of the range are in which state; the sum is `total`. */
export type BackfillCounts = {
  /** Not looked at yet. */
  waiting: number;
  active: number;
  /** Failed and waiting to be told what to do (`onFailure: hold`): they keep no other run from starting. */
  held: number;
  success: number;
  failed: number;
  cancelled: number;
  /** Left alone: they have a run, and nobody asked to run it again. */
  existing: number;
  /** Left alone: their run was under way. */
  inFlight: number;
};

export type ActiveRun = { logicalDate: string; workflowId: string; since: string };
export type UnsuccessfulRun = {
  logicalDate: string;
  workflowId: string;
  state: 'failed' | 'cancelled';
  reason: string;
};

/** What can be told of a backfill in a line. */
export type BackfillSummary = Pick<
  BackfillPlan,
  'dagId' | 'fromDate' | 'toDate' | 'total' | 'maxActiveRuns' | 'reprocess' | 'runBackwards'
> & { state: BackfillState; counts: BackfillCounts };

/** What the query `state` answers, and a backfill returns. */
export type BackfillView = BackfillSummary & {
  timezone: string;
  params: JsonObject;
  active: ActiveRun[];
  held: ActiveRun[];
  /** The first of those that failed or were cancelled; `counts` has them all. */
  unsuccessful: UnsuccessfulRun[];
  inFlight: RunInFlight[];
};
