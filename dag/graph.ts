/** What the graph needs to know of a task. */
export interface GraphTask {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** The dependencies of a DAG's tasks. Ids are unique and every upstream id is one of them; cycles are allowed and found. */
export class TaskGraph {
  readonly #upstream = new Map<string, readonly string[]>();
  readonly #downstream = new Map<string, string[]>();

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
    const path: string[] = [];
    let current = start;
    while (!path.includes(current)) {
      path.push(current);
      current = this.upstream(current).find((id) => !sorted.has(id)) ?? start;
    }
    return [...path.slice(path.indexOf(current)), current].reverse();
  }
}

function reach(from: string, next: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...next(from)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...next(id));
  }
  return found;
}
