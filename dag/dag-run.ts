import type { DagRunOptions, Decision, MarkedState, Outcome, RestoredInstance } from './decision.js';
import type { DagDocument } from './document.js';
import type { Scope } from './expression.js';
import { unitsBefore } from './run/causality.js';
import { Machine } from './run/machine.js';
import { topologicalOrder } from './run/run-graph.js';
import { instancesOf, type TaskInstance, type TaskNode, type Unit, watch } from './run/units.js';
import { isFinal } from './states.js';

export type {
  DagRunOptions,
  Decision,
  FinishedDecision,
  MarkedState,
  Outcome,
  RestoredInstance,
  ReusedResult,
  RunInfo,
  StartDecision,
  WaitDecision,
} from './decision.js';
export type { TaskInstance } from './run/units.js';

/**
 * The state machine of one DAG run. It says what to start, is told how instances ended, and settles everything else
 * itself: skips, upstream failures, conditions, expansions, failing templates, control operators. It has no clock and
 * no I/O, so the same calls give the same decisions. The document must be one that `parseDag` accepted.
 *
 * The final states depend on the outcomes alone, not on the order in which instances end, unless a condition or
 * template reads the state of a task that may still be running (possible below `one_*` and `always`).
 */
export class DagRun {
  readonly #machine: Machine;

  constructor(document: DagDocument, options: DagRunOptions) {
    this.#machine = new Machine(document, options);
    if (options.restored !== undefined) this.#restore(options.restored);
    this.#machine.begin();
  }

  /** What to do now, in the order in which it became possible. Each decision is given once; `finished` is the last. */
  next(): Decision[] {
    return this.#machine.takeDecisions();
  }

  /**
   * Takes in how a started instance ended.
   * @throws Error when the instance is unknown, was never started or has ended before
   */
  settle(key: string, { state, output = null, stats, reason, stopped }: Outcome): void {
    const { unit, instance } = this.#active(key);
    this.#machine.release(unit);
    this.#machine.end(unit, instance, {
      state,
      output: state === 'success' ? output : undefined,
      stats,
      reason,
      stopped,
    });
    this.#machine.advance();
  }

  /**
   * Notes for the view what a started instance is doing.
   * @throws Error when the instance is unknown, was never started or has ended
   */
  mark(key: string, state: MarkedState): void {
    this.#machine.ledger.set(this.#active(key).instance, state);
  }

  /** Whether there is more to decide than expressions may cost at one time: then call {@link resume} a moment later. */
  get isPaused(): boolean {
    return this.#machine.isPaused;
  }

  /** Decides what was left when it paused. */
  resume(): void {
    this.#machine.advance();
  }

  /** What expressions about the run as a whole see now. */
  get scope(): Scope {
    return this.#machine.ledger.scope.ofRun;
  }

  /** Every instance in document order; a mapped task is one entry until it has been expanded. */
  instances(): readonly Readonly<TaskInstance>[] {
    return this.#machine.ledger.graph.nodes.flatMap(instancesOf);
  }

  /**
   * The instances that changed since this was last asked, each once; at first all of them. One that gave way to the
   * instances of an expansion comes with state `removed`.
   */
  takeChanges(): readonly Readonly<TaskInstance>[] {
    return this.#machine.ledger.takeChanges();
  }

  /**
   * For a run that is cancelled or out of time: what has not started and is no teardown ends as skipped, with this
   * reason; decisions about it that `next` has not given yet are dropped. Teardowns still start when their rules say so
   * and nothing that they come after runs any more, but for those of mapped groups that were not expanded. What runs is
   * settled as usual.
   */
  stop(reason: string): void {
    const { graph } = this.#machine.ledger;
    this.#machine.withdraw((task) => task.teardown === undefined);
    for (const group of graph.mappedGroups) {
      if (!group.resolved) this.#machine.endGroup(group, { state: 'skipped', reason, stopped: true });
    }
    const teardowns = graph.nodes.filter(({ spec }) => spec.teardown !== undefined);
    for (const { spec, units } of graph.nodes) {
      if (spec.teardown !== undefined) continue;
      for (const unit of units) this.#machine.endRest(unit, { state: 'skipped', reason, stopped: true });
    }
    for (const unit of teardowns.flatMap(({ units }) => units)) {
      for (const each of unitsBefore(unit)) if (each.unfinished > 0) watch(unit, each);
    }
    this.#machine.advance();
  }

  /** Takes over what had ended, upstream first, so that everything that followed from it follows again. */
  #restore(restored: Readonly<Record<string, RestoredInstance>>): void {
    const expanded = new Set(
      Object.keys(restored).flatMap((key) => (key.endsWith(']') ? [key.slice(0, key.lastIndexOf('['))] : [])),
    );
    for (const node of topologicalOrder(this.#machine.ledger.graph)) {
      if (expanded.has(node.spec.id)) this.#expandAgain(node);
      for (const unit of node.units) this.#restoreUnit(unit, restored);
    }
  }

  #expandAgain(node: TaskNode): void {
    if (node.expanded) return;
    if (node.group === undefined) this.#machine.expand(node);
    else if (!node.group.resolved) this.#machine.resolve(node.group);
  }

  #restoreUnit(unit: Unit, restored: Readonly<Record<string, RestoredInstance>>): void {
    for (const instance of unit.instances) {
      const end = restored[instance.key];
      if (end === undefined || isFinal(instance.state)) continue;
      if (end.byHand) instance.byHand = true;
      if (end.reused) instance.reused = true;
      else this.#machine.recall(unit, end.state);
      this.#machine.end(unit, instance, end);
    }
  }

  #active(key: string): { unit: Unit; instance: TaskInstance } {
    const found = this.#machine.ledger.get(key);
    if (found === undefined) throw new Error(`the run has no task instance '${key}'`);
    const { state } = found.instance;
    if (isFinal(state) || state === 'none' || state === 'scheduled') {
      throw new Error(`task instance '${key}' is not active: its state is ${state}`);
    }
    return found;
  }
}
