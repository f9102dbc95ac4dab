import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  ParentClosePolicy,
  proxyLocalActivities,
  setHandler,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillActivities } from '../activities/backfill/activities.js';
import type { RunInput } from '../activities/run/run-input.js';
import { carriedBackfill } from '../contract/messages.js';
import { Backfill, type CarriedBackfill } from '../dag/backfill/backfill.js';
import {
  type BackfillPlan,
  type BackfillRun,
  type BackfillView,
  backfilledDag,
  backfillMemo,
  backfillMessages,
  backfillWorkflowId,
  maxActiveRunsLimit,
  type RunHeld,
} from '../dag/backfill/messages.js';
import { type JsonObject, show } from '../dag/json.js';
import { isId } from '../dag/schema/scalars.js';
import { backfillReport, backfillTable } from './backfill-details.js';
import { showDetails } from './details.js';
import { readableCause } from './failures.js';
import { checkReadable, readCarried, withoutInput } from './inbound.js';
import { searchAttributes } from './search-attributes.js';

const { planBackfill, findNextRuns } = proxyLocalActivities<BackfillActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Runs a DAG for all logical dates of a range, some at a time, each as a child workflow. `carried` is its own: a backfill with a
 * long history goes on in a new one, when the runs that were active have ended: children don't follow their parent there.
 * @throws ApplicationFailure InvalidBackfill, BackfillFailed
 */
export async function backfill(input: unknown, ...more: unknown[]): Promise<BackfillView> {
  const { workflowId } = workflowInfo();
  const dagId = backfilledDag(workflowId);
  if (dagId === undefined || !isId(dagId)) {
    throw ApplicationFailure.nonRetryable(
      `the Workflow ID of a backfill is ${backfillWorkflowId('<dagId>')}, so that a DAG has one at a time; this one is ${workflowId}`,
      'InvalidBackfill',
    );
  }
  checkReadable("the backfill's input", input, 'InvalidBackfill');
  const carried = readCarried<CarriedBackfill>('a backfill', carriedBackfill, more[0], 'InvalidBackfill');
  const plan =
    carried?.plan ??
    (await planBackfill({ dagId, input }).catch((error: unknown) => {
      throw readableCause(error);
    }));
  const execution = new BackfillExecution(plan, new Backfill(plan, carried));
  const outcome = await execution.toEnd();
  if (outcome !== undefined) return continueAsNew<typeof backfill>(input, outcome);
  return execution.result();
}

/** Events; the server ends a workflow at 51,200. */
const fullHistory = 40_000;

/** One backfill in flight: starts the runs that are due, and shows where it stands. */
class BackfillExecution {
  private changed = false;
  /** What the memo and the search attributes say. */
  private told = '';
  /** What is given up when the backfill is cancelled: its runs. */
  private work = CancellationScope.current();

  constructor(
    private readonly plan: BackfillPlan,
    private readonly backfill: Backfill,
  ) {
    this.answerMessages();
    showDetails(() => backfillTable(backfill.view()));
  }

  /** Drives the backfill to its end, or to a quiet moment when its history has become long: then what to carry on. */
  toEnd(): Promise<CarriedBackfill | undefined> {
    const { cancelRequested } = CancellationScope.current();
    return CancellationScope.nonCancellable(async () => {
      this.work = new CancellationScope();
      cancelRequested.catch(() => {
        this.backfill.cancel();
        this.work.cancel();
        this.changed = true;
      });
      return this.drive();
    });
  }

  /** @throws CancelledFailure, ApplicationFailure of type BackfillFailed */
  result(): BackfillView {
    const view = this.backfill.view();
    if (view.state === 'cancelled') throw new CancelledFailure('cancelled');
    if (view.state === 'failed')
      throw ApplicationFailure.nonRetryable(backfillReport(view), 'BackfillFailed');
    return view;
  }

  private async drive(): Promise<CarriedBackfill | undefined> {
    const { backfill } = this;
    for (;;) {
      this.changed = false;
      await this.fill();
      this.tell();
      if (backfill.isOver) return undefined;
      if (backfill.isDrained) return backfill.carry();
      await condition(() => this.changed);
      // A held run may take days: the others don't wait for it to begin a new history, unless this one is about to be full.
      const { continueAsNewSuggested, historyLength } = workflowInfo();
      if (continueAsNewSuggested && (backfill.heldRuns === 0 || historyLength > fullHistory))
        backfill.drain();
    }
  }

