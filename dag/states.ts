/** States of a task instance, as Airflow names them. */
export const taskStates = [
  'none',
  'scheduled',
  'queued',
  'running',
  'success',
  'failed',
  'upForRetry',
  'upForReschedule',
  'upstreamFailed',
  'skipped',
  'removed',
] as const;

export type TaskState = (typeof taskStates)[number];

/** States in which a task instance has come to its end. */
export type FinalState = Extract<TaskState, 'success' | 'failed' | 'upstreamFailed' | 'skipped'>;

export function isFinal(state: TaskState): state is FinalState {
  return state === 'success' || state === 'failed' || state === 'upstreamFailed' || state === 'skipped';
}
