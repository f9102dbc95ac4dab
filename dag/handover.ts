/**
 * A worker that shuts down hands its tasks over: their attempts fail with this type, and the run starts them
 * again at once, on whichever worker is there. That is no failure of the task and uses up no retry.
 */
export const handoverType = 'WorkerShutdown';

/** First detail of such a failure: attempts that failed in earnest before the one that was handed over. */
export type Handover = { failedAttempts: number };
