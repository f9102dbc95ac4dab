import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyLocalActivities,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import type { RunUpdate } from '../activities/run/record-run.js';
import { backfilledDag, backfillMessages, type RunHeld } from '../dag/backfill/messages.js';
import type { DagRunOptions } from '../dag/decision.js';
import { runsPool } from '../dag/pool/messages.js';
import { type ClearCounts, clearCountsAfter } from '../dag/replay/amend.js';
import { showDetails } from './details.js';
import { failureReport } from './failure-report.js';
import { isPermanent, readableCause, taskFailure } from './failures.js';
import { heldDetails } from './held-details.js';
import type { Hold, Instruction } from './hold.js';
import { acquireSlots, releaseSlots } from './pool-slots.js';
import { type RunEnding, RunExecution } from './run-execution.js';
import type { RunResult, RunView } from './run-view.js';
import { endAttributes, resumeAttributes, startAttributes } from './search-attributes.js';

/** What every worker has for this. */
export type RecordActivities = { recordRun(update: RunUpdate): Promise<void> };

/** What fails in a local activity is not seen from outside: after some tries the run itself shows it, and goes on trying. */
const { recordRun } = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumAttempts: 3 },
});

/** From one round of tries to record a run to the next. */
const recordingPause = '10s';

/** What a run that continues as new hands to itself: times of the whole run, in milliseconds. */
export type Continuation = {
  triggeredAt: number;
  /** When it was let in, by which dagrunTimeout counts. */
  startedAt: number;
  /** How long it was held in all, which doesn't count. */
  heldMs?: number;
  /** Since when it is held, if it is. */
  heldSince?: number;
  /** Deadlines that were told. */
  missedDeadlines?: number[];
};

const cancelled: RunEnding = { kind: 'ended', state: 'cancelled', reason: 'cancelled' };

/**
 * A run from its place among the DAG's active ones to its record: queued, running, held and running again, ended. What
 * its tasks do in between is the execution's matter.
 */
export class RunLifecycle {
  private execution: RunExecution;
  private readonly triggeredAt: number;
  private startedAt: number | undefined;
  private heldMs: number;
  private heldSince: number | undefined;
  private cleared: ClearCounts = {};

  /** @param times Of the run so far: when it was triggered, and the rest when it is continued */
  constructor(
    private prepared: PreparedRun,
    private readonly hold: Hold,
    results: Pick<DagRunOptions, 'reused' | 'restored'>,
    {
      triggeredAt,
      startedAt,
      heldMs = 0,
      heldSince,
      missedDeadlines,
    }: Pick<Continuation, 'triggeredAt'> & Partial<Continuation>,
  ) {
    this.execution = new RunExecution(prepared, results);
    this.execution.callbacks.watchBy(() => this.state, startedAt === undefined ? [] : missedDeadlines);
    this.triggeredAt = triggeredAt;
    this.startedAt = startedAt;
    this.heldMs = heldMs;
    this.heldSince = heldSince;
    showDetails(() => this.execution.progress.table());
  }

  view(): RunView {
    return this.execution.progress.view();
  }

  get state(): RunView['state'] {
    return this.execution.progress.state;
  }

  /** For the execution that goes on with this run. */
  continuation(): Continuation {
    const { triggeredAt, startedAt = triggeredAt, heldMs, heldSince } = this;
    const { missedDeadlines } = this.execution.callbacks;
    return {
      triggeredAt,
      startedAt,
      heldMs,
      ...(heldSince === undefined ? {} : { heldSince }),
      missedDeadlines,
    };
  }

  /** Drives the run, through being held if it comes to that, to its end or to a quiet moment when it should continue as new. */
  async toEnd(): Promise<RunEnding> {
    const { dag, run } = this.prepared;
    try {
      if (this.startedAt === undefined) {
        await this.enter((state) => startAttributes(dag.dagId, run.logicalDate, state));
        this.startedAt = Date.now();
      }
      let ending = await this.execute();
      while (dag.onFailure === 'hold' && hasFailed(ending)) {
        ending = await this.holdFailed(ending.reason);
        // It was told to end so.
        if (this.heldSince !== undefined) break;
      }
      return ending;
    } catch (error) {
      // Cancelled while it was queued or held.
      if (!isCancellation(error)) throw error;
      return cancelled;
    }
  }

  /**
   * Brings all that goes on beside the run to rest, so that it can continue as new.
   * @returns how it ends instead, when it was cancelled meanwhile: a cancellation would not reach the new execution
   */
  async rest(): Promise<RunEnding | undefined> {
    if (this.heldSince === undefined) await this.record({ state: 'running' });
    await this.execution.settled();
    await condition(allHandlersFinished);
    if (!CancellationScope.current().consideredCancelled) return undefined;
    return this.heldSince === undefined ? this.execute() : cancelled;
  }

  /** Tells of the run's end and records it. @throws ApplicationFailure DagRunFailed, CancelledFailure */
  async close({ state, reason }: RunEnding & { kind: 'ended' }): Promise<RunResult> {
    const { progress, callbacks } = this.execution;
    await this.leave();
    // A failure was told when the run became held.
    if (this.heldSince === undefined) callbacks.runEnded(state, reason);
    this.show(state, endAttributes(state, progress.failedTasks()));
    const error =
      state === 'failed'
        ? failureReport(workflowInfo().workflowId, progress.view(), reason, this.prepared.replayCommand)
        : reason;
    await this.record({ state, ...(state === 'success' ? {} : { error }) });
    await this.execution.settled();
    progress.tell();
    if (state === 'success') return progress.result();
    throw state === 'cancelled'
      ? new CancelledFailure(reason)
      : ApplicationFailure.nonRetryable(error, 'DagRunFailed');
  }

