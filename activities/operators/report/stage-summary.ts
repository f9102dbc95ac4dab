import type { FinishedTask } from '../../operator.js';

/** A task of the run with its mapped instances together. */
export interface StageSummary {
  taskId: string;
  instances: FinishedTask[];
  /** Each state once: `success`, or `success, failed`. */
  states: string;
  /** The most tries that an instance took. */
  tries: number;
  /** When the first instance started and the last finished, in milliseconds since 1970. */
  startedAt: number;
  finishedAt: number;
  rowsRead: number;
  rowsWritten: number;
  rowsRejected: number;
  bytesWritten: number;
}

/** Summaries by task in the order in which they started. */
export function summariseStages(stages: FinishedTask[]): StageSummary[] {
  const byTask = new Map<string, FinishedTask[]>();
  for (const stage of stages) byTask.set(stage.taskId, [...(byTask.get(stage.taskId) ?? []), stage]);
  return [...byTask]
    .map(([taskId, instances]) => {
      const sum = (count: (stage: FinishedTask) => number) =>
        instances.reduce((total, stage) => total + count(stage), 0);
      return {
        taskId,
        instances,
        states: [...new Set(instances.map(({ state }) => state))].join(', '),
        tries: Math.max(...instances.map(({ tries }) => tries)),
        startedAt: Math.min(...instances.map(({ startedAt }) => Date.parse(startedAt))),
        finishedAt: Math.max(...instances.map(({ finishedAt }) => Date.parse(finishedAt))),
        rowsRead: sum(({ rowsRead }) => rowsRead),
        rowsWritten: sum(({ rowsWritten }) => rowsWritten),
        rowsRejected: sum(({ rowsRejected }) => rowsRejected),
        bytesWritten: sum(({ bytesWritten }) => bytesWritten),
      };
    })
    .sort((a, b) => a.startedAt - b.startedAt);
}
