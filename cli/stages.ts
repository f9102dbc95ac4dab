import type { RunView, TaskView } from '../workflows/run-view.js';

/** A task of the DAG with its mapped instances summed up: what the terminal shows as a stage. */
export type Stage = {
  taskId: string;
  state: string;
  reason?: string;
  /** Mapped instances, and how many of them have ended; 1 for a task that is not mapped. */
  instances: number;
  ended: number;
  tries: number;
  /** Milliseconds from the first instance's start to the last one's end, or to now. */
  elapsedMs: number | undefined;
  rowsRead: number;
  rowsWritten: number;
  rowsRejected: number;
  rejectedByReason: Record<string, number>;
  metrics: Record<string, number>;
  reused: boolean;
};

/** Worst first: the state of a stage is that of its worst instance. */
const severity = ['failed', 'upstreamFailed', 'running', 'queued', 'scheduled', 'none', 'success', 'skipped'];
const open = new Set(['none', 'scheduled', 'queued', 'running', 'upForRetry', 'upForReschedule']);

/** One task instance stands for itself, a sum for those it counts. */
const total = (instances: Record<string, number> = { one: 1 }): number =>
  Object.values(instances).reduce((sum, count) => sum + count, 0);
const endedOf = (instances: Record<string, number>): number =>
  Object.entries(instances).reduce((sum, [state, count]) => sum + (open.has(state) ? 0 : count), 0);

/** Sums up a run's task instances by task, in the DAG's order. */
export function stagesOf(view: Pick<RunView, 'tasks'>, now: number): Stage[] {
  const byTask = new Map<string, TaskView[]>();
  for (const task of view.tasks) {
    const id = task.key.replace(/\[\d+\]$/, '');
    byTask.set(id, [...(byTask.get(id) ?? []), task]);
  }
  // What a view has summed up already stands for all instances; those that failed are listed beside it.
  return [...byTask].map(([taskId, tasks]) => {
    const sum = tasks.find(({ instances }) => instances !== undefined);
    return stage(taskId, sum === undefined ? tasks : [sum], now);
  });
}

function stage(taskId: string, tasks: TaskView[], now: number): Stage {
  const sum = (pick: (task: TaskView) => number | undefined): number =>
    tasks.reduce((all, task) => all + (pick(task) ?? 0), 0);
  const worst = [...tasks].sort((a, b) => severity.indexOf(a.state) - severity.indexOf(b.state))[0];
  const starts = tasks.flatMap(({ startedAt }) => startedAt ?? []);
  const ends = tasks.map(({ finishedAt, startedAt }) => finishedAt ?? (startedAt === undefined ? 0 : now));
  const rejectedByReason: Record<string, number> = {};
  for (const task of tasks) {
    for (const [code, rows] of Object.entries(task.rejectedByReason ?? {})) {
      rejectedByReason[code] = (rejectedByReason[code] ?? 0) + rows;
    }
  }
  return {
    taskId,
    state: worst?.state ?? 'none',
    ...(worst?.reason === undefined ? {} : { reason: worst.reason }),
    instances: tasks.reduce((sum, { instances }) => sum + total(instances), 0),
    ended: tasks.reduce((sum, { state, instances }) => sum + endedOf(instances ?? { [state]: 1 }), 0),
    tries: Math.max(0, ...tasks.map(({ tries }) => tries ?? 0)),
    elapsedMs: starts.length === 0 ? undefined : Math.max(...ends) - Math.min(...starts),
    rowsRead: sum(({ rowsRead }) => rowsRead),
    rowsWritten: sum(({ rowsWritten }) => rowsWritten),
    rowsRejected: sum(({ rowsRejected }) => rowsRejected),
    rejectedByReason,
    metrics: Object.assign({}, ...tasks.map(({ metrics }) => metrics ?? {})),
    reused: tasks.every(({ reused }) => reused === true),
  };
}