  private execute(): Promise<RunEnding> {
    return this.execution.toEnd(this.startedAt ?? this.triggeredAt, this.heldMs);
  }

  /** Waits for a place among the DAG's active runs. */
  private async enter(
    attributesOf: (state: 'queued' | 'running') => SearchAttributeUpdatePair[],
  ): Promise<void> {
    const { maxActiveRuns } = this.prepared.dag;
    if (maxActiveRuns !== undefined) {
      this.show('queued', attributesOf('queued'));
      await acquireSlots({ ...this.place(), slots: 1, priority: 0, size: maxActiveRuns });
    }
    this.show('running', attributesOf('running'));
  }

  private async leave(): Promise<void> {
    if (this.prepared.dag.maxActiveRuns !== undefined) await releaseSlots(this.place());
  }

  /** The backfill that started the run, if one did, starts others while it is held. */
  private async tellBackfill(held: boolean): Promise<void> {
    const { parent, workflowId } = workflowInfo();
    if (parent === undefined || backfilledDag(parent.workflowId) === undefined) return;
    if (!patched('backfill-hears-of-holds')) return;
    const message: RunHeld = { workflowId, held };
    // One that has closed meanwhile need not know.
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(parent.workflowId).signal(backfillMessages.runHeld, message),
    ).catch(() => undefined);
  }

  private place(): { pool: string; key: string } {
    return { pool: runsPool(this.prepared.dag.dagId), key: 'run' };
  }

  /** Holds the run until it is told what to do with what failed, and does it. */
  private async holdFailed(reason: string): Promise<RunEnding> {
    const { dag, params, config, replayCommand } = this.prepared;
    const { execution } = this;
    if (this.heldSince === undefined) execution.callbacks.runEnded('held', reason);
    this.heldSince ??= Date.now();
    const until = dag.holdFor === undefined ? undefined : this.heldSince + dag.holdFor;
    const standing = execution.standing();
    execution.progress.notice = heldDetails(dag, standing.instances, until);
    this.show('held', endAttributes('held', execution.progress.failedTasks()));
    const error = failureReport(workflowInfo().workflowId, this.view(), reason, replayCommand);
    await this.record({ state: 'held', error });
    if (execution.history.isLong) return { kind: 'continue' };
    // Whoever is held keeps nobody from running.
    await this.leave();
    await this.tellBackfill(true);
    const told = await this.hold.wait({ dag, params, config, ...standing }, until);
    execution.progress.notice = '';
    if (told?.kind === 'amend') return this.resume(told, this.heldSince);
    const why = told?.reason ?? `held for longer than holdFor (${(dag.holdFor ?? 0) / 1000} s)`;
    return { kind: 'ended', state: 'failed', reason: `${reason}; ${why}` };
  }

  /** Goes on with what was made of the run while it was held. */
  private async resume(
    { amendment, params }: Instruction & { kind: 'amend' },
    heldSince: number,
  ): Promise<RunEnding> {
    this.heldMs += Date.now() - heldSince;
    this.heldSince = undefined;
    if (params !== undefined) this.prepared = { ...this.prepared, params };
    this.cleared = clearCountsAfter(this.cleared, amendment);
    this.execution = new RunExecution(
      this.prepared,
      { restored: amendment.restored },
      { former: this.execution, amendment, cleared: this.cleared },
    );
    await this.tellBackfill(false);
    await this.enter(resumeAttributes);
    await this.record({ state: 'running', ...(params === undefined ? {} : { params }) });
    return this.execute();
  }

  private show(state: RunView['state'], attributes: SearchAttributeUpdatePair[]): void {
    const { progress } = this.execution;
    progress.state = state;
    progress.tell();
    if (this.prepared.searchAttributes) upsertSearchAttributes(attributes);
  }

  /** Records how the run stands, however long it takes until that can be written. @throws when it never can */
  private record(update: Pick<RunUpdate, 'state' | 'error' | 'params'>): Promise<void> {
    const { dag, run } = this.prepared;
    const { progress } = this.execution;
    const full: RunUpdate = {
      dagId: dag.dagId,
      runId: run.id,
      // The first run's id stays when the run is reset or continued: it is the same try at the DAG run.
      temporalRunId: workflowInfo().firstExecutionRunId,
      at: new Date().toISOString(),
      tasks: progress.records(),
      ...update,
    };
    return CancellationScope.nonCancellable(async () => {
      for (;;) {
        try {
          await recordRun(full);
          progress.problem = undefined;
          return;
        } catch (error) {
          if (isPermanent(error)) throw readableCause(error);
          progress.problem = `the run can't be recorded: ${taskFailure(error).reason}; it is tried again every ${recordingPause}`;
          await sleep(recordingPause);
        }
      }
    });
  }
}

/** Whether a run failed by itself: not because it was out of time, which nobody can give it back. */
const hasFailed = (ending: RunEnding): ending is RunEnding & { kind: 'ended' } =>
  ending.kind === 'ended' && ending.state === 'failed' && ending.stopped === undefined;
