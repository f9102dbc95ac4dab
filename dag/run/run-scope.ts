import { toCel } from '../cel-values.js';
import type { DagRunOptions } from '../decision.js';
import type { DagDocument } from '../document.js';
import { createScope, type Scope } from '../expression.js';
import type { TaskInstance, TaskNode, Unit } from './units.js';
import { finalStateOf, instancesOf } from './units.js';

/** What the run's expressions see. */
export class RunScope {
  readonly #base: Scope;
  /** The `tasks` variable, kept up to date. */
  readonly #tasks = new Map<string, unknown>();

  constructor(document: DagDocument, { params, config, run, allowance, typedParams = false }: DagRunOptions) {
    const { dagId, description = null, owner = null, tags } = document;
    for (const { id } of document.tasks) this.#tasks.set(id, { state: 'none' });
    this.#base = {
      ...createScope(
        { params, config, run, dag: { id: dagId, description, owner, tags } },
        typedParams ? document.params : {},
      ),
      tasks: this.#tasks,
      ...(allowance !== undefined && { allowance }),
    };
  }

  /** The `tasks` variable of a slot of a mapped group: other tasks of the group give the values of that slot. */
  slotValues(nodes: readonly TaskNode[]): Map<string, unknown> {
    return layered(
      this.#tasks,
      nodes.map(({ spec }) => [spec.id, { state: 'none' }]),
    );
  }

  get ofRun(): Scope {
    return this.#base;
  }

  ofUnit({ slot }: Unit): Scope {
    if (slot === undefined) return this.#base;
    return { ...this.#base, tasks: slot.values, item: toCel(slot.item), index: toCel(slot.index) };
  }

  ofInstance(unit: Unit, { mapIndex, item }: TaskInstance): Scope {
    if (unit.slot !== undefined || mapIndex === undefined) return this.ofUnit(unit);
    return { ...this.#base, item: toCel(item ?? {}), index: toCel(mapIndex) };
  }

  /** Notes that a unit's rule held. */
  running({ node, slot }: Unit): void {
    (slot?.values ?? this.#tasks).set(node.spec.id, { state: 'running' });
  }

  /** Notes how a unit ended. */
  unitEnded(unit: Unit): void {
    unit.slot?.values.set(unit.node.spec.id, taskValue(unit, unit.instances, false));
  }

  /** Notes how all of a task ended. */
  taskEnded(node: TaskNode): void {
    const mapped = node.expand !== undefined || node.group !== undefined;
    this.#tasks.set(node.spec.id, taskValue(node, instancesOf(node), mapped));
  }
}

/** What expressions see of what has ended. Of a mapped task, output and stats are lists of those that succeeded. */
function taskValue(
  owner: Parameters<typeof finalStateOf>[0],
  instances: readonly TaskInstance[],
  mapped: boolean,
): unknown {
  const state = finalStateOf(owner) ?? 'none';
  if (mapped) {
    const done = instances.filter((instance) => instance.state === 'success');
    return {
      state,
      output: done.map(({ output = null }) => toCel(output)),
      stats: done.map(({ stats = null }) => toCel(stats)),
    };
  }
  const [only] = instances;
  return {
    state,
    ...(only?.output !== undefined && { output: toCel(only.output) }),
    ...(only?.stats !== undefined && { stats: toCel(only.stats) }),
  };
}

/** Values of one slot over those of the run. CEL knows maps by their constructor: it refuses a subclass of Map. */
function layered(
  run: ReadonlyMap<string, unknown>,
  own: Iterable<readonly [string, unknown]>,
): Map<string, unknown> {
  const slot = new Map(own);
  return Object.assign(new Map<string, unknown>(), {
    get: (id: string) => (slot.has(id) ? slot.get(id) : run.get(id)),
    has: (id: string) => slot.has(id) || run.has(id),
    set: (id: string, value: unknown) => slot.set(id, value),
  });
}
