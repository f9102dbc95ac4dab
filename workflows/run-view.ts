/** A task instance as people see it: in the Temporal UI, on the terminal and in the failure report. */
export type TaskView = {
  /** `train`, or `generate[3]`. */
  key: string;
  operator: string;
  state: string;
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
  state: 'queued' | 'running' | 'success' | 'failed' | 'cancelled';
  tasks: TaskView[];
};
