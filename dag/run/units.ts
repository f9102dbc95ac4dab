import type { ControlOperator } from '../control/operator.js';
import type { GroupSpec, TaskSpec } from '../document.js';
import type { Expression } from '../expression.js';
import type { Json, JsonObject } from '../json.js';
import type { FinalState, TaskState } from '../states.js';
import type { Template } from '../template.js';
import { noUpstream, type UpstreamCounts } from '../trigger-rules.js';

/** A task instance as the run sees it. */
export interface TaskInstance {
  /** `train`, or `generate[3]` for an instance of a mapped task or of a task in a mapped group. */
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
  /** Whether somebody said that it ends so. */
  byHand?: true;
  /** Whether it was skipped because the run was stopped. */
  stopped?: true;
}

/** What has come so far of what a task waits for. */
export interface Prerequisites {
  /** Its direct upstream. */
  readonly upstream: UpstreamCounts;
  /** Setups that it needs though they are further up. */
  readonly setups: UpstreamCounts;
  /** Gates that may still skip it. */
  gates: number;
  /** Gates that skip it. */
  readonly skippedBy: Unit[];
}

/** Instances by final state. */
export type Ended = Record<FinalState, number>;

/** What a trigger rule decides at once: a task with all its instances or, in a mapped group, a task at one index. */
export interface Unit {
  readonly node: TaskNode;
  /** Its place in the mapped group, once that has been expanded. */
  readonly slot: Slot | undefined;
  /** What it waits for inside its slot, beside {@link TaskNode.outer}. */
  readonly inner: Prerequisites | undefined;
  /** What it directly depends on, once that is known and somebody has asked. */
  upstream: readonly Unit[] | undefined;
  instances: TaskInstance[];
  /** Instances without a final state. */
  unfinished: number;
  readonly ended: Ended;
  /** Whether what it waits for has come to a verdict that was carried out. */
  decided: boolean;
  /** Whether that verdict could not come before all its upstreams had ended. */
  awaited: boolean;
  /** Whether an instance of it has started. */
  ran: boolean;
  /** Whether it was skipped by a gate when it had been given up already. */
  overruled: boolean;
  /** What was found out about its past; see causality.ts. */
  readonly past: Past;
  /** Units that must have ended before its prospects are looked at again, though they aren't upstream. */
  readonly waitsFor: Set<Unit>;
  /** Units that wait for it so. */
  readonly watchers: Set<Unit>;
  /** Instances that may start, the next one last. */
  readonly waiting: TaskInstance[];
  /** Started instances. */
  active: number;
  /** Whether it counts as open in its slot. */
  open: boolean;
}

/** Answers to what came before a unit. */
export interface Past {
  /** Units that had to end before it could start. */
  ended: ReadonlySet<Unit> | undefined;
  /** Units that had ended when it started because they follow from those at once, or had not. */
  readonly followed: Map<Unit, boolean>;
  /** Units that ended before it, or didn't. */
  readonly after: Map<Unit, boolean>;
}

/** A task of a run: what was parsed of its spec, its links to other tasks, and how far it is. */
export interface TaskNode {
  readonly spec: TaskSpec;
  readonly params: Template;
  readonly thresholds: Template;
  readonly when: Expression | undefined;
  readonly expand: Template | undefined;
  /** Tasks whose outputs `expand` reads; without any it is known when the run starts. */
  readonly sources: readonly string[];
  readonly control: ControlOperator | undefined;
  /** The mapped group that it is in. */
  readonly group: MappedGroup | undefined;
  readonly upstream: TaskNode[];
  readonly downstream: TaskNode[];
  /** Of a setup: tasks further down that run only if it succeeds. */
  readonly scope: TaskNode[];
  /** The setups in whose scope it is. */
  readonly setups: TaskNode[];
  /** Mapped groups that need its output. */
  readonly feeds: MappedGroup[];
  /** Of a gate: tasks that it may skip. */
  readonly gated: TaskNode[];
  /** What all its units wait for. */
  readonly outer: Prerequisites;
  /** In a mapped group, what each unit waits for inside its slot, as it is at first. */
  readonly inner: Prerequisites;
  units: Unit[];
  /** Whether the units or instances are those of an expansion. */
  expanded: boolean;
  /** Whether they were so from the start of the run. */
  knownAtStart: boolean;
  /** Instances without a final state. */
  unfinished: number;
  readonly ended: Ended;
}

