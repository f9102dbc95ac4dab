import type { DatasetEvent } from './dataset-event.js';
import type { TaskSpec } from './document.js';
import type { Allowance } from './evaluation-budget.js';
import type { Json, JsonObject } from './json.js';
import type { Path } from './problem.js';
import type { FinalState, TaskState } from './states.js';
import type { Thresholds } from './thresholds.js';

/** The `run` variable of expressions; times ISO 8601. */
export type RunInfo = {
  id: string;
  logicalDate: string;
  dataIntervalStart: string;
  dataIntervalEnd: string;
  /** Whether no later run was due when it started; runs that were started by hand always are the latest. */
  latest: boolean;
  /** The updates that started it, when it was started by datasets: the last one of each. */
  datasetEvents?: DatasetEvent[];
};

/** The result of an instance in an earlier run. */
export interface ReusedResult {
  state: 'success' | 'skipped';
  output?: Json;
  stats?: Json;
  /** Why it is not run; by default that it is the result of an earlier run. */
  reason?: string;
  /** It is not run though there is no result. */
  stopped?: true;
}

/** How an instance stood when the run was continued in a new execution. */
export interface RestoredInstance {
  state: FinalState;
  output?: Json;
  stats?: Json;
  reason?: string;
  /** Whether it was the result of an earlier run. */
  reused?: boolean;
  /** Whether somebody said that it ends so: it was not run. */
  byHand?: boolean;
}

export interface DagRunOptions {
  /** Params of the run, with defaults. */
  params: JsonObject;
  /** Whether expressions see params by their schemas, `number` as doubles. Runs of earlier releases don't. */
  typedParams?: boolean | undefined;
  /** Snapshot of the pipeline settings. */
  config: JsonObject;
  run: RunInfo;
  /**
   * Results of an earlier run by instance key: those instances aren't started and keep the state given. Instances of
   * a task mapped over another task's output are reused once it has been expanded again.
   */
  reused?: Readonly<Record<string, ReusedResult>>;
  /** What had ended, by instance key, when this same run was continued: taken over as it was. */
  restored?: Readonly<Record<string, RestoredInstance>>;
  /** What its expressions may cost at one time; without it there is no bound but that of each. */
  allowance?: Allowance;
  /**
   * Whether control operators that have a pool wait for its slots: those that would end at once are then to be waited
   * for as well. Default false: no pool holds them.
   */
  controlsTakeSlots?: boolean;
}

/** How an instance ended. */
export interface Outcome {
  state: 'success' | 'failed' | 'skipped';
  /** What `tasks.<id>.output` gives; null when left out. */
  output?: Json;
  stats?: Json;
  reason?: string;
  /** It didn't come to run because the run was stopped. */
  stopped?: true;
}

/** Start this instance: `params` and thresholds are rendered. */
export interface StartDecision extends Thresholds {
  kind: 'start';
  instance: { key: string; taskId: string; mapIndex?: number };
  task: TaskSpec;
  params: JsonObject;
  /** Where in `params` templates gave what could be taken for `{ env: … }` and the like; absent for nowhere. */
  data?: Path[];
}

/** Wait, without a worker, then settle the instance with success, or with the `end` given. */
export interface WaitDecision {
  kind: 'wait';
  instance: { key: string; taskId: string; mapIndex?: number };
  task: TaskSpec;
  /** Milliseconds from now, or a time in ISO 8601. */
  wait: { milliseconds: number } | { until: string };
  end?: Outcome;
}

/** A run of another DAG. */
export type DagTrigger = {
  dagId: string;
  params: JsonObject;
  /** ISO 8601; that of the triggering run when absent. */
  logicalDate?: string;
  /** Whether the task ends with that run, or at once. */
  wait: boolean;
};

/** Trigger a run of another DAG, then settle the instance with how that went. */
export interface TriggerDecision {
  kind: 'trigger';
  instance: { key: string; taskId: string; mapIndex?: number };
  task: TaskSpec;
  trigger: DagTrigger;
}

/** Every task has its final state. */
export interface FinishedDecision {
  kind: 'finished';
  state: 'success' | 'failed';
  reason: string;
}

export type Decision = StartDecision | WaitDecision | TriggerDecision | FinishedDecision;

/** States that only whoever runs the instances knows of. */
export type MarkedState = Extract<TaskState, 'queued' | 'running' | 'upForRetry' | 'upForReschedule'>;
