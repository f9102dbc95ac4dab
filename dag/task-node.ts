import { toCel } from './cel-values.js';
import type { DagDocument, TaskSpec } from './document.js';
import { type Expression, parseExpression } from './expression.js';
import type { Json, JsonObject } from './json.js';
import { isFinal, type TaskState } from './states.js';
import { parseTemplate, type Template } from './template.js';
import type { UpstreamCounts } from './trigger-rules.js';
import { unwrapCondition } from './when.js';

/** A task instance as the run sees it. */
export interface TaskInstance {
  /** `train`, or `generate[3]` for an instance of a mapped task. */
  readonly key: string;
  readonly taskId: string;
  /** From 0; undefined for a task that is not mapped or not yet expanded. */
  readonly mapIndex: number | undefined;
  readonly item: JsonObject | undefined;
  state: TaskState;
  /** Why it is in this state; undefined when there is nothing to say. */
  reason: string | undefined;
  output: Json | undefined;
  stats: Json | undefined;
  /** Whether it is the result of an earlier run. */
  reused: boolean;
}

/** A task of a run: what was parsed of its spec, its place in the graph, and how far it is. */
export interface TaskNode {
  readonly spec: TaskSpec;
  /** Place in the document. */
  readonly position: number;
  readonly params: Template;
  readonly thresholds: Template;
  readonly when: Expression | undefined;
  readonly expand: Template | undefined;
  /** Tasks whose outputs `expand` reads; without any it is known when the run starts. */
  readonly expandSources: readonly string[];
  readonly downstream: TaskNode[];
  readonly upstream: UpstreamCounts;
  instances: TaskInstance[];
  /** Whether `instances` are those of the expansion. */
  expanded: boolean;
  /** Whether the trigger rule has been carried out. */
  decided: boolean;
  /** Instances without a final state. */
  unfinished: number;
  /** Instances that may start when fewer than `maxActiveMapped` are active. */
  readonly waiting: TaskInstance[];
  active: number;
}

/** Parses all tasks and links them to their downstream. */
export function createTaskNodes(document: DagDocument): TaskNode[] {
  const nodes = document.tasks.map(createTaskNode);
  const byId = new Map(nodes.map((node) => [node.spec.id, node]));
  for (const node of nodes) {
    for (const upstream of node.spec.dependsOn) byId.get(upstream)?.downstream.push(node);
    node.upstream.total = node.spec.dependsOn.length;
  }
  return nodes;
}

function createTaskNode(spec: TaskSpec, position: number): TaskNode {
  const expand = spec.expand === undefined ? undefined : parseTemplate(spec.expand);
  const { errorThreshold, metricThresholds } = spec;
  return {
    spec,
    position,
    params: parseTemplate(spec.with),
    thresholds: parseTemplate({
      ...(errorThreshold && { errorThreshold: errorThreshold as JsonObject }),
      ...(metricThresholds && { metricThresholds: metricThresholds as JsonObject }),
    }),
    when: spec.when === undefined ? undefined : parseExpression(unwrapCondition(spec.when)),
    expand,
    expandSources: expand === undefined ? [] : tasksReadBy(expand),
    downstream: [],
    upstream: { total: 0, success: 0, failed: 0, upstreamFailed: 0, skipped: 0 },
    instances: [createInstance(spec.id)],
    expanded: false,
    decided: false,
    unfinished: 1,
    waiting: [],
    active: 0,
  };
}

export function createInstance(taskId: string, mapIndex?: number, item?: JsonObject): TaskInstance {
  return {
    key: mapIndex === undefined ? taskId : `${taskId}[${mapIndex}]`,
    taskId,
    mapIndex,
    item,
    state: 'none',
    reason: undefined,
    output: undefined,
    stats: undefined,
    reused: false,
  };
}

function tasksReadBy(template: Template): string[] {
  const references = template.expressions.flatMap(({ expression }) => expression.references);
  const ids = references.flatMap(([variable, id]) => (variable === 'tasks' && id !== undefined ? [id] : []));
  return [...new Set(ids)];
}

/** The state of a task from those of its instances. */
export function aggregateState(instances: readonly TaskInstance[]): TaskState {
  const states = new Set(instances.map(({ state }) => state));
  for (const state of states) if (!isFinal(state)) return state;
  for (const state of ['failed', 'upstreamFailed', 'success'] as const) if (states.has(state)) return state;
  return 'skipped';
}

/** What expressions see of a finished task. A mapped one's output and stats are lists of those that succeeded. */
export function taskValue(node: TaskNode): unknown {
  const state = aggregateState(node.instances);
  if (node.expand !== undefined) {
    const done = node.instances.filter((instance) => instance.state === 'success');
    return {
      state,
      output: done.map(({ output = null }) => toCel(output)),
      stats: done.map(({ stats = null }) => toCel(stats)),
    };
  }
  const [only] = node.instances;
  return {
    state,
    ...(only?.output !== undefined && { output: toCel(only.output) }),
    ...(only?.stats !== undefined && { stats: toCel(only.stats) }),
  };
}
