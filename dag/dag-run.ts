import { toCel } from './cel-values.js';
import type {
  DagRunOptions,
  Decision,
  FinishedDecision,
  MarkedState,
  Outcome,
  ReusedResult,
  StartDecision,
} from './decision.js';
import type { DagDocument } from './document.js';
import { expandItems, mappedBatchSize } from './expansion.js';
import { createScope, type Scope } from './expression.js';
import type { Json, JsonObject } from './json.js';
import { type FinalState, isFinal } from './states.js';
import {
  aggregateState,
  createInstance,
  createTaskNodes,
  type TaskInstance,
  type TaskNode,
  taskValue,
} from './task-node.js';
import { checkThresholds } from './thresholds.js';
import { evaluateTriggerRule } from './trigger-rules.js';

export type {
  DagRunOptions,
  Decision,
  FinishedDecision,
  MarkedState,
  Outcome,
  ReusedResult,
  RunInfo,
  StartDecision,
  WaitDecision,
} from './decision.js';
export type { TaskInstance } from './task-node.js';

/**
 * The state machine of one DAG run. It says what to start, is told how instances ended, and settles everything else
 * itself: skips, upstream failures, conditions, expansions, failing templates. It has no clock and no I/O, so the same
 * calls give the same decisions. The document must be one that `parseDag` accepted.
 *
 * The final states depend on the outcomes alone, not on the order in which instances end, unless a condition or
 * template reads the state of a task that may still be running (possible below `one_*` and `always`).
 */
export class DagRun {
  readonly #nodes: readonly TaskNode[];
  readonly #nodeById: ReadonlyMap<string, TaskNode>;
  readonly #instances = new Map<string, TaskInstance>();
  readonly #reused: ReadonlyMap<string, ReusedResult>;
  readonly #scope: Scope;
  /** The `tasks` variable, kept up to date. */
  readonly #taskValues = new Map<string, unknown>();
  /** Tasks whose trigger rule may have come to a verdict. */
  readonly #toEvaluate = new Set<TaskNode>();
  readonly #toStart = new Set<TaskNode>();
  readonly #changed = new Set<TaskInstance>();
  #unfinishedTasks: number;
  #decisions: Decision[] = [];

