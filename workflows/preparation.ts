import {
  ApplicationFailure,
  isCancellation,
  proxyLocalActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { FrozenRun, RunRequest } from '../activities/run/prepare-run.js';
import { showDetails } from './details.js';
import { isPermanent, readableCause, taskFailure } from './failures.js';
import type { RunView } from './run-view.js';

export type PreparationActivities = { prepareRun(request: RunRequest): Promise<FrozenRun> };

/** What fails in a local activity is not seen from outside: so the run itself tries again, and shows why. */
const { prepareRun } = proxyLocalActivities<PreparationActivities>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 1 },
});

/** The first pause before another try, which doubles from one to the next, and the longest. Milliseconds. */
const firstPause = 1_000;
const longestPause = 30_000;

/** How long a run is tried to be prepared. Milliseconds. */
const patience = 10 * 60_000;

/** The time before a run's tasks: its DAG is read, its params are resolved, its record is opened. */
export class Preparation {
  private problem: string | undefined;

  /** Undefined as long as there is nothing to tell. */
  view(): RunView | undefined {
    if (this.problem === undefined) return undefined;
    const { workflowType: dagId, workflowId, startTime } = workflowInfo();
    const runId = workflowId.startsWith(`${dagId}/`) ? workflowId.slice(dagId.length + 1) : workflowId;
    return {
      dagId,
      runId,
      logicalDate: startTime.toISOString(),
      state: 'queued',
      problem: this.problem,
      tasks: [],
    };
  }

  /**
   * Freezes what the run depends on, again and again as long as that fails for reasons that may pass.
   * @throws ApplicationFailure InvalidRunInput, or RunNotPrepared when the time for it is over
   */
  async prepare(request: RunRequest): Promise<FrozenRun> {
    const since = Date.now();
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return await prepareRun(request);
      } catch (error) {
        const cause = readableCause(error);
        const isRefusal = cause instanceof ApplicationFailure && cause.nonRetryable === true;
        if (isCancellation(error) || isPermanent(error) || isRefusal) throw cause;
        const { reason } = taskFailure(error);
        const until = since + patience;
        if (Date.now() + pause > until) {
          const minutes = patience / 60_000;
          throw ApplicationFailure.nonRetryable(
            `the run could not be prepared within ${minutes} minutes: ${reason}`,
            'RunNotPrepared',
          );
        }
        this.problem = `the run can't be prepared: ${reason}; it is tried again until ${new Date(until).toISOString()}`;
        showDetails(() => `⚠️ ${this.problem}`);
      }
      await sleep(pause);
    }
  }
}
