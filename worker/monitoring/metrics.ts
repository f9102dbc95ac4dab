import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TaskFigures, TaskInput, TaskResult } from '../../contract/task.js';
import { handoverType } from '../../dag/handover.js';
import type { PoolView } from '../../dag/pool/messages.js';
import type { WorkerObserver } from '../observer.js';

/** Most values of a label; what comes later counts as `other`, so that no DAG can flood the monitoring. */
const mostValues = 1_000;

const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600];

export type Metrics = { registry: Registry; observer: WorkerObserver };

/**
 * Nightjar's own metrics, in Prometheus' terms.
 * @param operators names of the activities that are tasks
 * @param pools asks how the pools stand, when somebody looks at the metrics
 */
export function createMetrics(operators: ReadonlySet<string>, pools: () => Promise<PoolView[]>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const limit = new Limit();

  const runsStarted = new Counter({
    name: 'nightjar_runs_started_total',
    help: 'DAG runs that this worker prepared',
    labelNames: ['dag'] as const,
    registers,
  });
  const runsEnded = new Counter({
    name: 'nightjar_runs_ended_total',
    help: 'DAG runs whose end this worker recorded, by state',
    labelNames: ['dag', 'state'] as const,
    registers,
  });
  const running = new Gauge({
    name: 'nightjar_tasks_running',
    help: 'Tasks that this worker runs now',
    registers,
  });
  const attempts = new Counter({
    name: 'nightjar_task_attempts_total',
    help: 'Attempts at tasks, by how they ended: success, skipped, failed, cancelled, handed_over, or not_yet for a look of a sensor',
    labelNames: ['dag', 'task', 'operator', 'outcome'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'nightjar_task_duration_seconds',
    help: 'How long attempts at tasks took',
    labelNames: ['dag', 'task', 'operator'] as const,
    buckets: durationBuckets,
    registers,
  });
  const rows = new Counter({
    name: 'nightjar_rows_total',
    help: 'Rows of finished tasks: read, written, rejected',
    labelNames: ['dag', 'task', 'kind'] as const,
    registers,
  });
  const rejects = new Counter({
    name: 'nightjar_rejects_total',
    help: 'Rejected rows by reason; a row with several counts in each',
    labelNames: ['dag', 'task', 'reason'] as const,
    registers,
  });
  let look: Promise<PoolView[]> | undefined;
  // Each gauge waits for the answer itself, since one that another fills is read before it has come; but the servers are asked once.
  const lookAtPools = (): Promise<PoolView[]> => {
    look ??= pools().finally(() => {
      look = undefined;
    });
    return look;
  };
  const poolGauge = (name: string, help: string, of: (view: PoolView) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'] as const,
      registers,
      async collect() {
        const views = await lookAtPools();
        this.reset();
        for (const view of views) this.set({ pool: limit.value('pool', view.name) }, of(view));
      },
    });
  poolGauge('nightjar_pool_slots', 'Slots of a pool', ({ slots }) => slots);
  poolGauge('nightjar_pool_slots_used', 'Slots of a pool that are held', ({ used }) => used);
  poolGauge('nightjar_pool_slots_queued', 'Slots of a pool that are waited for', ({ queued }) => queued);

  const countRows = (dag: string, task: string, stats: TaskFigures): void => {
    const kinds = { read: stats.rowsRead, written: stats.rowsWritten, rejected: stats.rowsRejected };
    for (const [kind, count = 0] of Object.entries(kinds))
      if (count > 0) rows.inc({ dag, task, kind }, count);
    for (const [reason, count] of Object.entries(stats.rejectedByReason ?? {}))
      rejects.inc({ dag, task, reason: limit.value('reason', reason) }, count);
  };

  return {
    registry,
    observer: {
      runStarted: ({ dagId, isContinued }) => {
        if (!isContinued) runsStarted.inc({ dag: limit.value('dag', dagId) });
      },
      runUpdated: ({ dagId, state }) => {
        if (state !== 'running') runsEnded.inc({ dag: limit.value('dag', dagId), state });
      },
      interceptor: ({ info: { activityType: operator } }) =>
        operators.has(operator)
          ? {
              inbound: {
                async execute(input, next) {
                  const { dag, task } = input.args[0] as TaskInput;
                  const place = { dag: limit.value('dag', dag.id), task: limit.value('task', task.id) };
                  running.inc();
                  const startedAt = performance.now();
                  let outcome = 'success';
                  try {
                    const result = (await next(input)) as TaskResult;
                    if (result.skipped !== undefined) outcome = 'skipped';
                    countRows(place.dag, place.task, result.stats);
                    return result;
                  } catch (error) {
                    outcome = outcomeOf(error);
                    throw error;
                  } finally {
                    running.dec();
                    attempts.inc({ ...place, operator, outcome });
                    if (outcome !== 'not_yet')
                      durations.observe({ ...place, operator }, (performance.now() - startedAt) / 1000);
                  }
                },
              },
            }
          : {},
    },
  };
}

function outcomeOf(error: unknown): string {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (!(error instanceof ApplicationFailure)) return 'failed';
  if (error.type === handoverType) return 'handed_over';
  return error.type === 'NotYet' ? 'not_yet' : 'failed';
}

/** Bounds the values of labels that users name. */
class Limit {
  private readonly seen = new Map<string, Set<string>>();

  value(label: string, value: string): string {
    const values = this.seen.get(label) ?? new Set();
    this.seen.set(label, values);
    if (values.has(value)) return value;
    if (values.size >= mostValues) return 'other';
    values.add(value);
    return value;
  }
}
