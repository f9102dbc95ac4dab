import { controlOperators } from '../control/index.js';
import type { DagDocument, GroupSpec, TaskSpec } from '../document.js';
import { parseExpression } from '../expression.js';
import { GroupTree } from '../group-tree.js';
import type { JsonObject } from '../json.js';
import { firstTasks, membersOf } from '../lower-groups.js';
import { parseTemplate, type Template } from '../template.js';
import { unwrapCondition } from '../when.js';
import {
  createPrerequisites,
  createUnit,
  type MappedGroup,
  noneEnded,
  type Prerequisites,
  sameGroup,
  type TaskNode,
  type Unit,
  unitsUpstream,
} from './units.js';

/** The tasks of a run and their links. */
export interface RunGraph {
  /** In document order. */
  readonly nodes: readonly TaskNode[];
  readonly byId: ReadonlyMap<string, TaskNode>;
  readonly groupIds: readonly string[];
  /** First tasks of a group, which stand for it when a gate chooses it. */
  readonly firstTasks: (group: string) => readonly TaskNode[];
  readonly mappedGroups: readonly MappedGroup[];
  /** Those that decide the run's state. */
  readonly leaves: readonly TaskNode[];
}

export function createRunGraph(document: DagDocument): RunGraph {
  const groups = new Map(
    Object.entries(document.groups).flatMap(([id, spec]) =>
      spec.expand === undefined ? [] : [[id, createGroup(id, spec, parseTemplate(spec.expand))] as const],
    ),
  );
  const tree = new GroupTree(document.groups);
  const mappedAround = tree.inherit<MappedGroup | undefined>(
    undefined,
    (id, around) => groups.get(id) ?? around,
  );
  const nodes = document.tasks.map((task) =>
    createNode(task, task.group === undefined ? undefined : mappedAround.get(task.group)),
  );
  const byId = new Map(nodes.map((node) => [node.spec.id, node]));
  for (const node of nodes) {
    node.group?.nodes.push(node);
    for (const id of node.spec.dependsOn) {
      const upstream = byId.get(id);
      if (upstream === undefined) continue;
      node.upstream.push(upstream);
      upstream.downstream.push(node);
    }
  }
  for (const group of groups.values()) {
    const sources = group.sources.flatMap((id) => byId.get(id) ?? []);
    group.openSources = sources.length;
    for (const source of sources) source.feeds.push(group);
  }
  for (const node of nodes) {
    if (!node.spec.setup) continue;
    node.scope.push(...scopeOf(node));
    for (const target of node.scope) target.setups.push(node);
  }
  const edges = new Map(document.tasks.map(({ id, dependsOn }) => [id, new Set(dependsOn)]));
  const membersIn = membersOf(document.tasks, tree);
  const firstOf = (group: string) =>
    firstTasks(membersIn(group), edges).flatMap((task) => byId.get(task) ?? []);
  const mappedGroups = [...groups.values()];
  const groupIds = Object.keys(document.groups);
  return { nodes, byId, groupIds, firstTasks: firstOf, mappedGroups, leaves: leavesOf(nodes) };
}

function createNode(spec: TaskSpec, group: MappedGroup | undefined): TaskNode {
  const expand = spec.expand === undefined ? undefined : parseTemplate(spec.expand);
  const { errorThreshold, metricThresholds } = spec;
  const node: TaskNode = {
    spec,
    params: parseTemplate(spec.with),
    thresholds: parseTemplate({
      ...(errorThreshold && { errorThreshold: errorThreshold as JsonObject }),
      ...(metricThresholds && { metricThresholds: metricThresholds as JsonObject }),
    }),
    when: spec.when === undefined ? undefined : parseExpression(unwrapCondition(spec.when)),
    expand,
    sources: expand === undefined ? [] : tasksReadBy(expand),
    control: controlOperators.get(spec.operator),
    group,
    upstream: [],
    downstream: [],
    scope: [],
    setups: [],
    feeds: [],
    gated: [],
    outer: createPrerequisites(),
    inner: createPrerequisites(),
    units: [],
    expanded: false,
    knownAtStart: false,
    unfinished: 1,
    ended: noneEnded(),
  };
  node.units = [createUnit(node)];
  return node;
}

function createGroup(id: string, spec: GroupSpec, expand: Template): MappedGroup {
  return {
    id,
    spec,
    expand,
    nodes: [],
    sources: tasksReadBy(expand),
    openSources: 0,
    resolved: false,
    inWork: 0,
    queue: [],
  };
}

