import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { FinishedTask } from '../activities/operator.js';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import type { TaskRecord } from '../activities/run/run-record.js';
import type { TaskInput, TaskResult } from '../activities/task.js';
import { DagRun } from '../dag/dag-run.js';
import type { StartDecision } from '../dag/decision.js';
import { runsPool } from '../dag/pool/messages.js';
import { liveTable } from './details.js';
import { taskFailure } from './failures.js';
import { acquireSlots, releaseSlots } from './pool-slots.js';
import type { RunView, TaskView } from './run-view.js';
import { endAttributes, startAttributes } from './search-attributes.js';

/** Airflow's bound on a retry delay that grows. */
const longestRetryDelay = 24 * 60 * 60 * 1000;

/** Temporal wants some limit for a task without executionTimeout. */
const unlimited = '30 days';

type Ended = { stats?: FinishedTask; startedAt: number; finishedAt?: number };

/** One run in flight: starts what the state machine decides, tells it how that ended, and shows where the run stands. */
export class RunExecution {
  private readonly run: DagRun;
  private readonly tasks = new Map<string, Ended>();
  private readonly running = new Set<Promise<void>>();
  private readonly operators: ReadonlyMap<string, string>;
  private state: RunView['state'] = 'running';
  private changed = false;

  constructor(private readonly prepared: PreparedRun) {
    const { dag, params, config, run, reused } = prepared;
    this.run = new DagRun(dag, { params, config, run, reused });
    this.operators = new Map(dag.tasks.map(({ id, operator }) => [id, operator]));
  }

  /** Waits for its turn when the DAG bounds its active runs. @throws CancelledFailure */
  async admitted(): Promise<void> {
    const { dag, run, searchAttributes } = this.prepared;
    const enter = (state: 'queued' | 'running'): void => {
      this.state = state;
      if (searchAttributes) upsertSearchAttributes(startAttributes(dag.dagId, run.logicalDate, state));
      this.show();
    };
    const { dagId, maxActiveRuns: size } = dag;
    if (size !== undefined) {
      enter('queued');
      await acquireSlots({ pool: runsPool(dagId), key: 'run', slots: 1, priority: 0, size });
    }
    enter('running');
  }

  /** Lets the next run in. */
  async leave(): Promise<void> {
    const { dagId, maxActiveRuns } = this.prepared.dag;
    if (maxActiveRuns !== undefined) await releaseSlots({ pool: runsPool(dagId), key: 'run' });
  }

  /**
   * Drives the run until all its tasks have ended; what it takes beyond the DAG's dagrunTimeout is cancelled.
   * @throws CancelledFailure when the run is cancelled, after its tasks have stopped
   */
  async toEnd(): Promise<{ state: 'success' | 'failed'; reason: string }> {
    const { dagrunTimeout } = this.prepared.dag;
    const outer = CancellationScope.current();
    const scope = new CancellationScope({
      cancellable: true,
      ...(dagrunTimeout === undefined ? {} : { timeout: dagrunTimeout }),
    });
    try {
      return await scope.run(() => this.drive());
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await CancellationScope.nonCancellable(() => Promise.allSettled(this.running));
      if (outer.consideredCancelled) throw error;
      return { state: 'failed', reason: `took longer than dagrunTimeout (${(dagrunTimeout ?? 0) / 1000} s)` };
    }
  }

  get replayCommand(): string {
    return this.prepared.replayCommand;
  }

  view(): RunView {
    const { dag, run } = this.prepared;
    return {
      dagId: dag.dagId,
      runId: run.id,
      logicalDate: run.logicalDate,
      state: this.state,
      tasks: this.run.instances().map((instance): TaskView => {
        const { stats, ...times } = this.tasks.get(instance.key) ?? {
          stats: this.prepared.reused[instance.key]?.stats,
        };
        return {
          key: instance.key,
          operator: this.operators.get(instance.taskId) ?? '',
          state: instance.state,
          ...(instance.reason === undefined ? {} : { reason: instance.reason }),
          ...(instance.key in this.prepared.reused ? { reused: true } : {}),
          ...times,
          ...(stats === undefined ? {} : figures(stats)),
        };
      }),
    };
  }

  /** The instances as the run record keeps them. */
  records(): TaskRecord[] {
    return this.run.instances().map(({ key, state, reason, output }) => {
      const stats = this.tasks.get(key)?.stats ?? this.prepared.reused[key]?.stats;
      return {
        key,
        state,
        ...(reason === undefined ? {} : { reason }),
        ...(output === undefined ? {} : { output }),
        ...(stats === undefined ? {} : { stats }),
      };
    });
  }

