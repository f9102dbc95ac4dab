import type { DagRunOptions, Decision } from '../decision.js';
import type { DagDocument, TaskSpec } from '../document.js';
import { expandItems, mappedBatchSize } from '../expansion.js';
import type { JsonObject } from '../json.js';
import { type FinalState, isFinal } from '../states.js';
import { endWithoutSource, expandAtStart, expandGroup, expandTask } from './expand.js';
import { checkChoice, launch } from './launch.js';
import { type End, Ledger } from './ledger.js';
import { openGate } from './propagate.js';
import { prospectsOf } from './prospects.js';
import { createRunGraph, tasksNamed } from './run-graph.js';
import { RunScope } from './run-scope.js';
import { leave, mayStart } from './slots.js';
import {
  type MappedGroup,
  type Slot,
  sameGroup,
  type TaskInstance,
  type TaskNode,
  type Unit,
} from './units.js';

/** Draws the conclusions from what has ended: evaluates, expands, starts, skips, until nothing more follows. */
export class Machine {
  readonly ledger: Ledger;
  readonly #options: DagRunOptions;
  /** Units whose prospects may have changed. */
  readonly #toEvaluate = new Set<Unit>();
  /** Groups that may be expanded. */
  readonly #toResolve = new Set<MappedGroup>();
  readonly #toStart = new Set<Unit>();
  /** Slots that may have nothing to do at the moment. */
  readonly #idle = new Set<Slot>();
  #decisions: Decision[] = [];
  #finished = false;

  constructor(document: DagDocument, options: DagRunOptions) {
    this.#options = options;
    const graph = createRunGraph(document);
    const scope = new RunScope(document, options);
    expandAtStart(graph, scope);
    this.ledger = new Ledger(graph, scope);
  }

  /** Looks at everything once. */
  begin(): void {
    const { mappedGroups, nodes } = this.ledger.graph;
    for (const group of mappedGroups) this.#toResolve.add(group);
    for (const node of nodes) this.#consider(node);
    this.advance();
  }

