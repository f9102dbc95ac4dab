import type { Draft, DraftTask } from './draft.js';
import { TaskGraph } from './graph.js';
import { GroupTree } from './group-tree.js';
import { type Dependency, type Edges, enclosingGroups, maxEdges } from './lower-groups.js';
import { didYouMean, Names } from './nearest.js';
import type { Path, Problem } from './problem.js';

/** What is wrong with ids, groups and dependencies: duplicates, unknown ones, cycles. */
export function graphProblems(draft: Draft): Problem[] {
  return [
    ...idProblems(draft),
    ...groupProblems(draft),
    ...dependencyProblems(draft),
    ...edgeProblems(draft),
    ...cycleProblems(draft),
  ];
}

/** The graph of the tasks, without what {@link graphProblems} reports. */
export function draftGraph(edges: Edges): TaskGraph {
  return new TaskGraph([...edges].map(([id, upstream]) => ({ id, dependsOn: [...upstream.keys()] })));
}

function idProblems({ tasks, groups }: Draft): Problem[] {
  const byId = new Map<string, DraftTask>();
  const problems: Problem[] = [];
  for (const task of tasks) {
    const first = byId.get(task.id);
    if (first === undefined) byId.set(task.id, task);
    else
      problems.push(
        problem(['tasks', task.index, 'id'], `'${task.id}' is already the id of tasks[${first.index}]`),
      );
  }
  for (const id of Object.keys(groups)) {
    const task = byId.get(id);
    if (task !== undefined) {
      const message = `'${id}' is already the id of tasks[${task.index}]`;
      problems.push({ ...problem(['groups', id], message), on: 'key' });
    }
  }
  return problems;
}

/** Groups that don't exist or are in themselves, and mappings inside mapped groups. */
function groupProblems({ tasks, groups }: Draft): Problem[] {
  const problems: Problem[] = [];
  const names = new Names(Object.keys(groups));
  const tree = new GroupTree(groups);
  const mappedAround = tree.inherit<string | undefined>(undefined, (id, around) =>
    groups[id]?.expand === undefined ? around : id,
  );
  const isRound = circling(groups);
  const items = [
    ...tasks.map((task) => ({ ...task, path: ['tasks', task.index] as Path, what: 'task' })),
    ...Object.entries(groups).map(([id, group]) => ({
      ...group,
      id,
      path: ['groups', id] as Path,
      what: 'group',
    })),
  ];
  for (const { id, group, expand, path, what } of items) {
    if (group === undefined) continue;
    if (!Object.hasOwn(groups, group)) {
      const hint = didYouMean(group, names) ?? 'groups are declared under groups of the DAG';
      problems.push(problem([...path, 'group'], `there is no group '${group}'`, hint));
      continue;
    }
    if (what === 'group' && isRound.has(id)) {
      const around = listed(enclosingGroups(group, groups, mostListed + 1), ' in ');
      problems.push(problem([...path, 'group'], `group '${id}' is inside itself: ${around}`));
      continue;
    }
    const mapped = mappedAround.get(group);
    if (expand !== undefined && mapped !== undefined) {
      const message = `a ${what} in the mapped group '${mapped}' can't have an expand of its own`;
      problems.push({ ...problem([...path, 'expand'], message), on: 'key' });
    }
  }
  return problems;
}

/** Names in a message, the first ones of many. */
const mostListed = 20;

function listed(names: readonly string[], separator: string): string {
  return names.length > mostListed
    ? `${names.slice(0, mostListed).join(separator)}${separator}…`
    : names.join(separator);
}

/** Groups that are in themselves. */
function circling(groups: Draft['groups']): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const start of Object.keys(groups)) {
    const path: string[] = [];
    let at: string | undefined = start;
    while (at !== undefined && Object.hasOwn(groups, at) && !seen.has(at)) {
      seen.add(at);
      path.push(at);
      at = groups[at]?.group;
    }
    const from = at === undefined ? -1 : path.indexOf(at);
    if (from >= 0) for (const id of path.slice(from)) found.add(id);
  }
  return found;
}

function dependencyProblems({ tasks, groups }: Draft): Problem[] {
  const groupOf = new Map(tasks.map(({ id, group }) => [id, group]));
  const groupIds = Object.keys(groups);
  const tree = new GroupTree(groups);
  const names = new Names(new Set([...groupOf.keys(), ...groupIds]));
  const filled = new Set(tasks.flatMap(({ group }) => group ?? []));
  const isFilled = new Map(groupIds.map((id) => [id, tree.within(id).some((inner) => filled.has(inner))]));
  const what = groupIds.length === 0 ? 'task' : 'task or group';

  const fault = (of: string, { id, path = [] }: Dependency): Problem | undefined => {
    const isGroup = Object.hasOwn(groups, id);
    if (!groupOf.has(id) && !isGroup) {
      return problem(path, `there is no ${what} '${id}'`, didYouMean(id, names));
    }
    const inside = (group: string, each: string) =>
      tree.isInside(groupOf.get(each), group) ||
      (Object.hasOwn(groups, each) && tree.isInside(groups[each]?.group, group));
    if (inside(id, of)) return problem(path, `'${of}' is in group '${id}', so it can't depend on it`);
    if (inside(of, id)) return problem(path, `'${id}' is in group '${of}', which can't depend on it`);
    if (isFilled.get(id) === false) return problem(path, `group '${id}' has no tasks`);
    return undefined;
  };

  const owners: (readonly [string, readonly Dependency[]])[] = [
    ...tasks.map(({ id, dependsOn }) => [id, dependsOn] as const),
    ...Object.entries(groups).map(([id, { dependsOn }]) => [id, dependsOn] as const),
  ];
  return owners.flatMap(([of, dependsOn]) => {
    const seen = new Set<string>();
    return dependsOn.flatMap((mention) => {
      const again = seen.has(mention.id)
        ? problem(mention.path, `'${mention.id}' is listed twice`)
        : undefined;
      seen.add(mention.id);
      return fault(of, mention) ?? again ?? [];
    });
  });
}

function edgeProblems({ edges }: Draft): Problem[] {
  let count = 0;
  for (const upstream of edges.values()) count += upstream.size;
  if (count < maxEdges) return [];
  const message = `dependencies on groups come to more than ${maxEdges} edges between tasks`;
  return [
    { ...problem(['tasks'], message, 'put one task between the groups, through which all goes'), on: 'key' },
  ];
}

function cycleProblems({ tasks, edges, groups }: Draft): Problem[] {
  const hint = 'a task can only depend on tasks that come before it';
  const own = [
    ...tasks.map(({ id, dependsOn }) => ({ id, dependsOn })),
    ...Object.entries(groups).map(([id, { dependsOn }]) => ({ id, dependsOn })),
  ].flatMap(({ id, dependsOn }) => dependsOn.filter((mention) => mention.id === id));
  const [self] = own;
  if (self !== undefined) return [problem(self.path, `'${self.id}' depends on itself`, hint)];
  const cycle = draftGraph(edges).findCycle();
  if (cycle === undefined) return [];
  const [first = '', second = ''] = cycle;
  const mention = edges.get(second)?.get(first);
  return [problem(mention?.path, `tasks form a cycle: ${listed(cycle, ' → ')}`, hint)];
}

function problem(path: Path | undefined, message: string, hint?: string): Problem {
  return { path: path ?? [], on: 'value', message, ...(hint !== undefined && { hint }) };
}
