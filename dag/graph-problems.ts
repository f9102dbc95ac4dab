import type { Draft, DraftTask } from './draft.js';
import { TaskGraph } from './graph.js';
import { type Dependency, type Edges, enclosingGroups, membersOf } from './lower-groups.js';
import { didYouMean } from './nearest.js';
import type { Path, Problem } from './problem.js';

/** What is wrong with ids, groups and dependencies: duplicates, unknown ones, cycles. */
export function graphProblems(draft: Draft): Problem[] {
  return [
    ...idProblems(draft),
    ...groupProblems(draft),
    ...dependencyProblems(draft),
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
    if (!(group in groups)) {
      const hint = didYouMean(group, Object.keys(groups)) ?? 'groups are declared under groups of the DAG';
      problems.push(problem([...path, 'group'], `there is no group '${group}'`, hint));
      continue;
    }
    const around = enclosingGroups(group, groups);
    if (what === 'group' && around.includes(id)) {
      problems.push(problem([...path, 'group'], `group '${id}' is inside itself: ${around.join(' in ')}`));
      continue;
    }
    const mapped = around.find((each) => groups[each]?.expand !== undefined);
    if (expand !== undefined && mapped !== undefined) {
      const message = `a ${what} in the mapped group '${mapped}' can't have an expand of its own`;
      problems.push({ ...problem([...path, 'expand'], message), on: 'key' });
    }
  }
  return problems;
}

function dependencyProblems({ tasks, groups }: Draft): Problem[] {
  const taskIds = new Set(tasks.map(({ id }) => id));
  const groupIds = Object.keys(groups);
  const members = membersOf(tasks, groups);
  const what = groupIds.length === 0 ? 'task' : 'task or group';

  const fault = (of: string, { id, path = [] }: Dependency): Problem | undefined => {
    if (!taskIds.has(id) && !groupIds.includes(id)) {
      return problem(path, `there is no ${what} '${id}'`, didYouMean(id, [...taskIds, ...groupIds]));
    }
    const inside = (group: string, each: string) =>
      members.get(group)?.includes(each) || enclosingGroups(groups[each]?.group, groups).includes(group);
    if (inside(id, of)) return problem(path, `'${of}' is in group '${id}', so it can't depend on it`);
    if (inside(of, id)) return problem(path, `'${id}' is in group '${of}', which can't depend on it`);
    if (members.get(id)?.length === 0) return problem(path, `group '${id}' has no tasks`);
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
  return [problem(mention?.path, `tasks form a cycle: ${cycle.join(' → ')}`, hint)];
}

function problem(path: Path | undefined, message: string, hint?: string): Problem {
  return { path: path ?? [], on: 'value', message, ...(hint !== undefined && { hint }) };
}
