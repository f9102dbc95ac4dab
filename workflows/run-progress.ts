import type { FinishedTask } from '../activities/operator.js';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import type { TaskRecord } from '../activities/run/run-record.js';
import type { DagRun } from '../dag/dag-run.js';
import type { Json } from '../dag/json.js';
import { LiveTable } from './live-table.js';
import { fittingViews, type RunResult, type RunView, type TaskView } from './run-view.js';
import type { EndedTask } from './task-run.js';

/** Outputs of a run that travel in its result: as much as one task's. */
const maxOutputBytes = 64 * 1024;

type Instance = ReturnType<DagRun['instances']>[number];
/** What goes on beside the run's own course. */
export type Watched = {
  observers: readonly { taskChanged(instance: Instance): void }[];
  /** Grows while the run goes on. */
  callbackProblems: readonly string[];
};

type Times = { startedAt: number; finishedAt?: number };

/** Where a run stands: what is shown of it, and what its record keeps. */
export class RunProgress {
  state: RunView['state'] = 'running';
  /** More Markdown below the table. */
  notice = '';
  /** What keeps the run from going on, if something does. */
  problem: string | undefined;
  private readonly times = new Map<string, Times>();
  private readonly live = new LiveTable();
  /** Instances that have changed since the table was last looked at. */
  private readonly stale: Set<Instance>;
  private readonly operators: ReadonlyMap<string, string>;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly run: DagRun,
    private readonly watched: Watched,
  ) {
    this.operators = new Map(prepared.dag.tasks.map(({ id, operator }) => [id, operator]));
    this.stale = new Set(run.instances());
  }

  started(key: string): void {
    this.times.set(key, { startedAt: Date.now() });
  }

  ended(key: string, { startedAt, finishedAt }: EndedTask): void {
    this.times.set(key, { startedAt, finishedAt });
  }

  /** Tells the observers what has changed since the last time. */
  tell(): void {
    for (const instance of this.run.takeChanges()) {
      for (const observer of this.watched.observers) observer.taskChanged(instance);
      this.stale.add(instance);
    }
  }

  /** The run as Markdown. */
  table(): string {
    for (const instance of this.stale) {
      if (instance.state === 'removed') this.live.remove(instance.key);
      else this.live.update(this.viewOf(instance));
    }
    this.stale.clear();
    const { dag, run } = this.prepared;
    const table = this.live.render({
      dagId: dag.dagId,
      logicalDate: run.logicalDate,
      state: this.state,
      callbackProblems: this.watched.callbackProblems,
    });
    const { replayOf } = this.prepared;
    const origin =
      replayOf === undefined
        ? []
        : [`\nReplay of \`${replayOf.workflowId}\` (Temporal run \`${replayOf.temporalRunId}\`)`];
    const problem = this.problem === undefined ? [] : [`\n⚠️ ${this.problem}`];
    return [table, ...origin, ...problem, ...(this.notice === '' ? [] : [this.notice])].join('\n');
  }

  view(): RunView {
    const { dag, run } = this.prepared;
    const { callbackProblems } = this.watched;
    const taskIds = new Map<string, string>();
    const views = this.run.instances().map((instance) => {
      taskIds.set(instance.key, instance.taskId);
      return this.viewOf(instance);
    });
    return {
      dagId: dag.dagId,
      runId: run.id,
      logicalDate: run.logicalDate,
      state: this.state,
      ...(this.problem === undefined ? {} : { problem: this.problem }),
      ...(callbackProblems.length === 0 ? {} : { callbackProblems: [...callbackProblems] }),
      tasks: fittingViews(views, (key) => taskIds.get(key) ?? key),
    };
  }

  result(): RunResult {
    const upstream = new Set(this.prepared.dag.tasks.flatMap(({ dependsOn }) => dependsOn));
    const outputs: Record<string, Json> = {};
    for (const { taskId, mapIndex, state, output = null } of this.run.instances()) {
      if (upstream.has(taskId) || state !== 'success') continue;
      if (mapIndex === undefined) {
        outputs[taskId] = output;
        continue;
      }
      const list = outputs[taskId];
      if (Array.isArray(list)) list.push(output);
      else outputs[taskId] = [output];
    }
    const isSmall = JSON.stringify(outputs).length <= maxOutputBytes;
    return { ...this.view(), outputs: isSmall ? outputs : {} };
  }

  /** The instances as the run record keeps them. */
  records(): TaskRecord[] {
    return this.run.instances().map(({ key, state, reason, output, stats, reused, byHand, stopped }) => ({
      key,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(output === undefined ? {} : { output }),
      ...(stats === undefined || stats === null ? {} : { stats: stats as FinishedTask }),
      ...(reused ? { reused } : {}),
      ...(byHand ? { byHand } : {}),
      ...(stopped ? { stopped } : {}),
    }));
  }

  finishedTasks(): FinishedTask[] {
    return this.records().flatMap(({ stats }) => (stats === undefined ? [] : [stats]));
  }

  failedTasks(): string[] {
    return this.run.instances().flatMap(({ key, state }) => (state === 'failed' ? [key] : []));
  }

  private viewOf({ key, taskId, state, reason, stats, reused }: Instance): TaskView {
    return {
      key,
      operator: this.operators.get(taskId) ?? '',
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(reused ? { reused } : {}),
      ...(this.times.get(key) ?? (reused ? undefined : timesOf(stats as FinishedTask | undefined))),
      ...(stats === undefined || stats === null ? {} : figures(stats as FinishedTask)),
    };
  }
}

/** When the last attempt ran, of what ended before the run was held or continued. */
const timesOf = (stats: FinishedTask | null | undefined): Times | undefined =>
  stats ? { startedAt: Date.parse(stats.startedAt), finishedAt: Date.parse(stats.finishedAt) } : undefined;

/** The figures of a stage that the table shows. */
function figures(stats: FinishedTask): Partial<TaskView> {
  const { tries, rowsRead, rowsWritten, rowsRejected, rejectedByReason, metrics } = stats;
  return { tries, rowsRead, rowsWritten, rowsRejected, rejectedByReason, metrics };
}
