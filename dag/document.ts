import type { z } from 'zod';
import type { Json, JsonObject } from './json.js';
import { lowerGroups } from './lower-groups.js';
import type { RunCallbacks, TaskCallbacks } from './schema/callbacks.js';
import type { dagSchema } from './schema/dag.js';
import type { ParamSchema } from './schema/param.js';
import type { OverlapPolicy, Schedule } from './schema/schedule.js';
import type { ErrorThresholdSpec, MetricThresholdsSpec, task as taskSchema } from './schema/task.js';
import type { TriggerRule } from './trigger-rules.js';

/** Defaults of task keys, as in Airflow where it has them. Durations in milliseconds. */
export const taskDefaults = {
  triggerRule: 'all_success',
  retries: 0,
  retryDelay: 300_000,
  retryExponentialBackoff: false,
  heartbeatTimeout: 60_000,
  poolSlots: 1,
  priority: 1,
} as const;

/** How long after its time a missed scheduled run is still started, in milliseconds: the last night's run, not older ones. */
const DEFAULT_CATCHUP_WINDOW = 86_400_000;

/** Of a DAG that catches up: the longest that Temporal's own default is. */
const FULL_CATCHUP_WINDOW = 365 * 86_400_000;

/** A task with all defaults filled in. Durations in milliseconds. Plain JSON: absent keys are left out. */
export interface TaskSpec {
  id: string;
  operator: string;
  /** Params of the operator; strings may hold templates. */
  with: JsonObject;
  /** Ids of tasks: groups and setups are resolved. */
  dependsOn: string[];
  triggerRule: TriggerRule;
  /** Attempts after the first. */
  retries: number;
  retryDelay: number;
  /** Doubles the delay with every retry. */
  retryExponentialBackoff: boolean;
  /** Bound of the growing delay. */
  maxRetryDelay?: number;
  /** Of one attempt; unlimited when absent. */
  executionTimeout?: number;
  heartbeatTimeout: number;
  /** CEL condition; the task is skipped when it is false. */
  when?: string;
  /** Lists, or templates that give lists, by the names that `item` has. */
  expand?: Record<string, Json[] | string>;
  /** Most instances at the same time. */
  maxActiveMapped?: number;
  /** The group that it is in, for display and for a group's own `expand`; its edges are in `dependsOn`. */
  group?: string;
  /** Prepares what its downstream tasks need, and is undone by teardowns. */
  setup?: true;
  /** Cleans up when what depends on its setups is done; `setups` are in `dependsOn` too. */
  teardown?: { setups: string[]; onFailureFailDagrun: boolean };
  /** A pool whose slots it takes, shared by all runs. */
  pool?: string;
  poolSlots: number;
  /** The larger goes first where tasks wait for a slot. */
  priority: number;
  /** How long after the run's start `onDeadline` is called unless the task has ended. */
  deadline?: number;
  callbacks?: TaskCallbacks;
  /** Names of the datasets that its success updates. */
  publishes?: string[];
  errorThreshold?: ErrorThresholdSpec;
  metricThresholds?: MetricThresholdsSpec;
  /** Temporal task queue, when not the run's own. */
  queue?: string;
  doc?: string;
}

/** A group of tasks. Its dependencies are resolved into those of its tasks. */
export interface GroupSpec {
  /** The group that it is in. */
  group?: string;
  /** Lists, or templates that give lists: all tasks of the group run once for every item. */
  expand?: Record<string, Json[] | string>;
  maxActiveMapped?: number;
  doc?: string;
}

/** A validated DAG: what is frozen into a run's history. Durations in milliseconds, times ISO 8601 in UTC, plain JSON. */
export interface DagDocument {
  dagId: string;
  description?: string;
  doc?: string;
  owner?: string;
  tags: string[];
  schedule?: Schedule;
  /** IANA name, for the schedule. */
  timezone: string;
  startDate?: string;
  endDate?: string;
  /** Whether runs since `startDate` are made up for. */
  catchup?: boolean;
  catchupWindow: number;
  /** When absent, see docs/scheduling.md. */
  overlap?: OverlapPolicy;
  pauseOnFailure?: boolean;
  isPausedUponCreation?: boolean;
  jitter: number;
  /** What part of the data a run is about; absent: an instant, the logical date. A duration in milliseconds. */
  dataInterval?: 'previous' | number;
  /** Runs beyond this number wait in state `queued`. */
  maxActiveRuns?: number;
  /** Of one run, tasks at the same time. */
  maxActiveTasks?: number;
  dagrunTimeout?: number;
  /** What becomes of a run that failed; `fail` when absent. */
  onFailure?: 'fail' | 'hold';
  /** How long a run is held, for ever when absent. */
  holdFor?: number;
  /** How long after its start `onDeadline` is called unless the run has ended. */
  deadline?: number;
  callbacks?: RunCallbacks;
  params: Record<string, ParamSchema>;
  /** By id. */
  groups: Record<string, GroupSpec>;
  tasks: TaskSpec[];
}

/**
 * Fills in the defaults, those of the DAG for its tasks, then {@link taskDefaults}, and resolves what depends on
 * groups and setups into edges between tasks.
 */
export function normalizeDag(input: z.output<typeof dagSchema>): DagDocument {
  const { defaults = {}, groups = {}, include: _included, tasks, ...dag } = input;
  const mentions = (ids: readonly string[]) => ids.map((id) => ({ id }));
  const teardowns = new Map(tasks.map((task) => [task.id, teardownOf(task.teardown)]));
  const edges = lowerGroups(
    tasks.map(({ id, dependsOn, group, setup }) => {
      const teardown = teardowns.get(id);
      return {
        id,
        dependsOn: mentions(dependsOn),
        setups: mentions(teardown?.setups ?? []),
        group,
        setup,
        teardown: teardown !== undefined,
      };
    }),
    Object.fromEntries(
      Object.entries(groups).map(([id, group]) => [id, { ...group, dependsOn: mentions(group.dependsOn) }]),
    ),
  );
  return dropUndefined({
    ...dag,
    tags: dag.tags ?? [],
    timezone: dag.timezone ?? 'UTC',
    catchupWindow: dag.catchupWindow ?? (dag.catchup ? FULL_CATCHUP_WINDOW : DEFAULT_CATCHUP_WINDOW),
    jitter: dag.jitter ?? 0,
    params: dag.params ?? {},
    groups: Object.fromEntries(
      Object.entries(groups).map(([id, { dependsOn: _resolved, ...group }]) => [id, dropUndefined(group)]),
    ),
    tasks: tasks.map((task) => {
      const teardown = teardowns.get(task.id);
      return dropUndefined({
        ...taskDefaults,
        ...dropUndefined(defaults),
        ...(teardown && { triggerRule: 'all_done_setup_success' }),
        ...dropUndefined(task),
        dependsOn: [...(edges.get(task.id)?.keys() ?? [])],
        setup: task.setup || undefined,
        teardown,
      });
    }),
  }) as DagDocument;
}

function teardownOf(written: z.output<typeof taskSchema>['teardown']): TaskSpec['teardown'] {
  if (written === undefined || written === false) return undefined;
  return written === true ? { setups: [], onFailureFailDagrun: false } : written;
}

function dropUndefined<T extends object>(value: T): T {
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) kept[key] = inner;
  return kept as T;
}
