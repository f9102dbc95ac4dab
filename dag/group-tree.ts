type Groups = Readonly<Record<string, { readonly group?: string | undefined }>>;

/**
 * The groups of a document, each in the one around it. Groups that go round in a circle are cut open somewhere: they are
 * reported elsewhere, and everything else can still be looked at.
 */
export class GroupTree {
  readonly #groups: Groups;
  /** Outer groups before inner ones, each with all that is in it right behind it. */
  readonly #order: string[] = [];
  /** Where a group is in the order, and where what is in it ends. */
  readonly #spans = new Map<string, { start: number; end: number; depth: number }>();

  constructor(groups: Groups) {
    this.#groups = groups;
    const inner = new Map<string, string[]>(Object.keys(groups).map((id) => [id, []]));
    const outermost: string[] = [];
    for (const id of inner.keys()) (inner.get(groups[id]?.group ?? '') ?? outermost).push(id);
    for (const root of [...outermost, ...inner.keys()]) this.#visit(root, inner);
  }

  /** Whether a group is this other one, or anywhere in it. */
  isInside(group: string | undefined, other: string): boolean {
    const own = group === undefined ? undefined : this.#spans.get(group);
    const around = this.#spans.get(other);
    return own !== undefined && around !== undefined && around.start <= own.start && own.start < around.end;
  }

  /** How many groups both are in, themselves included. */
  common(one: string | undefined, other: string | undefined): number {
    let [a, b] = [one, other].map((each) => (each !== undefined && this.#spans.has(each) ? each : undefined));
    while (a !== b) {
      if (this.#depth(a) >= this.#depth(b)) a = this.#around(a);
      else b = this.#around(b);
    }
    return this.#depth(a);
  }

  /** The group and all in it. */
  within(group: string): readonly string[] {
    const span = this.#spans.get(group);
    return span === undefined ? [] : this.#order.slice(span.start, span.end);
  }

  /** A value of every group, made from that of the group around it. */
  inherit<T>(outermost: T, make: (id: string, around: T) => T): Map<string, T> {
    const values = new Map<string, T>();
    for (const id of this.#order) values.set(id, make(id, values.get(this.#around(id) ?? '') ?? outermost));
    return values;
  }

  #depth(group: string | undefined): number {
    return group === undefined ? 0 : (this.#spans.get(group)?.depth ?? 0);
  }

  #around(group: string | undefined): string | undefined {
    const depth = this.#depth(group);
    return depth <= 1 || group === undefined ? undefined : this.#groups[group]?.group;
  }

  #visit(root: string, inner: ReadonlyMap<string, readonly string[]>): void {
    const open: { id: string; next: number }[] = [];
    const enter = (id: string): void => {
      if (this.#spans.has(id)) return;
      const start = this.#order.push(id) - 1;
      this.#spans.set(id, { start, end: start + 1, depth: open.length + 1 });
      open.push({ id, next: 0 });
    };
    enter(root);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const child = inner.get(top.id)?.[top.next++];
      if (child !== undefined) {
        enter(child);
        continue;
      }
      open.pop();
      const span = this.#spans.get(top.id);
      if (span !== undefined) span.end = this.#order.length;
    }
  }
}
