/** The figures of a stage that an operator counts itself. */
export type StageCounts = {
  rowsRead: number;
  rowsWritten: number;
  rowsRejected: number;
  bytesRead: number;
  bytesWritten: number;
  /** Reason code → rows. */
  rejectedByReason: Record<string, number>;
  rejectedFiles: { file: string; reason: string }[];
  metrics: Record<string, number>;
};

/** What a finished task instance left in the run record: the figures of its stage. */
export type FinishedTask = StageCounts & {
  taskId: string;
  mapIndex?: number;
  operator: string;
  state: string;
  tries: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  /** Highest resident memory of the worker process while the task ran, in bytes. */
  peakMemoryBytes: number;
};

/** Before anything is counted. */
export const noCounts = (): StageCounts => ({
  rowsRead: 0,
  rowsWritten: 0,
  rowsRejected: 0,
  bytesRead: 0,
  bytesWritten: 0,
  rejectedByReason: {},
  rejectedFiles: [],
  metrics: {},
});
