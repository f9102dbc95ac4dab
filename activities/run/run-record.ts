import type { DatasetEvent } from '../../dag/dataset-event.js';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import type { TaskState } from '../../dag/states.js';
import type { FinishedTask, Json } from '../operator.js';

/** A task instance as the run record keeps it: all that a replay or a report needs of it. */
export type TaskRecord = {
  /** `train`, or `generate[3]`. */
  key: string;
  state: TaskState;
  /** Why it is in this state, when that needs saying. */
  reason?: string;
  output?: Json;
  stats?: FinishedTask;
  /** Taken over from an earlier run. */
  reused?: boolean;
  /** Somebody said that it ends so: it was not run. */
  byHand?: boolean;
  /** It didn't come to run because the run was stopped. */
  stopped?: boolean;
};

/** Params and settings as they were given, without defaults. */
export type Given = { params: JsonObject; settings: JsonObject };

/**
 * `run.json` in a run's folder: what ran, with what, and how it went. It outlives Temporal's retention, and replays and
 * reports read it instead of the history. Written when the run starts and when it ends.
 */
export type RunRecord = {
  dagId: string;
  runId: string;
  workflowId: string;
  temporalRunId: string;
  state: 'running' | 'held' | 'success' | 'failed' | 'cancelled';
  /** Why it failed, for people. */
  error?: string;
  /** ISO 8601, UTC. */
  logicalDate: string;
  /** Whether no later run was due when it started; true for one that was started by hand. */
  latest: boolean;
  startedAt: string;
  finishedAt?: string;
  dagHash: string;
  dag: DagDocument;
  /** Absolute path of the DAG's file, and of its folder. */
  dagFile: string;
  dagFolder: string;
  /** What the run was started with. */
  given: Given;
  params: JsonObject;
  config: JsonObject;
  /** The updates of datasets that started it. */
  datasetEvents?: DatasetEvent[];
  /** The run whose results were reused, if this is a replay, and the Temporal run that made them. */
  replayOf?: string;
  replayOfRunId?: string;
  /** ISO 8601, UTC: when the tasks below were last written, if the run has gone on since. */
  recordedAt?: string;
  tasks: TaskRecord[];
};

export const runRecordName = 'run.json';
