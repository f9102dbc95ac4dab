import { isPlainObject, type Json } from './json.js';
import { type Dependency, type Edges, type Group, type GroupedTask, lowerGroups } from './lower-groups.js';
import type { Path } from './problem.js';

/** A task as it was written, which may still be wrong anywhere; parts of the wrong type are left out. */
export interface DraftTask extends GroupedTask {
  /** Place in `tasks`. */
  index: number;
  operator: string | undefined;
  /** Its own, or that of the DAG's defaults where they count for it. */
  triggerRule: string | undefined;
  with: Record<string, Json>;
  when: string | undefined;
  expand: Record<string, Json> | undefined;
  pool: unknown;
  poolSlots: unknown;
  errorThreshold: Json;
  metricThresholds: Json;
}

export interface DraftGroup extends Group {
  expand: Record<string, Json> | undefined;
}

/** The parts of a document that are looked at beyond its schema. */
export interface Draft {
  tasks: DraftTask[];
  groups: Record<string, DraftGroup>;
  /** The edges between tasks, as far as they can be known. */
  edges: Edges;
  params: Record<string, unknown>;
  /** Wherever there are some. */
  callbacks: { path: Path; value: Json }[];
}

/** Takes what can be used from a document that may not fit the schema, so that one mistake doesn't hide others. */
export function readDraft(document: Record<string, unknown>): Draft {
  const defaults = isPlainObject(document.defaults) ? document.defaults : {};
  const written = Array.isArray(document.tasks) ? document.tasks : [];
  const tasks = written.flatMap((task: unknown, index) =>
    isPlainObject(task) ? readTask(task, index, defaults) : [],
  );
  const groups = isPlainObject(document.groups) ? readGroups(document.groups) : {};
  return {
    tasks,
    groups,
    edges: lowerGroups(tasks, groups),
    params: isPlainObject(document.params) ? document.params : {},
    callbacks: [
      { path: [], of: document },
      { path: ['defaults'], of: document.defaults },
      ...written.map((of: unknown, index) => ({
        path: ['tasks', index],
        of,
      })),
    ].flatMap(({ path, of }) =>
      isPlainObject(of) && isPlainObject(of.callbacks)
        ? [{ path: [...path, 'callbacks'], value: of.callbacks as Json }]
        : [],
    ),
  };
}

function readTask(
  task: Record<string, unknown>,
  index: number,
  defaults: Record<string, unknown>,
): DraftTask[] {
  const { id, operator, when, setup } = task;
  if (typeof id !== 'string') return [];
  const path = ['tasks', index];
  const isTeardown = task.teardown !== undefined && task.teardown !== false;
  const setups = isPlainObject(task.teardown) ? task.teardown.setups : undefined;
  const triggerRule = task.triggerRule ?? (isTeardown ? undefined : defaults.triggerRule);
  return [
    {
      index,
      id,
      operator: text(operator),
      dependsOn: readIds(task.dependsOn, [...path, 'dependsOn']),
      setups: readIds(setups, [...path, 'teardown', 'setups']),
      triggerRule: text(triggerRule),
      group: text(task.group),
      setup: setup === true,
      teardown: isTeardown,
      with: isPlainObject(task.with) ? (task.with as Record<string, Json>) : {},
      when: text(when),
      expand: readExpand(task.expand),
      pool: task.pool ?? defaults.pool,
      poolSlots: task.poolSlots,
      errorThreshold: (task.errorThreshold ?? null) as Json,
      metricThresholds: (task.metricThresholds ?? null) as Json,
    },
  ];
}

function readGroups(groups: Record<string, unknown>): Record<string, DraftGroup> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([id, group]) => {
      if (!isPlainObject(group)) return [];
      const dependsOn = readIds(group.dependsOn, ['groups', id, 'dependsOn']);
      return [[id, { dependsOn, group: text(group.group), expand: readExpand(group.expand) }]];
    }),
  );
}

/** One id or a list of ids, each with its place. */
function readIds(value: unknown, path: Path): Dependency[] {
  if (typeof value === 'string') return [{ id: value, path }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((id: unknown, index) =>
    typeof id === 'string' ? [{ id, path: [...path, index] }] : [],
  );
}

function readExpand(expand: unknown): Record<string, Json> | undefined {
  return isPlainObject(expand) ? (expand as Record<string, Json>) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
