import type { Json } from '../dag/json.js';
import { jsonBytes } from '../dag/payload.js';

/** A task instance as people see it: in the Temporal UI, on the terminal and in the failure report. */
export type TaskView = {
  /** `train`, `generate[3]`, or the id of a mapped task whose instances are summed up. */
  key: string;
  operator: string;
  state: string;
  /** How many instances are in which state, when this is the sum of a mapped task's. */
  instances?: Record<string, number>;
  /** Why it is in this state, when that needs saying. */
  reason?: string;
  /** Taken over from an earlier run. */
  reused?: boolean;
  tries?: number;
  /** Milliseconds since 1970, by the workflow's clock. */
  startedAt?: number;
  finishedAt?: number;
  rowsRead?: number;
  rowsWritten?: number;
  rowsRejected?: number;
  rejectedByReason?: Record<string, number>;
  metrics?: Record<string, number>;
};

/** What the query `state` answers. */
export type RunView = {
  dagId: string;
  runId: string;
  logicalDate: string;
  state: 'queued' | 'running' | 'held' | 'success' | 'failed' | 'cancelled';
  /** What keeps the run from going on, if something does: it can't be prepared, or its record can't be written. */
  problem?: string;
  /** Callbacks that could not be carried out, and why. */
  callbackProblems?: readonly string[];
  tasks: TaskView[];
};

/** What a run that succeeded gives, to Temporal and to a DAG that triggered it. */
export type RunResult = RunView & {
  /** Outputs of the tasks without downstream, by task id; a mapped task's is a list. Empty when larger than 64 KiB. */
  outputs: Record<string, Json>;
};

/** A mapped task with more instances is shown summed up, and those that failed beside it: a view is one payload. */
const maxInstancesShown = 200;
const maxFailuresShown = 50;

/**
 * What is shown of task instances, so that a payload takes it: mapped tasks of many instances summed up, with the first that
 * failed beside them. Of very many, the states alone, and all about the first that failed; then all mapped tasks are summed
 * up. The rest is in the run's record. `taskIdOf` gives the task of an instance's key.
 */
export function fittingViews(
  views: readonly TaskView[],
  taskIdOf: (key: string) => string = (key) => key,
): TaskView[] {
  const all = summarise(views, taskIdOf, maxInstancesShown, maxFailuresShown);
  if (fits(all)) return all;
  const states = statesOf(all);
  return fits(states) ? states : statesOf(summarise(views, taskIdOf, 1, 0));
}

/** Well below the two MiB that Temporal takes as one payload. */
const maxViewBytes = 1.5 * 1024 ** 2;

const fits = (tasks: TaskView[]): boolean => jsonBytes(tasks) <= maxViewBytes;

function statesOf(tasks: readonly TaskView[]): TaskView[] {
  let failures = 0;
  return tasks.map((task) => {
    if (task.state === 'failed' && failures++ < maxFailuresShown) return task;
    const { key, operator, state, instances } = task;
    return { key, operator, state, ...(instances === undefined ? {} : { instances }) };
  });
}

function summarise(
  views: readonly TaskView[],
  taskIdOf: (key: string) => string,
  maxInstances: number,
  maxFailures: number,
): TaskView[] {
  const byTask = new Map<string, TaskView[]>();
  for (const view of views) {
    const id = taskIdOf(view.key);
    const group = byTask.get(id);
    if (group === undefined) byTask.set(id, [view]);
    else group.push(view);
  }
  return [...byTask].flatMap(([id, group]) =>
    group.length <= maxInstances
      ? group
      : [sumOf(id, group), ...group.filter(({ state }) => state === 'failed').slice(0, maxFailures)],
  );
}

/** Worst first: a task is shown in the state of its worst instance. */
const severity = ['failed', 'upstreamFailed', 'running', 'queued', 'scheduled', 'none', 'success', 'skipped'];

function sumOf(key: string, group: readonly TaskView[]): TaskView {
  const instances: Record<string, number> = {};
  let sum: Required<Pick<TaskView, 'rowsRead' | 'rowsWritten' | 'rowsRejected'>> = {
    rowsRead: 0,
    rowsWritten: 0,
    rowsRejected: 0,
  };
  let startedAt = Number.POSITIVE_INFINITY;
  let finishedAt = 0;
  let isOpen = false;
  for (const view of group) {
    instances[view.state] = (instances[view.state] ?? 0) + 1;
    sum = {
      rowsRead: sum.rowsRead + (view.rowsRead ?? 0),
      rowsWritten: sum.rowsWritten + (view.rowsWritten ?? 0),
      rowsRejected: sum.rowsRejected + (view.rowsRejected ?? 0),
    };
    startedAt = Math.min(startedAt, view.startedAt ?? startedAt);
    finishedAt = Math.max(finishedAt, view.finishedAt ?? 0);
    isOpen ||= view.startedAt !== undefined && view.finishedAt === undefined;
  }
  return {
    key,
    operator: group[0]?.operator ?? '',
    state: severity.find((state) => instances[state] !== undefined) ?? 'running',
    instances,
    ...sum,
    ...(Number.isFinite(startedAt) ? { startedAt } : {}),
    ...(isOpen || finishedAt === 0 ? {} : { finishedAt }),
  };
}
