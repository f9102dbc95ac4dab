import type { Json } from '../json.js';
import type { FinalState, TaskState } from '../states.js';
import { countEnd } from './propagate.js';
import type { RunGraph } from './run-graph.js';
import type { RunScope } from './run-scope.js';
import { finalStateOf, type TaskInstance, type TaskNode, type Unit } from './units.js';

/** How an instance ends. */
export interface End {
  state: FinalState;
  reason?: string | undefined;
  output?: Json | undefined;
  stats?: Json | undefined;
  /** It didn't come to run because the run was stopped. */
  stopped?: true | undefined;
}

/** The instances of a run: which there are, which changed, and how many have not ended. */
export class Ledger {
  readonly #byKey = new Map<string, { unit: Unit; instance: TaskInstance }>();
  #changed = new Set<TaskInstance>();
  #unfinishedTasks: number;

  constructor(
    readonly graph: RunGraph,
    readonly scope: RunScope,
  ) {
    this.#unfinishedTasks = graph.nodes.length;
    for (const node of graph.nodes) this.#add(node);
  }

  /** Whether all tasks have ended. */
  get complete(): boolean {
    return this.#unfinishedTasks === 0;
  }

  get(key: string): { unit: Unit; instance: TaskInstance } | undefined {
    return this.#byKey.get(key);
  }

  takeChanges(): TaskInstance[] {
    const changes = [...this.#changed];
    this.#changed = new Set();
    return changes;
  }

  set(instance: TaskInstance, state: TaskState): void {
    instance.state = state;
    this.#changed.add(instance);
  }

  /** Takes in an expansion: what was there before is removed. */
  replace(before: readonly TaskInstance[], nodes: readonly TaskNode[]): void {
    for (const instance of before) {
      this.#byKey.delete(instance.key);
      this.set(instance, 'removed');
    }
    for (const node of nodes) this.#add(node);
  }

  /** Takes in the end of an instance. @returns the units whose prospects it may have changed */
  end(unit: Unit, instance: TaskInstance, { state, reason, output, stats, stopped }: End): Unit[] {
    const { node } = unit;
    Object.assign(instance, { reason, output, stats });
    if (stopped) instance.stopped = true;
    this.set(instance, state);
    for (const owner of [unit, node]) {
      owner.ended[state]++;
      owner.unfinished--;
    }
    if (unit.unfinished === 0) {
      unit.decided = true;
      this.scope.unitEnded(unit);
    }
    if (node.unfinished === 0) {
      this.scope.taskEnded(node);
      this.#unfinishedTasks--;
    }
    const touched = countEnd(unit, state);
    if (unit.unfinished > 0) return touched;
    for (const watcher of unit.watchers) {
      watcher.waitsFor.delete(unit);
      if (watcher.waitsFor.size === 0) touched.push(watcher);
    }
    return touched;
  }

  /** The leaves decide: one that failed or couldn't run fails the run, a skipped one doesn't. */
  runState(): { state: 'success' | 'failed'; reason: string } {
    const bad = this.graph.leaves
      .map((node) => ({ id: node.spec.id, state: finalStateOf(node) }))
      .filter(({ state }) => state === 'failed' || state === 'upstreamFailed');
    if (bad.length === 0) return { state: 'success', reason: 'no final task failed' };
    const list = bad.map(({ id, state }) => `${id} (${state})`).join(', ');
    return {
      state: 'failed',
      reason: `final ${bad.length === 1 ? 'task' : 'tasks'} without success: ${list}`,
    };
  }

  #add(node: TaskNode): void {
    for (const unit of node.units) {
      for (const instance of unit.instances) {
        this.#byKey.set(instance.key, { unit, instance });
        this.#changed.add(instance);
      }
    }
  }
}
