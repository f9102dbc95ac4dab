import type { Path } from './problem.js';

/** One mention of a task or group that something depends on. */
export interface Dependency {
  readonly id: string;
  /** Where it stands in the document, for problems. */
  readonly path?: Path;
}

export interface GroupedTask {
  readonly id: string;
  /** What it depends on: tasks and groups. */
  readonly dependsOn: readonly Dependency[];
  /** The setups that it tears down: it depends on them too. */
  readonly setups: readonly Dependency[];
  readonly group?: string | undefined;
  readonly setup?: boolean | undefined;
  readonly teardown?: boolean | undefined;
}

export interface Group {
  readonly dependsOn: readonly Dependency[];
  readonly group?: string | undefined;
}

type Groups = Readonly<Record<string, Pick<Group, 'group'>>>;

/** Upstream tasks by task, each with the mention that it comes from. */
export type Edges = ReadonlyMap<string, ReadonlyMap<string, Dependency>>;

/**
 * The edges between tasks. To depend on a group is to depend on its last tasks; what a group depends on goes to its
 * first tasks. Unknown ids, and dependencies on a group that one is in, are left out.
 */
export function lowerGroups(
  tasks: readonly GroupedTask[],
  groups: Readonly<Record<string, Group>>,
): Map<string, Map<string, Dependency>> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const members = membersOf(tasks, groups);
  const edges = new Map(tasks.map(({ id }) => [id, new Map<string, Dependency>()]));

  const outwards = (id: string) =>
    enclosingGroups(byId.has(id) ? byId.get(id)?.group : groups[id]?.group, groups);
  const mentions = [
    ...tasks.map(({ id, dependsOn, setups }) => ({
      id,
      dependsOn: [...dependsOn, ...setups],
      targets: () => [id],
    })),
    ...Object.entries(groups).map(([id, { dependsOn }]) => ({
      id,
      dependsOn,
      targets: () => firstTasks(members.get(id) ?? [], edges),
    })),
  ].flatMap(({ id, dependsOn, targets }) => {
    const around = outwards(id);
    return dependsOn
      .filter((mention) => mention.id !== id && !around.includes(mention.id))
      .filter((mention) => !outwards(mention.id).includes(id))
      .map((mention) => {
        const known = new Set(outwards(mention.id));
        return { targets, mention, depth: around.filter((group) => known.has(group)).length };
      });
  });

  const lastOf = new Map<string, readonly string[]>();
  const standingFor = (id: string): readonly string[] => {
    if (byId.has(id)) return [id];
    const last = lastOf.get(id) ?? lastTasks(members.get(id) ?? [], edges, byId);
    lastOf.set(id, last);
    return last;
  };

  // Innermost first: the first and last tasks of a group are known once all edges inside it are.
  for (const { targets, mention } of mentions.sort((a, b) => b.depth - a.depth)) {
    const sources = standingFor(mention.id);
    for (const target of targets()) {
      const upstream = edges.get(target);
      for (const source of sources) if (!upstream?.has(source)) upstream?.set(source, mention);
    }
  }
  return edges;
}

/** Ids of the tasks in each group, those of inner groups included. */
export function membersOf(
  tasks: readonly Pick<GroupedTask, 'id' | 'group'>[],
  groups: Groups,
): Map<string, string[]> {
  const members = new Map(Object.keys(groups).map((id) => [id, [] as string[]]));
  for (const { id, group } of tasks) {
    for (const around of enclosingGroups(group, groups)) members.get(around)?.push(id);
  }
  return members;
}

/** The group and those around it, from the inside out; it ends where they go round. */
export function enclosingGroups(group: string | undefined, groups: Groups): string[] {
  const found: string[] = [];
  for (let at = group; at !== undefined && at in groups && !found.includes(at); at = groups[at]?.group) {
    found.push(at);
  }
  return found;
}

/** Those without upstream among them. */
export function firstTasks(
  members: readonly string[],
  edges: ReadonlyMap<string, { keys(): Iterable<string> }>,
): string[] {
  const inside = new Set(members);
  return members.filter((id) => ![...(edges.get(id)?.keys() ?? [])].some((upstream) => inside.has(upstream)));
}

/** As Airflow has it: those without downstream among them; before a teardown, what comes last but for teardowns. */
function lastTasks(
  members: readonly string[],
  edges: Edges,
  tasks: ReadonlyMap<string, GroupedTask>,
): string[] {
  const inside = new Set(members);
  const upstream = (id: string) => [...(edges.get(id)?.keys() ?? [])].filter((each) => inside.has(each));
  const downstream = new Map<string, string[]>(members.map((id) => [id, []]));
  for (const id of members) for (const each of upstream(id)) downstream.get(each)?.push(id);
  const isTeardown = (id: string) => tasks.get(id)?.teardown === true;

  const last = new Set<string>();
  const seen = new Set<string>();
  const beforeTeardown = (teardown: string): void => {
    if (seen.has(teardown)) return;
    seen.add(teardown);
    for (const id of upstream(teardown)) {
      if (isTeardown(id)) beforeTeardown(id);
      else if (tasks.get(id)?.setup !== true && downstream.get(id)?.every(isTeardown)) last.add(id);
    }
  };
  for (const id of members) {
    if (downstream.get(id)?.length !== 0) continue;
    if (isTeardown(id)) beforeTeardown(id);
    else last.add(id);
  }
  return [...last];
}
