import { GroupTree } from './group-tree.js';
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

/** Most edges between tasks: where groups depend on groups, a short document may come to millions. */
export const maxEdges = 500_000;

/** Upstream tasks by task, each with the mention that it comes from. */
export type Edges = ReadonlyMap<string, ReadonlyMap<string, Dependency>>;

/**
 * The edges between tasks. To depend on a group is to depend on its last tasks; what a group depends on goes to its
 * first tasks. Unknown ids, and dependencies on a group that one is in, are left out, and so is what goes beyond {@link maxEdges}.
 */
export function lowerGroups(
  tasks: readonly GroupedTask[],
  groups: Readonly<Record<string, Group>>,
): Map<string, Map<string, Dependency>> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const tree = new GroupTree(groups);
  const membersIn = membersOf(tasks, tree);
  const edges = new Map(tasks.map(({ id }) => [id, new Map<string, Dependency>()]));

  const around = (id: string) => (byId.has(id) ? byId.get(id)?.group : groups[id]?.group);
  const mentions = [
    ...tasks.map(({ id, dependsOn, setups }) => ({
      id,
      dependsOn: [...dependsOn, ...setups],
      targets: () => [id] as readonly string[],
    })),
    ...Object.entries(groups).map(([id, { dependsOn }]) => {
      // All edges inside it are known when it is asked for, and others change nothing.
      let first: readonly string[] | undefined;
      return {
        id,
        dependsOn,
        targets: () => {
          first ??= firstTasks(membersIn(id), edges);
          return first;
        },
      };
    }),
  ].flatMap(({ id, dependsOn, targets }) => {
    const own = around(id);
    return dependsOn
      .filter((mention) => mention.id !== id && !tree.isInside(own, mention.id))
      .filter((mention) => !tree.isInside(around(mention.id), id))
      .map((mention) => ({ targets, mention, depth: tree.common(own, around(mention.id)) }));
  });

  const lastOf = new Map<string, readonly string[]>();
  const standingFor = (id: string): readonly string[] => {
    if (byId.has(id)) return [id];
    const last = lastOf.get(id) ?? lastTasks(membersIn(id), edges, byId);
    lastOf.set(id, last);
    return last;
  };

  let count = 0;
  // Innermost first: the first and last tasks of a group are known once all edges inside it are.
  for (const { targets, mention } of mentions.sort((a, b) => b.depth - a.depth)) {
    const sources = standingFor(mention.id);
    for (const target of targets()) {
      const upstream = edges.get(target);
      for (const source of sources) {
        if (upstream === undefined || upstream.has(source)) continue;
        if (++count > maxEdges) return edges;
        upstream.set(source, mention);
      }
    }
  }
  return edges;
}

/** Gives the ids of the tasks in a group, those of inner groups included, in the document's order. */
export function membersOf(
  tasks: readonly Pick<GroupedTask, 'id' | 'group'>[],
  tree: GroupTree,
): (group: string) => string[] {
  const places = new Map<string, number[]>();
  for (const [place, { group }] of tasks.entries()) {
    if (group === undefined) continue;
    const own = places.get(group) ?? [];
    places.set(group, own);
    own.push(place);
  }
  return (group) =>
    tree
      .within(group)
      .flatMap((inner) => places.get(inner) ?? [])
      .sort((a, b) => a - b)
      .map((place) => tasks[place]?.id ?? '');
}

/** The group and those around it, from the inside out; it ends where they go round. */
export function enclosingGroups(
  group: string | undefined,
  groups: Groups,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const found = new Set<string>();
  for (
    let at = group;
    at !== undefined && Object.hasOwn(groups, at) && !found.has(at);
    at = groups[at]?.group
  ) {
    if (found.size === most) break;
    found.add(at);
  }
  return [...found];
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
    const open = [teardown];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (isTeardown(id)) {
        if (seen.has(id)) continue;
        seen.add(id);
        open.push(...upstream(id).reverse());
      } else if (tasks.get(id)?.setup !== true && downstream.get(id)?.every(isTeardown)) {
        last.add(id);
      }
    }
  };
  for (const id of members) {
    if (downstream.get(id)?.length !== 0) continue;
    if (isTeardown(id)) beforeTeardown(id);
    else last.add(id);
  }
  return [...last];
}
