import type { Json } from '../dag/json.js';

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

/** Sums up mapped tasks of many instances. `taskIdOf` gives the task of an instance's key. */
export function summarise(views: readonly TaskView[], taskIdOf: (key: string) => string): TaskView[] {
  const byTask = new Map<string, TaskView[]>();
  for (const view of views) {
    const id = taskIdOf(view.key);
    const group = byTask.get(id);
    if (group === undefined) byTask.set(id, [view]);
    else group.push(view);
  }
  return [...byTask].flatMap(([id, group]) =>
    group.length <= maxInstancesShown
      ? group
      : [sumOf(id, group), ...group.filter(({ state }) => state === 'failed').slice(0, maxFailuresShown)],
  );
}

/** Well below the two MiB that Temporal takes as one payload. */
const maxViewBytes = 1.5 * 1024 ** 2;

/**
 * Of so many tasks that a view of them would be too large, the states alone, and all about the first that failed; the rest
 * is in the run's record.
 */
export function fitting(tasks: TaskView[]): TaskView[] {
  if (JSON.stringify(tasks).length <= maxViewBytes) return tasks;
  let failures = 0;
  return tasks.map((task) => {
    const { key, operator, state } = task;
    return state === 'failed' && failures++ < maxFailuresShown ? task : { key, operator, state };
  });
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