  /** Carries on until nothing more follows from what has ended so far, or {@link isPaused}. */
  advance(): void {
    while (this.#hasWork && !this.isPaused) {
      this.#drain(this.#toResolve, (group) => {
        if (!group.resolved && group.openSources === 0) this.resolve(group);
      });
      this.#drain(this.#toEvaluate, (unit) => this.#evaluate(unit));
      this.#drain(this.#idle, (slot) => {
        for (const unit of leave(slot)) this.#toStart.add(unit);
      });
      this.#drain(this.#toStart, (unit) => this.#start(unit));
    }
    if (this.#hasWork) return;
    if (this.#finished || !this.ledger.complete) return;
    this.#finished = true;
    this.#decisions.push({ kind: 'finished', ...this.ledger.runState() });
  }

  /** Whether it stopped before its time because expressions have cost what they may at one time. */
  get isPaused(): boolean {
    return this.#hasWork && (this.#options.allowance?.isSpent ?? false);
  }

  get #hasWork(): boolean {
    return this.#toResolve.size + this.#toEvaluate.size + this.#idle.size + this.#toStart.size > 0;
  }

  /** Works through a set, also what is added meanwhile. */
  #drain<T>(from: Set<T>, work: (each: T) => void): void {
    for (const each of from) {
      if (this.#options.allowance?.isSpent) return;
      from.delete(each);
      work(each);
    }
  }

  /** Gives the decisions since the last time. */
  takeDecisions(): Decision[] {
    return this.#decisions.splice(0);
  }

  /** Takes back the decisions about some tasks: their instances have not started. */
  withdraw(concerns: (task: TaskSpec) => boolean): void {
    const kept: Decision[] = [];
    for (const decision of this.#decisions) {
      const entry = decision.kind === 'finished' ? undefined : this.ledger.get(decision.instance.key);
      if (entry === undefined || !concerns(entry.unit.node.spec)) {
        kept.push(decision);
        continue;
      }
      entry.unit.active--;
      this.ledger.set(entry.instance, 'scheduled');
    }
    this.#decisions = kept;
  }

  /** Ends an instance and notes what follows. */
  end(unit: Unit, instance: TaskInstance, end: End): void {
    for (const touched of this.ledger.end(unit, instance, end)) this.#toEvaluate.add(touched);
    const { node, slot } = unit;
    if (unit.open && slot !== undefined) {
      unit.open = false;
      slot.open--;
      if (slot.open === 0) this.#idle.add(slot);
    }
    if (node.gated.length > 0 && unit.unfinished === 0) {
      for (const touched of openGate(unit, this.#chosen(node, end))) this.#toEvaluate.add(touched);
    }
    if (node.unfinished > 0) return;
    for (const group of node.feeds) {
      group.openSources--;
      this.#toResolve.add(group);
    }
  }

  /** Ends what of a unit has not started. */
  endRest(unit: Unit, end: End): void {
    for (const instance of unit.instances) {
      if (instance.state === 'none' || instance.state === 'scheduled') this.end(unit, instance, end);
    }
  }

  /** Notes how it came to the state that an instance of the unit had before the run continued. */
  recall(unit: Unit, state: FinalState): void {
    const { verdict, awaited } = prospectsOf(unit);
    unit.awaited = awaited;
    unit.ran = verdict === 'run' && (state !== 'skipped' || this.#conditionHolds(unit));
  }

  /** A started instance is no longer active. */
  release(unit: Unit): void {
    unit.active--;
    if (unit.waiting.length > 0) this.#toStart.add(unit);
  }

  /** The tasks that a gate lets pass; undefined for all. */
  #chosen({ control }: TaskNode, { state, output = null }: End): TaskNode[] | undefined {
    const passes = state === 'success' ? control?.gate?.passes(output) : 'all';
    if (passes === undefined || passes === 'all') return undefined;
    return passes.flatMap((id) => tasksNamed(this.ledger.graph, id) ?? []);
  }

  #evaluate(unit: Unit): void {
    // A task of a mapped group has its units once the group has been expanded.
    if (unit.decided || (unit.node.group !== undefined && unit.slot === undefined)) return;
    const { verdict, reason, awaited } = prospectsOf(unit);
    if (verdict === 'wait') return;
    unit.decided = true;
    unit.awaited = awaited;
    if (verdict !== 'run') {
      this.endRest(unit, { state: verdict === 'skip' ? 'skipped' : verdict, reason });
      return;
    }
    try {
      this.#prepare(unit);
    } catch (error) {
      this.endRest(unit, { state: 'failed', reason: messageOf(error) });
    }
  }

  /** The trigger rule holds: looks at the condition, expands, and queues the instances. */
  #prepare(unit: Unit): void {
    if (!this.#conditionHolds(unit)) {
      const reason = `its condition is false: ${unit.node.when?.source}`;
      this.endRest(unit, { state: 'skipped', reason });
      return;
    }
    if (unit.node.expand !== undefined && !unit.node.expanded) {
      const end = this.expand(unit.node);
      if (end !== undefined) this.endRest(unit, end);
    }
    for (const instance of unit.instances) {
      if (isFinal(instance.state)) continue;
      this.ledger.set(instance, 'scheduled');
      unit.waiting.push(instance);
    }
    if (unit.waiting.length === 0) return;
    unit.waiting.reverse();
    this.ledger.scope.running(unit);
    if (unit.slot !== undefined) {
      unit.open = true;
      unit.slot.open++;
    }
    this.#toStart.add(unit);
  }

  #conditionHolds(unit: Unit): boolean {
    const { when } = unit.node;
    if (when === undefined) return true;
    const value = when.evaluate(this.ledger.scope.ofUnit(unit));
    if (typeof value === 'boolean') return value;
    throw new Error(`when must be true or false, \`${when.source}\` gave ${JSON.stringify(value)}`);
  }

  /** Expands a mapped task when it may run. @returns how it ends instead, if it does */
  expand(node: TaskNode): End | undefined {
    if (node.expand === undefined) return undefined;
    const end = this.#endWithoutSources(node.sources);
    if (end !== undefined) return end;
    const items = expandItems(node.expand, this.ledger.scope.ofRun);
    if (items.length === 0) return { state: 'skipped', reason: 'its expand is an empty list' };
    this.ledger.replace(expandTask(node, items), [node]);
    for (const unit of node.units) this.#reuse(unit);
    return undefined;
  }

  /** Expands a mapped group once the tasks that it is mapped over have ended, or ends its tasks without that. */
  resolve(group: MappedGroup): void {
    group.resolved = true;
    let end = this.#endWithoutSources(group.sources);
    try {
      const items = end === undefined ? expandItems(group.expand, this.ledger.scope.ofRun) : [];
      if (items.length > 0) {
        this.#expandGroup(group, items);
        return;
      }
      end ??= { state: 'skipped', reason: `the expand of its group '${group.id}' is an empty list` };
    } catch (error) {
      end = { state: 'failed', reason: messageOf(error) };
    }
    this.endGroup(group, end);
  }

  /** Ends the tasks of a group that is not expanded. When its expansion failed, its first tasks have failed. */
  endGroup(group: MappedGroup, end: End): void {
    group.resolved = true;
    for (const node of group.nodes) {
      const blocked = end.state === 'failed' && node.upstream.some((upstream) => sameGroup(node, upstream));
      for (const unit of node.units) this.endRest(unit, blocked ? { ...end, state: 'upstreamFailed' } : end);
    }
  }

  #expandGroup(group: MappedGroup, items: readonly JsonObject[]): void {
    this.ledger.replace(expandGroup(group, items, this.ledger.scope), group.nodes);
    for (const node of group.nodes) {
      this.#consider(node);
    }
  }

  #start(unit: Unit): void {
    const { node, slot } = unit;
    if (slot !== undefined && !mayStart(slot, unit)) return;
    const limited = slot === undefined && unit.instances.length <= mappedBatchSize;
    const limit = (limited ? node.spec.maxActiveMapped : undefined) ?? Number.POSITIVE_INFINITY;
    while (unit.active < limit) {
      if (this.#options.allowance?.isSpent) {
        this.#toStart.add(unit);
        return;
      }
      const instance = unit.waiting.pop();
      if (instance === undefined) return;
      if (isFinal(instance.state)) continue;
      try {
        this.#launch(unit, instance);
      } catch (error) {
        this.end(unit, instance, { state: 'failed', reason: messageOf(error) });
      }
    }
  }

  #launch(unit: Unit, instance: TaskInstance): void {
    unit.ran = true;
    const result = launch(unit.node, instance, this.ledger.scope.ofInstance(unit, instance), this.#options);
    const end = 'kind' in result ? (result.kind === 'wait' ? result.end : undefined) : result;
    if (end?.state === 'success') checkChoice(unit.node, end.output ?? null, this.ledger.graph);
    if ('kind' in result) {
      this.#decisions.push(result);
      this.ledger.set(instance, 'queued');
      unit.active++;
      return;
    }
    this.end(unit, instance, result);
  }

  #consider(node: TaskNode): void {
    for (const unit of node.units) {
      this.#reuse(unit);
      this.#toEvaluate.add(unit);
    }
  }

  #reuse(unit: Unit): void {
    const { reused = {} } = this.#options;
    // What a mapped group comes to is known when it has been expanded.
    if (unit.node.group !== undefined && unit.slot === undefined) return;
    for (const instance of unit.instances) {
      const result = reused[instance.key] ?? reused[instance.taskId];
      if (result === undefined || isFinal(instance.state)) continue;
      const { state, output = null, stats, reason = 'result of an earlier run', stopped } = result;
      instance.reused = true;
      this.end(unit, instance, {
        state,
        output: state === 'success' ? output : undefined,
        stats,
        reason,
        stopped,
      });
    }
  }

  #endWithoutSources(sources: readonly string[]): End | undefined {
    for (const id of sources) {
      const source = this.ledger.graph.byId.get(id);
      const end = source && endWithoutSource(source);
      if (end !== undefined) return end;
    }
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
