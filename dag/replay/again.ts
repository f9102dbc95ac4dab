import type { DagDocument } from '../document.js';
import { TaskGraph } from '../graph.js';
import { enclosingGroups } from '../lower-groups.js';

/** Instances of tasks by the task's id: all that there are or will be, or those of some indexes. */
export type Chosen = Map<string, 'all' | Set<number>>;

/** `train[3]` is instance 3 of task `train`; what has no index is not mapped, or was not expanded. */
export function partsOf(key: string): { taskId: string; index?: number } {
  const [, taskId, index] = /^(.*)\[(\d+)\]$/.exec(key) ?? [];
  return taskId === undefined ? { taskId: key } : { taskId, index: Number(index) };
}

export function choose(chosen: Chosen, key: string): void {
  const { taskId, index } = partsOf(key);
  add(chosen, taskId, index === undefined ? 'all' : new Set([index]));
}

export function isChosen(chosen: Chosen, key: string): boolean {
  const { taskId, index } = partsOf(key);
  const part = chosen.get(taskId);
  return part === 'all' || (part !== undefined && index !== undefined && part.has(index));
}

/** Which tasks run again with others, by the edges of a DAG; within a mapped group those of the same index only. */
export class Followers {
  private readonly graph: TaskGraph;
  private readonly order: readonly string[];
  private readonly mappedGroup: ReadonlyMap<string, string | undefined>;

  constructor(private readonly dag: Pick<DagDocument, 'tasks' | 'groups'>) {
    this.graph = new TaskGraph(dag.tasks);
    this.order = this.graph.topologicalOrder();
    this.mappedGroup = new Map(
      dag.tasks.map(({ id, group }) => [
        id,
        enclosingGroups(group, dag.groups).find((around) => dag.groups[around]?.expand !== undefined),
      ]),
    );
  }

  /** These and all that is downstream of them. */
  withDownstream(chosen: Chosen): Chosen {
    const all = new Map(chosen);
    for (const id of this.order)
      for (const upstream of this.graph.upstream(id)) this.carry(all, upstream, id);
    return all;
  }

  /** These and all that is upstream of them. */
  withUpstream(chosen: Chosen): Chosen {
    const all = new Map(chosen);
    for (const id of [...this.order].reverse())
      for (const downstream of this.graph.downstream(id)) this.carry(all, downstream, id);
    return all;
  }

  /** These and, as Airflow has it, the setups that they need, with the teardowns of these: what was set up is gone by now. */
  withSetups(chosen: Chosen): Chosen {
    const all = new Map(chosen);
    for (const { id: setup } of this.dag.tasks.filter(({ setup }) => setup)) {
      const teardowns = this.dag.tasks.filter(({ teardown }) => teardown?.setups.includes(setup));
      for (const task of this.scopeOf(
        setup,
        teardowns.map(({ id }) => id),
      )) {
        if (!chosen.has(task)) continue;
        for (const id of [setup, ...teardowns.map(({ id }) => id)]) this.carry(all, task, id);
      }
    }
    return all;
  }

  /** The tasks that work with what a setup prepares: those between it and its teardowns or, without any, all below it. */
  private scopeOf(setup: string, teardowns: readonly string[]): string[] {
    const isTeardown = new Set(this.dag.tasks.flatMap(({ id, teardown }) => (teardown ? [id] : [])));
    const before = new Set(teardowns.flatMap((id) => [...this.graph.ancestors(id)]));
    return [...this.graph.descendants(setup)].filter(
      (id) => !isTeardown.has(id) && (teardowns.length === 0 || before.has(id)),
    );
  }

  private carry(all: Chosen, from: string, to: string): void {
    const part = all.get(from);
    if (part === undefined) return;
    const group = this.mappedGroup.get(from);
    add(all, to, group !== undefined && group === this.mappedGroup.get(to) ? part : 'all');
  }
}

function add(chosen: Chosen, id: string, part: 'all' | ReadonlySet<number>): void {
  const before = chosen.get(id);
  if (part === 'all' || before === 'all') chosen.set(id, 'all');
  else chosen.set(id, new Set([...(before ?? []), ...part]));
}
