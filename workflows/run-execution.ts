import { CancellationScope, patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import { formatBytes } from '../dag/bytes.js';
import { controlOperators } from '../dag/control/index.js';
import { DagRun, type DagRunOptions } from '../dag/dag-run.js';
import type { StartDecision, TriggerDecision, WaitDecision } from '../dag/decision.js';
import { Allowance } from '../dag/evaluation-budget.js';
import { mappedBatchSize } from '../dag/expansion.js';
import type { Amendment, ClearCounts } from '../dag/replay/amend.js';
import { isFinal } from '../dag/states.js';
import { BatchRunner, batchesOf } from './batch-runner.js';
import { Bell } from './bell.js';
import { Callbacks } from './callbacks.js';
import { DatasetUpdates } from './datasets.js';
import { HistoryBudget, maxResultBytes } from './history-budget.js';
import type { HeldRun } from './hold.js';
import { LargeInputs } from './large-inputs.js';
import { withSlots } from './pooled.js';
import { RunProgress } from './run-progress.js';
import { TaskPerformer } from './task-performer.js';
import { type EndedTask, runForTasks, type TaskRun } from './task-run.js';
import { mostActive, Work } from './work.js';

/** How driving a run came to an end. */
export type RunEnding =
  | { kind: 'ended'; state: 'success' | 'failed' | 'cancelled'; reason: string; stopped?: true }
  /** Nothing is at work, and the history is long: the rest belongs in a new execution. */
  | { kind: 'continue' };

/** What was made of a run while it was held. */
export type Resumed = { former: RunExecution; amendment: Amendment; cleared: ClearCounts };

/** One run in flight: starts what the state machine decides, tells it how that ended, and shows where the run stands. */
export class RunExecution {
  readonly progress: RunProgress;
  readonly callbacks: Callbacks;
  private readonly datasets: DatasetUpdates;
  private readonly run: DagRun;
  private readonly controlsTakeSlots: boolean;
  private readonly shared: TaskRun;
  private readonly performer: TaskPerformer;
  private readonly batches: BatchRunner;
  private readonly change = new Bell();
  private readonly allowance = new Allowance(() => Date.now());
  /** Of the whole Temporal execution, through being held. */
  readonly history: HistoryBudget;
  private readonly work: Work;
  private stopped: { state: 'failed' | 'cancelled'; reason: string; stopped: true } | undefined;
  /** Instances whose failure no retry mends. */
  private readonly permanent: Set<string>;

  /** @param resumed What was made of the run while it was held, if it goes on after that */
  constructor(
    private readonly prepared: PreparedRun,
    results: Pick<DagRunOptions, 'reused' | 'restored'>,
    resumed?: Resumed,
  ) {
    const { dag, dagFolder, params, typedParams, config, run, traits } = prepared;
    // Earlier releases gave slots to operators alone that need a worker, and to trigger-dag.
    this.controlsTakeSlots =
      dag.tasks.some(({ operator, pool }) => pool !== undefined && controlOperators.has(operator)) &&
      patched('controls-take-slots');
    const { allowance, controlsTakeSlots } = this;
    this.run = new DagRun(dag, {
      ...{ params, typedParams, config, run, allowance, controlsTakeSlots },
      ...results,
    });
    const { workflowId } = workflowInfo();
    this.shared = {
      dag: { id: dag.dagId, folder: dagFolder },
      run: runForTasks(run),
      traits,
      workflowId,
      ...(resumed === undefined ? {} : { cleared: resumed.cleared }),
    };
    const largeInputs = new LargeInputs(this.shared);
    this.batches = new BatchRunner(this.shared, largeInputs);
    this.performer = new TaskPerformer(this.shared, largeInputs, {
      finishedTasks: () => this.progress.finishedTasks(),
      isResumed: (key) => resumed?.amendment.resumed.has(key) ?? false,
    });
    this.history = resumed?.former.history ?? new HistoryBudget(workflowInfo, () => patched('history-size'));
    this.work = new Work(this.history.capacity(mostActive(dag.maxActiveTasks)), () => this.change.ring());
    const former = resumed?.former;
    this.permanent = new Set(former?.permanent);
    this.callbacks =
      former?.callbacks.resume(this.run, results.restored) ??
      new Callbacks(prepared, this.run, results.restored);
    this.datasets =
      former?.datasets.resume(this.run, results.restored) ??
      new DatasetUpdates(prepared, this.run, results.restored);
    this.progress = new RunProgress(prepared, this.run, {
      observers: [this.callbacks, this.datasets],
      callbackProblems: this.callbacks.problems,
    });
  }

  /**
   * Drives the run until all its tasks have ended, or to a quiet moment when its history has become long. When it is
   * cancelled, or has taken `dagrunTimeout` since `startedAt` beside the time that it was held, what is at work is cancelled, nothing but teardowns is
   * started any more, and it ends when these have.
   */
  toEnd(startedAt: number, heldMs: number): Promise<RunEnding> {
    const { cancelRequested } = CancellationScope.current();
    return CancellationScope.nonCancellable(async () => {
      cancelRequested.catch(() => this.stop('cancelled', 'cancelled'));
      const timer = new CancellationScope();
      void timer.run(() => this.timeOut(startedAt + heldMs)).catch(() => undefined);
      this.callbacks.watchDeadlines(startedAt);
      const ending = await this.work.within(() => this.drive());
      timer.cancel();
      return ending;
    });
  }

  /** What whoever decides about the failed run has to know of it. */
  standing(): Pick<HeldRun, 'instances' | 'permanent'> {
    return { instances: this.run.instances(), permanent: this.permanent };
  }

  /** Waits for what still goes on beside the run. To be called before the workflow closes or continues as new. */
  async settled(): Promise<void> {
    await Promise.all([this.datasets.settled(), this.callbacks.settled()]);
  }

  private async drive(): Promise<RunEnding> {
    const { history } = this;
    for (;;) {
      this.change.reset();
      if (history.isSpent && this.run.instances().some(({ state }) => !isFinal(state)))
        this.stop('failed', tooMuchData);
      const finished = this.take();
      this.progress.tell();
      if (finished !== undefined) return { kind: 'ended', ...(this.stopped ?? finished) };
      if (this.run.isPaused) {
        // A workflow task that takes long would take the worker down.
        if (patched('evaluations-in-turn')) await sleep(1);
        else this.allowance.renew();
        this.run.resume();
        continue;
      }
      await this.change.rung();
      if (this.stopped !== undefined) continue;
      if (history.isLong && this.work.isQuiet) return this.pause();
      if (history.mustDrain) {
        if (await this.work.drain()) return this.pause();
        history.postpone();
      }
    }
  }

  /** Tells of what has happened last. */
  private pause(): RunEnding {
    this.progress.tell();
    return { kind: 'continue' };
  }

  /** Begins what the state machine decides; its verdict when nothing is left. */
  private take(): { state: 'success' | 'failed'; reason: string } | undefined {
    const mapped = new Map<string, StartDecision[]>();
    for (const decision of this.run.next()) {
      if (decision.kind === 'finished') return { state: decision.state, reason: decision.reason };
      if (decision.kind !== 'start' || decision.task.expand === undefined) {
        this.begin(decision);
        continue;
      }
      const instances = mapped.get(decision.task.id);
      if (instances === undefined) mapped.set(decision.task.id, [decision]);
      else instances.push(decision);
    }
    for (const instances of mapped.values()) {
      const limit = instances[0]?.task.maxActiveMapped ?? mappedBatchSize;
      // The state machine leaves the limit of a task with many instances to their batches.
      if (instances.length > limit) this.beginBatches(instances);
      else for (const decision of instances) this.begin(decision);
    }
    return undefined;
  }

  private begin(decision: StartDecision | WaitDecision | TriggerDecision): void {
    const { instance, task } = decision;
    const needsSlots = task.pool !== undefined && (decision.kind !== 'wait' || this.controlsTakeSlots);
    if (needsSlots) void this.work.scopeOf(task).run(() => this.beginPooled(decision));
    else {
      this.enqueue(
        decision,
        () => this.performer.perform(decision),
        (end) => this.settle(instance.key, end),
      );
    }
  }

  /** Performs an instance while it holds the slots of its pool. */
  private async beginPooled(decision: StartDecision | WaitDecision | TriggerDecision): Promise<void> {
    const { instance, task } = decision;
    let done = (): void => undefined;
    const enqueued = (perform: () => Promise<EndedTask>): Promise<EndedTask> =>
      new Promise((resolve) =>
        this.enqueue(decision, perform, (end) => {
          // Until it is settled, which is after its slots were given back: a run that continued meanwhile would do it again.
          done = this.work.keepInHand();
          resolve(end);
        }),
      );
    // The pool first: who waits for one takes no place in the run from those that could go on. But nobody keeps slots while it
    // waits for a place: those who have the places may wait for these slots.
    const atOnce = await withSlots(task, instance.key, async () =>
      decision.kind === 'wait' || this.work.hasRoom
        ? enqueued(() => this.performer.perform(decision))
        : undefined,
    );
    const end =
      atOnce ?? (await enqueued(() => withSlots(task, instance.key, () => this.performer.perform(decision))));
    this.settle(instance.key, end);
    done();
  }

  /** Performs an instance when there is room in the run. */
  private enqueue(
    decision: StartDecision | WaitDecision | TriggerDecision,
    perform: () => Promise<EndedTask>,
    onEnd: (end: EndedTask) => void,
  ): void {
    const { instance, task } = decision;
    if (decision.kind === 'wait') {
      // It waits in the workflow alone, so it takes nobody's place.
      this.run.mark(instance.key, 'upForReschedule');
      this.work.occupy(task, perform, onEnd);
      return;
    }
    this.work.offer(task, {
      weight: 1,
      start: () => {
        const isSensor = this.shared.traits[task.operator]?.sensor === true;
        this.run.mark(instance.key, isSensor ? 'upForReschedule' : 'running');
        this.progress.started(instance.key);
        this.work.occupy(task, perform, (end) => {
          onEnd(end);
          this.work.release(1);
        });
      },
      drop: () => onEnd(neverStarted(this.stopped?.reason)),
    });
  }

  /** A large mapped task runs in child workflows, as many side by side as its own limit and the run's allow. */
  private beginBatches(starts: readonly StartDecision[]): void {
    const task = starts[0]?.task;
    if (task === undefined) return;
    const size = this.history.capacity(mappedBatchSize);
    const limit = Math.min(task.maxActiveMapped ?? size, size, this.work.capacity);
    const batches = batchesOf(starts, size);
    const next = (): void => {
      const batch = batches.shift();
      if (batch === undefined) return;
      this.work.offer(task, {
        weight: limit,
        start: () => {
          for (const { instance } of batch) {
            this.run.mark(instance.key, 'running');
            this.progress.started(instance.key);
          }
          this.work.occupy(
            task,
            () => this.batches.run(task, batch, limit, (key, end) => this.settle(key, end)),
            () => {
              this.work.release(limit);
              next();
            },
          );
        },
        drop: () => {
          for (const { instance } of [batch, ...batches.splice(0)].flat()) {
            this.settle(instance.key, neverStarted(this.stopped?.reason));
          }
        },
      });
    };
    // With a limit of its own one batch follows the other; without, the run's capacity alone decides.
    const lanes =
      task.maxActiveMapped === undefined ? Math.max(1, Math.floor(this.work.capacity / limit)) : 1;
    for (let lane = 0; lane < lanes; lane++) next();
  }

  private settle(key: string, end: EndedTask): void {
    if (end.outcome.permanent) this.permanent.add(key);
    else this.permanent.delete(key);
    this.progress.ended(key, end);
    this.run.settle(key, end.outcome);
    this.change.ring();
  }

  private stop(state: 'failed' | 'cancelled', reason: string): void {
    if (this.stopped !== undefined) return;
    this.stopped = { state, reason, stopped: true };
    this.run.stop(reason);
    this.work.stop();
    this.change.ring();
  }

  private async timeOut(startedAt: number): Promise<void> {
    const { dagrunTimeout } = this.prepared.dag;
    if (dagrunTimeout === undefined) return;
    await sleep(Math.max(1, startedAt + dagrunTimeout - Date.now()));
    this.stop('failed', `took longer than dagrunTimeout (${dagrunTimeout / 1000} s)`);
  }
}

const tooMuchData = `its tasks hand over more than the ${formatBytes(maxResultBytes)} that a run may keep; write data to datasets and return their references`;

function neverStarted(reason = 'the run was stopped'): EndedTask {
  const now = Date.now();
  return { outcome: { state: 'skipped', reason, stopped: true }, startedAt: now, finishedAt: now };
}