  private async fill(): Promise<void> {
    const { backfill, plan } = this;
    for (let wanted = backfill.wanted(); wanted !== undefined; wanted = backfill.wanted()) {
      const { count, after } = wanted;
      backfill.found(await findNextRuns({ plan, count, ...(after === undefined ? {} : { after }) }));
    }
    for (const run of backfill.start(Date.now())) {
      void this.work
        .run(() => this.run(run))
        .finally(() => {
          this.changed = true;
        });
    }
  }

  /** Runs the DAG for one date. Never throws. */
  private async run({ logicalDate, workflowId, again }: BackfillRun): Promise<void> {
    const { dagId, params, settings } = this.plan;
    const input: RunInput = { logicalDate, ...said({ params }), ...said({ settings }) };
    try {
      const child = await startChild(dagId, {
        workflowId,
        args: [input],
        // A run that came after the look is not repeated.
        workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `backfill of ${dagId}, ${logicalDate}`,
      });
      await child.result();
      this.backfill.ended(logicalDate, 'success');
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) this.backfill.wasTaken(logicalDate);
      else if (isCancellation(error)) this.backfill.ended(logicalDate, 'cancelled', 'cancelled');
      else this.backfill.ended(logicalDate, 'failed', reasonOf(error));
    }
  }

  private tell(): void {
    const { backfill, plan } = this;
    const { state } = backfill;
    // Told once more when all runs have ended: one that is cancelled is so before.
    const told = `${state} ${backfill.isOver} ${backfill.heldRuns}`;
    if (told === this.told) return;
    this.told = told;
    upsertMemo({ [backfillMemo]: backfill.summary() });
    if (!plan.searchAttributes) return;
    upsertSearchAttributes([
      { key: searchAttributes.dag, value: plan.dagId },
      { key: searchAttributes.runState, value: state },
    ]);
  }

  private answerMessages(): void {
    const { backfill } = this;
    const change = (act: () => void): BackfillView => {
      act();
      this.changed = true;
      return backfill.view();
    };
    const open = (): void => {
      if (backfill.isOver || backfill.state === 'cancelled') throw new Error('the backfill is over');
    };
    setHandler(defineSignal<[RunHeld]>(backfillMessages.runHeld), ({ workflowId, held }) => {
      backfill.hold(workflowId, held);
      this.changed = true;
    });
    setHandler(defineQuery<BackfillView>(backfillMessages.state), () => backfill.view(), {
      description: 'Where the backfill stands',
    });
    setHandler(
      defineUpdate<BackfillView, unknown[]>(backfillMessages.pause),
      () => change(() => backfill.pause()),
      {
        description: 'Starts no more runs until resume; those that are active go on. No input',
        validator: withoutInput(backfillMessages.pause, () => {
          open();
          if (backfill.isPaused) throw new Error('the backfill is paused already');
        }),
      },
    );
    setHandler(
      defineUpdate<BackfillView, unknown[]>(backfillMessages.resume),
      () => change(() => backfill.resume()),
      {
        description: 'Starts runs again after pause. No input',
        validator: withoutInput(backfillMessages.resume, () => {
          open();
          if (!backfill.isPaused) throw new Error('the backfill is not paused');
        }),
      },
    );
    setHandler(
      defineUpdate<BackfillView, [unknown]>(backfillMessages.setMaxActiveRuns),
      (wanted) => change(() => backfill.setMaxActiveRuns(numberOf(wanted))),
      {
        description:
          'Changes how many runs are active side by side: a number, such as 3, or { "maxActiveRuns": 3 }',
        validator: (wanted) => {
          open();
          numberOf(wanted);
        },
      },
    );
  }
}

/** @throws Error that says what was expected */
function numberOf(wanted: unknown): number {
  const given =
    typeof wanted === 'object' && wanted !== null && 'maxActiveRuns' in wanted
      ? wanted.maxActiveRuns
      : wanted;
  if (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= maxActiveRunsLimit)
    return Number(given);
  throw new Error(
    `maxActiveRuns: expected a whole number from 1 to ${maxActiveRunsLimit}, got ${show(given)}`,
  );
}

/** Nothing when there is nothing in it. */
const said = (part: Record<string, JsonObject>): Record<string, JsonObject> =>
  Object.values(part).every((value) => Object.keys(value).length === 0) ? {} : part;

/** The beginning of why a run failed: which tasks of it and why is told at length by the run. */
function reasonOf(error: unknown): string {
  const cause = readableCause(error);
  const lines = (cause instanceof Error ? cause.message : String(cause))
    .split('\n')
    .map((line) => line.trim());
  return lines.slice(0, 2).join(' ');
}
