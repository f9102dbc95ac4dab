import {
  ApplicationFailure,
  CancellationScope,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallbackActivities } from '../activities/run/notify-event.js';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import { failedAttempt } from '../contract/messages.js';
import { formatBytes } from '../dag/bytes.js';
import { attemptFailedSignal, type CallbackEvent, type FailedAttempt } from '../dag/callback-event.js';
import { toCel } from '../dag/cel-values.js';
import type { DagRun, TaskInstance } from '../dag/dag-run.js';
import type { TaskSpec } from '../dag/document.js';
import type { Json } from '../dag/json.js';
import { maxPayloadBytes, payloadLength } from '../dag/payload.js';
import type { CallbackAction, TaskCallbacks } from '../dag/schema/callbacks.js';
import { isFinal, type TaskState } from '../dag/states.js';
import { parseTemplate } from '../dag/template.js';
import { writtenOrigins } from '../dag/written-origins.js';
import { readableCause } from './failures.js';
import { reading } from './inbound.js';
import { Outbox } from './outbox.js';
import type { RunView } from './run-view.js';
import { StartQueue } from './start-queue.js';

type Happening = Pick<CallbackEvent, 'kind' | 'state'> & Partial<CallbackEvent>;

/** Which callbacks an event calls. */
const calls = {
  success: 'onSuccess',
  failure: 'onFailure',
  retry: 'onRetry',
  deadline: 'onDeadline',
} as const satisfies Record<CallbackEvent['kind'], keyof TaskCallbacks>;

/** For one attempt at an action: 1 minute, or a command's own timeout and some more, in milliseconds. */
const attemptTimeout = 60_000;
const commandSlack = 5_000;
const attempts = 4;

/** Callbacks that are carried out at once: a run has 2,000 pending activities at most, and its tasks want theirs. */
const maxAtOnce = 500;

/** Problems that are listed: a run may have thousands of callbacks. */
const maxProblems = 20;

/** What a run tells of: looks for the callbacks of what happens and carries them out, beside the run's own course. */
export class Callbacks {
  /** What went wrong with callbacks, for people: the first ones, and how many more. It never counts for the run. */
  readonly problems: string[] = [];
  private unlisted = 0;
  private readonly outbox = new Outbox();
  private readonly queue = new StartQueue(maxAtOnce);
  private readonly tasks: ReadonlyMap<string, TaskSpec>;
  private readonly outstanding = new Set<Promise<void>>();
  private readonly timers: CancellationScope[] = [];
  private isWatching = false;
  /** Deadlines, in milliseconds, that were told; undefined when an earlier release that kept no list continued as new. */
  private missed: Set<number> | undefined = new Set();
  private stateOfRun: () => RunView['state'] = () => 'running';
  /** Attempts whose failure was told. */
  private readonly told = new Set<string>();

  /** @param restored What had ended, by key, before the run continued as new: that was told then */
  constructor(
    private readonly prepared: Pick<PreparedRun, 'dag' | 'dagFolder' | 'run'>,
    private run: Pick<DagRun, 'scope'>,
    private restored: Readonly<Record<string, unknown>> = {},
  ) {
    const { tasks } = prepared.dag;
    this.tasks = new Map(tasks.map((task) => [task.id, task]));
    if (tasks.some(({ callbacks }) => callbacks?.onRetry !== undefined)) {
      setHandler(
        defineSignal<[unknown]>(attemptFailedSignal),
        reading<FailedAttempt>(attemptFailedSignal, failedAttempt, (attempt) => this.attemptFailed(attempt)),
        {
          description: 'An attempt at a task failed and is repeated; sent by its worker',
        },
      );
    }
  }

  /** Goes on with a run that was held: what it had told of stays told. */
  resume(run: Pick<DagRun, 'scope'>, restored: Readonly<Record<string, unknown>> = {}): this {
    this.run = run;
    this.restored = restored;
    this.told.clear();
    return this;
  }

  /**
   * To be told of every instance whose state has changed: calls for those that succeeded or failed. Results of an
   * earlier run are passed over.
   */
  taskChanged({ key, taskId, state, reason, stats, reused }: Readonly<TaskInstance>): void {
    if (reused || key in this.restored || (state !== 'success' && state !== 'failed')) return;
    const tries = (stats as { tries?: number } | null | undefined)?.tries;
    this.happened(this.tasks.get(taskId)?.callbacks, {
      kind: state === 'success' ? 'success' : 'failure',
      state,
      task: key,
      ...(reason === undefined ? {} : { reason }),
      ...(tries === undefined ? {} : { tries }),
    });
  }

  /** To be told when the run has ended, or is held, which is a failure; one that was cancelled calls nobody. */
  runEnded(state: 'success' | 'failed' | 'held' | 'cancelled', reason?: string): void {
    if (state === 'cancelled') return;
    this.happened(this.prepared.dag.callbacks, {
      kind: state === 'success' ? 'success' : 'failure',
      state,
      ...(reason === undefined || state === 'success' ? {} : { reason }),
    });
  }

  /** Ends the watch over deadlines, and waits for callbacks that are still being carried out: for some minutes at most.
   * To be called before the workflow closes or continues as new. */
  async settled(): Promise<void> {
    // Deadlines of a run that goes on pass also while it waits for callbacks.
    if (this.stateOfRun() === 'running') await this.carriedOut();
    for (const timer of this.timers) timer.cancel();
    await this.carriedOut();
  }

  private carriedOut(): Promise<void> {
    return CancellationScope.nonCancellable(async () => {
      while (this.outstanding.size > 0) await Promise.all(this.outstanding);
    });
  }