  constructor(document: DagDocument, options: DagRunOptions) {
    this.#nodes = createTaskNodes(document);
    this.#nodeById = new Map(this.#nodes.map((node) => [node.spec.id, node]));
    this.#unfinishedTasks = this.#nodes.length;
    this.#reused = new Map(Object.entries(options.reused ?? {}));
    const { params, config, run } = options;
    const { dagId, description = null, owner = null, tags } = document;
    this.#scope = {
      ...createScope({ params, config, run, dag: { id: dagId, description, owner, tags } }),
      tasks: this.#taskValues,
    };
    for (const node of this.#nodes) {
      this.#taskValues.set(node.spec.id, { state: 'none' });
      this.#register(node.instances);
    }
    for (const node of this.#nodes) {
      if (node.expand !== undefined && node.expandSources.length === 0) this.#expandAtStart(node);
      this.#reuse(node);
      this.#toEvaluate.add(node);
    }
    this.#advance();
  }

  /** What to do now. Each decision is given once, starts in document order; `finished` is the last. */
  next(): Decision[] {
    const decisions = this.#decisions;
    this.#decisions = [];
    return decisions.sort((a, b) => this.#order(a) - this.#order(b) || mapIndexOf(a) - mapIndexOf(b));
  }

  /**
   * Takes in how a started instance ended.
   * @throws Error when the instance is unknown, was never started or has ended before
   */
  settle(key: string, outcome: Outcome): void {
    const instance = this.#active(key);
    const node = this.#node(instance.taskId);
    node.active--;
    if (node.waiting.length > 0) this.#toStart.add(node);
    const { state, output = null, stats, reason } = outcome;
    this.#finish(node, instance, { state, output: state === 'success' ? output : undefined, stats, reason });
    this.#advance();
  }

  /**
   * Notes for the view what a started instance is doing.
   * @throws Error when the instance is unknown, was never started or has ended
   */
  mark(key: string, state: MarkedState): void {
    const instance = this.#active(key);
    instance.state = state;
    this.#changed.add(instance);
  }

  /**
   * The instances that changed since this was last asked, each once; at first all of them. One that gave way to the
   * instances of an expansion comes with state `removed`.
   */
  takeChanges(): readonly Readonly<TaskInstance>[] {
    const changes = [...this.#changed];
    this.#changed.clear();
    return changes;
  }

  /**
   * For a run that is cancelled or out of time: what has not started and is no teardown ends as skipped, with this
   * reason. Teardowns still start when their rules say so, and what runs is settled as usual.
   */
  stop(reason: string): void {
    for (const node of this.#nodes) {
      if (node.spec.teardown !== undefined) continue;
      node.waiting.length = 0;
      for (const instance of node.instances) {
        if (instance.state === 'none' || instance.state === 'scheduled') {
          this.#finish(node, instance, { state: 'skipped', reason });
        }
      }
      node.decided = true;
    }
    this.#advance();
  }

  /** Every instance in document order; a mapped task is one entry until it has been expanded. */
  instances(): readonly Readonly<TaskInstance>[] {
    return this.#nodes.flatMap((node) => node.instances);
  }

  /** Carries out verdicts and starts until nothing more follows from what has ended so far. */
  #advance(): void {
    while (this.#toEvaluate.size > 0 || this.#toStart.size > 0) {
      for (const node of this.#toEvaluate) {
        this.#toEvaluate.delete(node);
        if (!node.decided) this.#evaluate(node);
      }
      const [next] = this.#toStart;
      if (next !== undefined) {
        this.#toStart.delete(next);
        this.#start(next);
      }
    }
  }

  #evaluate(node: TaskNode): void {
    const { verdict, reason } = evaluateTriggerRule(node.spec.triggerRule, node.upstream);
    if (verdict === 'wait') return;
    if (verdict !== 'run') {
      this.#finishRest(node, verdict === 'skip' ? 'skipped' : verdict, reason);
      return;
    }
    node.decided = true;
    try {
      this.#prepare(node);
    } catch (error) {
      this.#finishRest(node, 'failed', messageOf(error));
    }
  }

  /** The trigger rule holds: looks at the condition, expands, and queues the instances. */
  #prepare(node: TaskNode): void {
    if (node.when !== undefined) {
      const value = node.when.evaluate(this.#scope);
      if (typeof value !== 'boolean') {
        throw new Error(`when must be true or false, \`${node.when.source}\` gave ${JSON.stringify(value)}`);
      }
      if (!value) {
        this.#finishRest(node, 'skipped', `its condition is false: ${node.when.source}`);
        return;
      }
    }
    if (node.expand !== undefined && !node.expanded && !this.#expandNow(node, node.expand)) return;
    for (const instance of node.instances) {
      if (isFinal(instance.state)) continue;
      instance.state = 'scheduled';
      this.#changed.add(instance);
      node.waiting.push(instance);
    }
    if (node.unfinished > 0) {
      this.#taskValues.set(node.spec.id, { state: 'running' });
      node.waiting.reverse();
      this.#toStart.add(node);
    }
  }

  /** Expands at the time the task may run; false when it ended instead. */
  #expandNow(node: TaskNode, expand: NonNullable<TaskNode['expand']>): boolean {
    for (const id of node.expandSources) {
      const ending = this.#endingWithout(id);
      if (ending !== undefined) {
        this.#finishRest(node, ending.state, ending.reason);
        return false;
      }
    }
    const items = expandItems(expand, this.#scope);
    if (items.length === 0) {
      this.#finishRest(node, 'skipped', 'its expand is an empty list');
      return false;
    }
    this.#replaceInstances(node, items);
    this.#reuse(node);
    return true;
  }

  /** How a task ends that is mapped over a task without output, as in Airflow; undefined when there is an output. */
  #endingWithout(sourceId: string): { state: 'skipped' | 'upstreamFailed'; reason: string } | undefined {
    const source = this.#node(sourceId);
    if (source.expanded && source.unfinished === 0) return undefined;
    const state = aggregateState(source.instances);
    if (state === 'success') return undefined;
    if (state === 'skipped') {
      return { state, reason: `its expand needs the output of '${sourceId}', which was skipped` };
    }
    const why = isFinal(state) ? 'failed' : 'has not finished';
    return { state: 'upstreamFailed', reason: `its expand needs the output of '${sourceId}', which ${why}` };
  }

  /** Instances that don't hang on other tasks are there from the start; a failing template is reported in its turn. */
  #expandAtStart(node: TaskNode): void {
    if (node.expand === undefined) return;
    try {
      const items = expandItems(node.expand, this.#scope);
      if (items.length > 0) this.#replaceInstances(node, items);
    } catch {
      return;
    }
  }

  #replaceInstances(node: TaskNode, items: readonly JsonObject[]): void {
    for (const instance of node.instances) {
      this.#instances.delete(instance.key);
      instance.state = 'removed';
      this.#changed.add(instance);
    }
    node.instances = items.map((item, index) => createInstance(node.spec.id, index, item));
    node.unfinished = items.length;
    node.expanded = true;
    this.#register(node.instances);
    for (const downstream of node.downstream) downstream.upstream.total += items.length - 1;
  }

  #reuse(node: TaskNode): void {
    for (const instance of node.instances) {
      const result = this.#reused.get(instance.key);
      if (result === undefined) continue;
      instance.reused = true;
      const { state, output = null, stats } = result;
      this.#finish(node, instance, {
        state,
        output: state === 'success' ? output : undefined,
        stats,
        reason: 'result of an earlier run',
      });
    }
  }

  #start(node: TaskNode): void {
    const batched = node.instances.length > mappedBatchSize;
    const limit = (batched ? undefined : node.spec.maxActiveMapped) ?? Number.POSITIVE_INFINITY;
    while (node.active < limit) {
      const instance = node.waiting.pop();
      if (instance === undefined) return;
      try {
        this.#decisions.push(this.#startDecision(node, instance));
        instance.state = 'queued';
        this.#changed.add(instance);
        node.active++;
      } catch (error) {
        this.#finish(node, instance, { state: 'failed', reason: messageOf(error) });
      }
    }
  }

  #startDecision(
    { spec, params, thresholds }: TaskNode,
    { key, mapIndex, item }: TaskInstance,
  ): StartDecision {
    const scope =
      mapIndex === undefined
        ? this.#scope
        : { ...this.#scope, item: toCel(item ?? {}), index: toCel(mapIndex) };
    return {
      kind: 'start',
      instance: mapIndex === undefined ? { key, taskId: spec.id } : { key, taskId: spec.id, mapIndex },
      task: spec,
      params: params.render(scope) as JsonObject,
      ...checkThresholds(thresholds.render(scope)),
    };
  }

  #finishRest(node: TaskNode, state: FinalState, reason: string): void {
    node.decided = true;
    for (const instance of node.instances) {
      if (!isFinal(instance.state)) this.#finish(node, instance, { state, reason });
    }
  }

  #finish(
    node: TaskNode,
    instance: TaskInstance,
    end: {
      state: FinalState;
      reason: string | undefined;
      output?: Json | undefined;
      stats?: Json | undefined;
    },
  ): void {
    Object.assign(instance, end);
    this.#changed.add(instance);
    for (const downstream of node.downstream) {
      downstream.upstream[end.state]++;
      this.#toEvaluate.add(downstream);
    }
    node.unfinished--;
    if (node.unfinished > 0) return;
    node.decided = true;
    this.#taskValues.set(node.spec.id, taskValue(node));
    this.#unfinishedTasks--;
    if (this.#unfinishedTasks === 0) this.#decisions.push(this.#finishedDecision());
  }

  /** The leaves decide: one that failed or couldn't run fails the run, a skipped one doesn't. */
  #finishedDecision(): FinishedDecision {
    const bad = this.#nodes
      .filter((node) => node.downstream.length === 0)
      .map((node) => ({ id: node.spec.id, state: aggregateState(node.instances) }))
      .filter(({ state }) => state === 'failed' || state === 'upstreamFailed');
    if (bad.length === 0) return { kind: 'finished', state: 'success', reason: 'no final task failed' };
    const list = bad.map(({ id, state }) => `${id} (${state})`).join(', ');
    return {
      kind: 'finished',
      state: 'failed',
      reason: `final ${bad.length === 1 ? 'task' : 'tasks'} without success: ${list}`,
    };
  }

  #register(instances: readonly TaskInstance[]): void {
    for (const instance of instances) {
      this.#instances.set(instance.key, instance);
      this.#changed.add(instance);
    }
  }

  #active(key: string): TaskInstance {
    const instance = this.#instances.get(key);
    if (instance === undefined) throw new Error(`the run has no task instance '${key}'`);
    if (isFinal(instance.state) || instance.state === 'none' || instance.state === 'scheduled') {
      throw new Error(`task instance '${key}' is not active: its state is ${instance.state}`);
    }
    return instance;
  }

  #node(taskId: string): TaskNode {
    const node = this.#nodeById.get(taskId);
    if (node === undefined) throw new Error(`the DAG has no task '${taskId}'`);
    return node;
  }

  #order(decision: Decision): number {
    return decision.kind === 'finished' ? this.#nodes.length : this.#node(decision.task.id).position;
  }
}

function mapIndexOf(decision: Decision): number {
  return decision.kind === 'start' ? (decision.instance.mapIndex ?? 0) : 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
