/** What the graph needs to know of a task. */
export interface GraphTask {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** A graph by places in its topological order. */
interface Sorted {
  ranks: ReadonlyMap<string, number>;
  upstream: readonly (readonly number[])[];
  /** The last search that came by. */
  seen: Int32Array;
}

/** The dependencies of a DAG's tasks. Ids are unique and every upstream id is one of them; cycles are allowed and found. */
export class TaskGraph {
  readonly #upstream = new Map<string, readonly string[]>();
  readonly #downstream = new Map<string, string[]>();
  #sorted: Sorted | undefined;
  #searches = 0;

  constructor(tasks: readonly GraphTask[]) {
    for (const { id, dependsOn } of tasks) {
      this.#upstream.set(id, dependsOn);
      this.#downstream.set(id, []);
    }
    for (const { id, dependsOn } of tasks) {
      for (const upstream of dependsOn) this.#downstream.get(upstream)?.push(id);
    }
  }

  /** Direct upstream tasks, as `dependsOn` lists them. */
  upstream(id: string): readonly string[] {
    return this.#upstream.get(id) ?? [];
  }

  /** Direct downstream tasks, in document order. */
  downstream(id: string): readonly string[] {
    return this.#downstream.get(id) ?? [];
  }

  /**
   * Whether a task is upstream of another one, near or far. Looks at the tasks that are sorted between the two alone; where
   * there is a cycle, nothing is sorted behind it, and everything counts as upstream.
   */
  isUpstream(id: string, of: string): boolean {
    this.#sorted ??= this.#sort();
    const { ranks, upstream, seen } = this.#sorted;
    const from = ranks.get(of);
    if (from === undefined) return true;
    const wanted = ranks.get(id);
    if (wanted === undefined) return false;
    const search = ++this.#searches;
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const each of upstream[at] ?? []) {
        if (each === wanted) return true;
        if (each < wanted || seen[each] === search) continue;
        seen[each] = search;
        open.push(each);
      }
    }
    return false;
  }

  #sort(): Sorted {
    const order = this.topologicalOrder();
    const ranks = new Map(order.map((task, rank) => [task, rank]));
    const upstream = order.map((task) => this.upstream(task).map((each) => ranks.get(each) ?? 0));
    return { ranks, upstream, seen: new Int32Array(order.length) };
  }

  ancestors(id: string): Set<string> {
    return reach(id, (task) => this.upstream(task));
  }

  descendants(id: string): Set<string> {
    return reach(id, (task) => this.downstream(task));
  }

  /** Tasks without downstream: they decide the run's state. */
  leaves(): string[] {
    return [...this.#downstream].filter(([, downstream]) => downstream.length === 0).map(([id]) => id);
  }

  /** All tasks, upstream before downstream, otherwise in document order. Those on or behind a cycle are missing. */
  topologicalOrder(): string[] {
    const open = new Map([...this.#upstream].map(([id, upstream]) => [id, upstream.length]));
    const order = [...open].filter(([, count]) => count === 0).map(([id]) => id);
    for (const id of order) {
      for (const downstream of this.downstream(id)) {
        const count = (open.get(downstream) ?? 0) - 1;
        open.set(downstream, count);
        if (count === 0) order.push(downstream);
      }
    }
    return order;
  }

  /** One cycle, each task downstream of the one before it, the first repeated at the end; undefined when there is none. */
  findCycle(): string[] | undefined {
    const sorted = new Set(this.topologicalOrder());
    const start = [...this.#upstream.keys()].find((id) => !sorted.has(id));
    if (start === undefined) return undefined;
    const path = new Set<string>();
    let current = start;
    while (!path.has(current)) {
      path.add(current);
      current = this.upstream(current).find((id) => !sorted.has(id)) ?? start;
    }
    const names = [...path];
    return [...names.slice(names.indexOf(current)), current].reverse();
  }
}

function reach(from: string, next: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...next(from)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    for (const each of next(id)) open.push(each);
  }
  return found;
}