  private attemptFailed({ key, attempt, reason }: FailedAttempt): void {
    const name = `${key} ${attempt}`;
    if (this.told.has(name)) return;
    this.told.add(name);
    this.happened(this.tasks.get(key.replace(/\[.*$/, ''))?.callbacks, {
      kind: 'retry',
      state: 'upForRetry',
      task: key,
      tries: attempt,
      reason: reason ?? 'its worker was lost, or it took longer than executionTimeout',
    });
  }

  /**
   * What {@link watchDeadlines} goes by; to be called before it.
   * @param missed Deadlines that were told before the run continued as new
   */
  watchBy(stateOfRun: () => RunView['state'], missed: readonly number[] | undefined): void {
    this.stateOfRun = stateOfRun;
    this.missed = missed && new Set(missed);
  }

  /** Deadlines that were told, in milliseconds. */
  get missedDeadlines(): number[] {
    return [...(this.missed ?? [])];
  }

  /**
   * To be called when the run has started, and counts once, at `startedAt` in milliseconds: deadlines count from it. One timer serves
   * all that have the same deadline.
   */
  watchDeadlines(startedAt: number): void {
    if (this.isWatching) return;
    this.isWatching = true;
    const { dag } = this.prepared;
    const due = new Map<number, (string | undefined)[]>();
    const add = (deadline: number | undefined, callbacks: TaskCallbacks | undefined, task?: string): void => {
      if (deadline !== undefined && callbacks?.onDeadline !== undefined)
        due.set(deadline, [...(due.get(deadline) ?? []), task]);
    };
    add(dag.deadline, dag.callbacks);
    for (const { id, deadline, callbacks } of dag.tasks) add(deadline, callbacks, id);
    for (const [deadline, ids] of due) {
      const left = startedAt + deadline - Date.now();
      if (this.missed === undefined ? left <= 0 : this.missed.has(deadline)) continue;
      const timer = new CancellationScope();
      this.timers.push(timer);
      void timer
        .run(() => sleep(Math.max(1, left)))
        .then(
          () => {
            this.missed?.add(deadline);
            for (const id of ids) this.overdue(id, deadline);
          },
          () => undefined,
        );
    }
  }

  private overdue(task: string | undefined, deadline: number): void {
    const values = this.run.scope.tasks as ReadonlyMap<string, { state: TaskState }>;
    const ofTask = task === undefined ? undefined : (values.get(task)?.state ?? 'none');
    if (ofTask !== undefined && isFinal(ofTask)) return;
    const { callbacks } = (task === undefined ? this.prepared.dag : this.tasks.get(task)) ?? {};
    this.happened(callbacks, {
      kind: 'deadline',
      state: ofTask ?? this.stateOfRun(),
      ...(task === undefined ? {} : { task }),
      reason: `not ended ${deadline / 1000} s after the run's start`,
    });
  }

  private happened(callbacks: TaskCallbacks | undefined, happening: Happening): void {
    const name = calls[happening.kind];
    const actions = callbacks?.[name];
    if (actions === undefined) return;
    const { dag, run } = this.prepared;
    const event: CallbackEvent = {
      dagId: dag.dagId,
      runId: run.id,
      workflowId: workflowInfo().workflowId,
      logicalDate: run.logicalDate,
      at: new Date().toISOString(),
      ...happening,
    };
    for (const action of actions) {
      const work = this.inTurn(() => this.notify(name, action, event)).finally(() =>
        this.outstanding.delete(work),
      );
      this.outstanding.add(work);
    }
  }

  private inTurn(notify: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const start = (): void => {
        void notify().then(() => {
          this.queue.release(1);
          resolve();
        });
      };
      this.queue.offer({ weight: 1, priority: 0, start, drop: resolve });
    });
  }

  /** Never throws: a callback doesn't change the outcome that it reports. */
  private async notify(name: string, action: CallbackAction, event: CallbackEvent): Promise<void> {
    const subject = event.task ?? 'the run';
    try {
      const { allowance } = this.run.scope;
      while (allowance?.isSpent) await CancellationScope.nonCancellable(() => sleep(1));
      const scope = { ...this.run.scope, event: toCel(event as unknown as Json) };
      const rendered = parseTemplate(action as Json).render(scope) as CallbackAction;
      const timeout = 'command' in action && action.timeout !== undefined ? action.timeout : undefined;
      const startToCloseTimeout = timeout === undefined ? attemptTimeout : timeout + commandSlack;
      const { notifyEvent } = proxyActivities<CallbackActivities>({
        summary: `${name} of ${subject}: ${Object.keys(action)[0]}`,
        startToCloseTimeout,
        // Also when no worker is there to do it.
        scheduleToCloseTimeout: (attempts + 1) * startToCloseTimeout,
        retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: attempts },
      });
      const notification = { action: rendered, event, folder: this.prepared.dagFolder };
      const length = payloadLength(notification);
      if (length === undefined)
        throw new Error(
          `it is more than ${formatBytes(maxPayloadBytes)} of JSON; let it name data, not hold them`,
        );
      const origins = writtenOrigins({ with: action as Json });
      await CancellationScope.nonCancellable(() =>
        this.outbox.send(length, () =>
          notifyEvent({ ...notification, ...(origins.length === 0 ? {} : { origins }) }),
        ),
      );
    } catch (error) {
      const cause = readableCause(error);
      const message =
        cause instanceof ApplicationFailure || cause instanceof Error ? cause.message : String(cause);
      this.note(`${name} of ${subject}: ${message}`);
      log.warn(`callback ${name} of ${subject} failed`, { message });
    }
  }

  private note(problem: string): void {
    if (this.problems.length < maxProblems) this.problems.push(problem);
    else this.problems[maxProblems] = `… and ${++this.unlisted} more`;
  }
}