function tasksReadBy(template: Template): string[] {
  const references = template.expressions.flatMap(({ expression }) => expression.references);
  const ids = references.flatMap(([variable, id]) => (variable === 'tasks' && id !== undefined ? [id] : []));
  return [...new Set(ids)];
}

/** All tasks that can be reached over the links that `next` gives. */
export function reachable(from: Iterable<TaskNode>, next: (node: TaskNode) => readonly TaskNode[]) {
  const found = new Set<TaskNode>();
  const open = [...from].flatMap(next);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...next(node));
  }
  return found;
}

export const downstreamOf = (node: TaskNode): readonly TaskNode[] => node.downstream;
const upstreamOf = (node: TaskNode): readonly TaskNode[] => node.upstream;

/**
 * The tasks that need a setup without being directly after it, as in Airflow: those between it and one of its
 * teardowns or, when it has none, all its descendants.
 */
function scopeOf(setup: TaskNode): TaskNode[] {
  const teardowns = setup.downstream.filter(({ spec }) => spec.teardown);
  const before = teardowns.length === 0 ? undefined : reachable(teardowns, upstreamOf);
  return [...reachable([setup], downstreamOf)].filter(
    (node) =>
      node.spec.teardown === undefined &&
      !node.upstream.includes(setup) &&
      (before === undefined || before.has(node)),
  );
}

/** Tasks without downstream. Teardowns count, before and after others, only when their failure fails the run. */
function leavesOf(nodes: readonly TaskNode[]): readonly TaskNode[] {
  const counts = ({ spec }: TaskNode) => spec.teardown?.onFailureFailDagrun ?? true;
  const leaves = nodes.filter((node) => counts(node) && !node.downstream.some(counts));
  return leaves.length > 0 ? leaves : nodes.filter((node) => node.downstream.length === 0);
}

/**
 * Links the gates to what they may skip. Called once it is known which tasks are expanded at the start: like in
 * Airflow those are skipped only directly below the gate. A gate in a mapped group reaches no further than its slot.
 */
export function linkGates(nodes: readonly TaskNode[]): void {
  for (const node of nodes) {
    const reach = node.control?.gate?.reach(node.spec.with);
    if (reach === undefined) continue;
    const direct = new Set(node.downstream);
    for (const target of reach.descendants ? reachable([node], downstreamOf) : direct) {
      if (!reach.teardowns && target.spec.teardown !== undefined) continue;
      if (node.group === undefined ? target.knownAtStart && !direct.has(target) : !sameGroup(node, target)) {
        continue;
      }
      node.gated.push(target);
    }
  }
}

/** Counts what each task waits for, before anything has been expanded. */
export function countLinks(nodes: readonly TaskNode[]): void {
  for (const node of nodes) {
    const setups = node.spec.setup ? 1 : 0;
    for (const target of node.downstream) {
      const { upstream } = prerequisitesFrom(node, target);
      upstream.total++;
      upstream.setups += setups;
    }
    for (const target of node.scope) prerequisitesFrom(node, target).setups.total++;
    for (const target of node.gated) prerequisitesFrom(node, target).gates++;
  }
}

function prerequisitesFrom(node: TaskNode, target: TaskNode): Prerequisites {
  return sameGroup(node, target) ? target.inner : target.outer;
}

/** All tasks, upstream before downstream. */
export function topologicalOrder({ nodes }: RunGraph): TaskNode[] {
  const open = new Map(nodes.map((node) => [node, node.upstream.length]));
  const order = nodes.filter((node) => node.upstream.length === 0);
  for (const node of order) {
    for (const downstream of node.downstream) {
      const count = (open.get(downstream) ?? 0) - 1;
      open.set(downstream, count);
      if (count === 0) order.push(downstream);
    }
  }
  return order;
}

/** The tasks that an id of a task or group stands for when a gate chooses it. */
export function tasksNamed(graph: RunGraph, id: string): readonly TaskNode[] | undefined {
  const task = graph.byId.get(id);
  if (task !== undefined) return [task];
  return graph.groupIds.includes(id) ? graph.firstTasks(id) : undefined;
}

/** The units that a unit directly depends on. */
export function upstreamUnits(unit: Unit): readonly Unit[] {
  if (unit.upstream !== undefined) return unit.upstream;
  const found = unit.node.upstream.flatMap((upstream) => unitsUpstream(unit, upstream));
  // Mapped groups may still get their units.
  if (unit.node.upstream.every(({ group }) => group?.resolved ?? true)) unit.upstream = found;
  return found;
}
