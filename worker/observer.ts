import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { RunRequest } from '../activities/run/prepare-run.js';
import type { RunUpdate } from '../activities/run/record-run.js';

/** What watches a worker's runs and tasks from outside: metrics, traces. A worker without observers pays nothing for them. */
export type WorkerObserver = {
  /** Around every activity, by whose names operators are told from others. */
  interceptor?: ActivityInterceptorsFactory;
  runStarted?(request: RunRequest): void;
  runUpdated?(update: RunUpdate): void;
};

/** The function, telling what it was called with when it has succeeded; the function itself when nobody listens. */
export function telling<Argument, Result>(
  perform: (argument: Argument) => Promise<Result>,
  listeners: ((argument: Argument) => void)[],
): (argument: Argument) => Promise<Result> {
  if (listeners.length === 0) return perform;
  return async (argument) => {
    const result = await perform(argument);
    for (const tell of listeners) tell(argument);
    return result;
  };
}