  close(state: 'success' | 'failed' | 'cancelled'): void {
    this.state = state;
    this.show();
    const failed = this.run.instances().filter((instance) => instance.state === 'failed');
    if (this.prepared.searchAttributes)
      upsertSearchAttributes(
        endAttributes(
          state,
          failed.map(({ key }) => key),
        ),
      );
  }

  private async drive(): Promise<{ state: 'success' | 'failed'; reason: string }> {
    for (;;) {
      this.changed = false;
      for (const decision of this.run.next()) {
        if (decision.kind === 'finished') return decision;
        if (decision.kind === 'start') this.start(decision);
      }
      this.show();
      await condition(() => this.changed);
    }
  }

  private start(decision: StartDecision): void {
    const done = this.execute(decision).finally(() => {
      this.running.delete(done);
      this.changed = true;
    });
    this.running.add(done);
  }

  private async execute(decision: StartDecision): Promise<void> {
    const { key } = decision.instance;
    const { pool, poolSlots: slots, priority } = decision.task;
    let startedAt = Date.now();
    try {
      if (pool !== undefined) await acquireSlots({ pool, slots, priority, key });
      startedAt = Date.now();
      this.run.mark(key, 'running');
      this.tasks.set(key, { startedAt });
      this.changed = true;
      const { output, stats } = await this.activity(decision);
      this.tasks.set(key, { stats, startedAt, finishedAt: Date.now() });
      this.run.settle(key, { state: 'success', output, stats });
    } catch (error) {
      const { reason, stats } = isCancellation(error) ? { reason: 'cancelled' } : taskFailure(error);
      this.tasks.set(key, { ...(stats === undefined ? {} : { stats }), startedAt, finishedAt: Date.now() });
      this.run.settle(key, { state: 'failed', reason, ...(stats === undefined ? {} : { stats }) });
    } finally {
      if (pool !== undefined) await releaseSlots({ pool, key });
    }
  }

  private activity({
    instance,
    task,
    params,
    errorThreshold,
    metricThresholds,
  }: StartDecision): Promise<TaskResult> {
    const { dag, dagFolder, run, readsFinishedTasks } = this.prepared;
    const input: TaskInput = {
      dag: { id: dag.dagId, folder: dagFolder },
      run,
      task: {
        id: instance.taskId,
        key: instance.key,
        ...(instance.mapIndex === undefined ? {} : { mapIndex: instance.mapIndex }),
        operator: task.operator,
        cleared: 0,
      },
      params,
      ...(errorThreshold === undefined ? {} : { errorThreshold }),
      ...(metricThresholds === undefined ? {} : { metricThresholds }),
      ...(readsFinishedTasks.includes(task.operator) ? { finishedTasks: this.finishedTasks() } : {}),
    };
    const operators = proxyActivities<Record<string, (input: TaskInput) => Promise<TaskResult>>>({
      activityId: instance.key,
      summary: task.doc?.split('\n')[0] ?? `${task.operator} of ${dag.dagId}`,
      startToCloseTimeout: task.executionTimeout ?? unlimited,
      heartbeatTimeout: task.heartbeatTimeout,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: {
        maximumAttempts: task.retries + 1,
        initialInterval: task.retryDelay,
        backoffCoefficient: task.retryExponentialBackoff ? 2 : 1,
        maximumInterval: Math.max(task.maxRetryDelay ?? longestRetryDelay, task.retryDelay),
      },
      ...(task.queue === undefined ? {} : { taskQueue: task.queue }),
    });
    const operator = operators[task.operator];
    if (operator === undefined) throw new Error(`no activity for operator "${task.operator}"`);
    return operator(input);
  }

  private finishedTasks(): FinishedTask[] {
    return this.records().flatMap(({ stats }) => (stats === undefined ? [] : [stats]));
  }

  private show(): void {
    setCurrentDetails(liveTable(this.view(), Date.now()));
  }
}

/** The figures of a stage that the table shows. */
function figures({
  tries,
  rowsRead,
  rowsWritten,
  rowsRejected,
  rejectedByReason,
  metrics,
}: FinishedTask): Partial<TaskView> {
  return { tries, rowsRead, rowsWritten, rowsRejected, rejectedByReason, metrics };
}
