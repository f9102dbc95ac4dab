import { expandItems } from '../expansion.js';
import type { JsonObject } from '../json.js';
import { countExpansion } from './propagate.js';
import { countLinks, linkGates, type RunGraph } from './run-graph.js';
import type { RunScope } from './run-scope.js';
import {
  createInstance,
  createUnit,
  finalStateOf,
  type MappedGroup,
  type Slot,
  type TaskInstance,
  type TaskNode,
} from './units.js';

/** How a task ends that is mapped over a task without output, as in Airflow; undefined when there is an output. */
export function endWithoutSource(
  source: TaskNode,
): { state: 'skipped' | 'upstreamFailed'; reason: string } | undefined {
  const id = source.spec.id;
  if (source.expanded && source.unfinished === 0) return undefined;
  const state = finalStateOf(source);
  if (state === 'success') return undefined;
  if (state === 'skipped') {
    return { state, reason: `its expand needs the output of '${id}', which was skipped` };
  }
  const why = state === undefined ? 'has not finished' : 'failed';
  return { state: 'upstreamFailed', reason: `its expand needs the output of '${id}', which ${why}` };
}

/**
 * The items of what hangs on no task's output; none when its template fails, which is told in its turn, or when too much has
 * been evaluated already.
 */
function itemsAtStart(
  { expand, sources }: Pick<TaskNode, 'expand' | 'sources'>,
  scope: RunScope,
): JsonObject[] {
  if (expand === undefined || sources.length > 0 || scope.ofRun.allowance?.isSpent) return [];
  try {
    return expandItems(expand, scope.ofRun);
  } catch {
    return [];
  }
}

/** Expands what hangs on no task's output, and links the gates, whose reach depends on that. */
export function expandAtStart({ nodes, mappedGroups }: RunGraph, scope: RunScope): void {
  const tasks = nodes.map((node) => [node, itemsAtStart(node, scope)] as const);
  const groups = mappedGroups.map((group) => [group, itemsAtStart(group, scope)] as const);
  for (const [node, items] of tasks) node.knownAtStart = items.length > 0;
  for (const [group, items] of groups) for (const node of group.nodes) node.knownAtStart = items.length > 0;
  linkGates(nodes);
  countLinks(nodes);
  for (const [node, items] of tasks) if (items.length > 0) expandTask(node, items);
  for (const [group, items] of groups) if (items.length > 0) expandGroup(group, items, scope);
}

/** Puts the instances of a mapped task in place of the one that stood for them. @returns what was there before */
export function expandTask(node: TaskNode, items: readonly JsonObject[]): TaskInstance[] {
  const [unit] = node.units;
  if (unit === undefined) return [];
  const before = unit.instances;
  unit.instances = items.map((item, index) => createInstance(node.spec.id, index, item));
  unit.unfinished = items.length;
  node.unfinished = items.length;
  node.expanded = true;
  countExpansion(node, items.length);
  return before;
}

/** Gives every task of a mapped group a unit for each item. @returns what was there before */
export function expandGroup(
  group: MappedGroup,
  items: readonly JsonObject[],
  scope: RunScope,
): TaskInstance[] {
  const slots = items.map(
    (item, index): Slot => ({
      group,
      index,
      item,
      values: scope.slotValues(group.nodes),
      open: 0,
      inWork: false,
      ready: [],
    }),
  );
  group.resolved = true;
  return group.nodes.flatMap((node) => {
    const before = node.units.flatMap((unit) => unit.instances);
    node.units = slots.map((slot) => createUnit(node, slot));
    node.unfinished = items.length;
    node.expanded = true;
    countExpansion(node, items.length);
    return before;
  });
}