/** A group whose tasks run once for every item. */
export interface MappedGroup {
  readonly id: string;
  readonly spec: GroupSpec;
  readonly expand: Template;
  readonly nodes: TaskNode[];
  /** Tasks whose outputs `expand` reads. */
  readonly sources: readonly string[];
  /** How many of them have not ended. */
  openSources: number;
  /** Whether it was expanded, or its tasks ended without that. */
  resolved: boolean;
  /** Slots in work, at most `maxActiveMapped`. */
  inWork: number;
  /** Slots that have something to start and wait to be in work. */
  readonly queue: Slot[];
}

/** One index of a mapped group. */
export interface Slot {
  readonly group: MappedGroup;
  readonly index: number;
  readonly item: JsonObject;
  /** The `tasks` variable inside it. */
  readonly values: Map<string, unknown>;
  /** Units of it that may start or have started, and have not ended. */
  open: number;
  inWork: boolean;
  /** Units that wait for it to be in work. */
  readonly ready: Unit[];
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

export function createUnit(node: TaskNode, slot?: Slot): Unit {
  return {
    node,
    slot,
    inner: slot && copyPrerequisites(node.inner),
    upstream: undefined,
    instances: [createInstance(node.spec.id, slot?.index, slot?.item)],
    unfinished: 1,
    ended: noneEnded(),
    decided: false,
    awaited: false,
    ran: false,
    overruled: false,
    past: { ended: undefined, followed: new Map(), after: new Map() },
    waitsFor: new Set(),
    watchers: new Set(),
    waiting: [],
    active: 0,
    open: false,
  };
}

export function createPrerequisites(): Prerequisites {
  return { upstream: noUpstream(), setups: noUpstream(), gates: 0, skippedBy: [] };
}

function copyPrerequisites({ upstream, setups, gates }: Prerequisites): Prerequisites {
  return { upstream: { ...upstream }, setups: { ...setups }, gates, skippedBy: [] };
}

export function noneEnded(): Ended {
  return { success: 0, failed: 0, upstreamFailed: 0, skipped: 0 };
}

/** The gates that skip a unit. */
export function gatesSkipping({ node, inner }: Unit): readonly Unit[] {
  return inner === undefined ? node.outer.skippedBy : [...inner.skippedBy, ...node.outer.skippedBy];
}

/** Puts off all about a unit until another one has ended. */
export function watch(unit: Unit, other: Unit): void {
  unit.waitsFor.add(other);
  other.watchers.add(unit);
}

/** Whether an edge between the two stays within one index of a mapped group. */
export function sameGroup(a: TaskNode, b: TaskNode): boolean {
  return a.group !== undefined && a.group === b.group;
}

/** The units of an upstream task that a unit depends on. */
export function unitsUpstream(unit: Unit, upstream: TaskNode): readonly Unit[] {
  const own = unit.slot && sameGroup(unit.node, upstream) ? upstream.units[unit.slot.index] : undefined;
  return own === undefined ? upstream.units : [own];
}

/** The state of a task or unit from those of its instances; undefined until all have ended. */
export function finalStateOf(owner: { unfinished: number; ended: Ended }): FinalState | undefined {
  if (owner.unfinished > 0) return undefined;
  const states = ['failed', 'upstreamFailed', 'success'] as const;
  return states.find((state) => owner.ended[state] > 0) ?? 'skipped';
}

export function instancesOf(node: TaskNode): TaskInstance[] {
  const [only] = node.units;
  return node.units.length === 1 && only ? only.instances : node.units.flatMap((unit) => unit.instances);
}
