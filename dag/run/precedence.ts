import type { FinalState } from '../states.js';
import type { TriggerRule } from '../trigger-rules.js';
import { upstreamUnits } from './run-graph.js';
import { gatesSkipping, type TaskNode, type Unit, unitsUpstream } from './units.js';

/** When a unit has ended: its first instance in one of the states, or all of it. */
interface End {
  unit: Unit;
  /** Undefined for all of it. */
  states: readonly FinalState[] | undefined;
  /** Whether it is seen in the same step of the scheduler. */
  atOnce?: boolean;
}

/** The first or the last of some ends. */
interface Choice {
  first: boolean;
  of: readonly End[];
}

type Moment = End | Choice;

const broken: readonly FinalState[] = ['failed', 'upstreamFailed'];

/** Verdicts that come with the first upstream that ends in one of these states; others come with the last one. */
const withFirst: Record<
  'run' | 'skipped' | 'upstreamFailed',
  Partial<Record<TriggerRule, readonly FinalState[]>>
> = {
  run: { one_success: ['success'], one_failed: broken, one_done: ['success', 'failed'] },
  skipped: {
    all_success: ['skipped'],
    all_failed: ['success', 'skipped'],
    all_done_min_one_success: ['skipped'],
    all_skipped: ['success', ...broken],
    none_skipped: ['skipped'],
  },
  upstreamFailed: { all_success: broken, none_failed: broken, none_failed_min_one_success: broken },
};

/** What comes before a task is compared up to this many units: the effort grows with their square. */
const mostUnits = 150;

/** Whether not too much comes before a unit to be compared. */
export function isComparable(unit: Unit): boolean {
  const found = new Set([unit]);
  for (const at of found) {
    for (const each of upstreamUnits(at)) found.add(each);
    if (found.size > mostUnits) return false;
  }
  return true;
}

/**
 * Whether in every order in which tasks can finish one of some units was skipped before another one failed. When that
 * hangs on units that have not ended, the answer is no, and they are added to `open`.
 *
 * An end follows from those of other units, the first or the last of them: a step of the scheduler later for a unit that
 * did not run, any time later for one that ran. So ends are compared like terms of a free lattice.
 */
export function skippedBefore(skips: readonly Unit[], failed: Unit, open: Set<Unit>): boolean {
  const skipped = skips.map((unit): End => ({ unit, states: ['skipped'] }));
  return new Comparison(open).notAfter({ first: true, of: skipped }, 1, { unit: failed, states: broken });
}

/** Whether in every order a unit's trigger rule came to a verdict so many steps before another unit ended. */
export function ruledBefore(unit: Unit, other: Unit, steps: number, open: Set<Unit>): boolean {
  const { triggerRule } = unit.node.spec;
  const upstream = triggerRule === 'always' ? [] : upstreamUnits(unit);
  const causes = Object.values(withFirst).map((early) => firstOf(upstream, early[triggerRule]));
  if (upstream.every(({ unfinished }) => unfinished === 0)) {
    causes.push(lastOf(upstream, ({ overruled }) => (overruled ? broken : undefined)));
  }
  const comparison = new Comparison(open);
  const end: End = { unit: other, states: other.overruled ? broken : undefined };
  return causes.some((cause) => cause !== undefined && comparison.notAfter(cause, steps, end));
}

/** Whether in every order a unit that some gates skip had been given up before. */
export function givenUpBefore(unit: Unit, gates: readonly Unit[], open: Set<Unit>): boolean {
  const comparison = new Comparison(open);
  const end: End = { unit, states: broken };
  return gates.every((gate) => comparison.notAfter(end, 0, { unit: gate, states: undefined }));
}

class Comparison {
  readonly #open: Set<Unit>;
  readonly #known = new Map<Unit, Map<string, boolean>>();

  constructor(open: Set<Unit>) {
    this.#open = open;
  }

  /** Whether a moment, so many steps of the scheduler later, is never after another one. */
  notAfter(one: Moment, steps: number, other: Moment): boolean {
    if ('unit' in one && one.atOnce) return this.notAfter({ ...one, atOnce: false }, steps - 1, other);
    if ('unit' in other && other.atOnce) return this.notAfter(one, steps + 1, { ...other, atOnce: false });
    if (!('unit' in one && 'unit' in other)) return this.#compare(one, steps, other);
    const answers = this.#known.get(one.unit) ?? new Map<string, boolean>();
    this.#known.set(one.unit, answers);
    const key = `${one.states} ${steps} ${other.unit.instances[0]?.key} ${other.states}`;
    const answer = answers.get(key) ?? this.#compare(one, steps, other);
    answers.set(key, answer);
    return answer;
  }

  #compare(one: Moment, steps: number, other: Moment): boolean {
    if ('unit' in one && !one.unit.ran) return this.notAfter(causeOf(one), steps + delayOf(one), other);
    if ('unit' in other && !other.unit.ran) {
      return this.notAfter(one, steps - delayOf(other), causeOf(other));
    }
    if (isStart(one) && isStart(other)) return steps <= 0;
    if ('of' in one && !one.first && !isStart(one))
      return one.of.every((each) => this.notAfter(each, steps, other));
    if ('of' in other && other.first) {
      const ended = other.of.filter(hasEnded);
      return (
        ended.every((each) => this.notAfter(one, steps, each)) &&
        other.of.every((each) => hasEnded(each) || this.#isAfter(one, steps, each))
      );
    }
    if ('of' in one && this.#someBefore(one.of, steps, other)) return true;
    if ('of' in other) return other.of.some((each) => this.notAfter(one, steps, each));
    if ('unit' in one && one.unit === other.unit) {
      const { states } = one;
      // Instances that ran end one after the other.
      if (other.states === undefined && states !== undefined && hadEnds(one) > 1) return true;
      const same = other.states === undefined || other.states.every((state) => states?.includes(state));
      return steps <= 0 && (same || other.unit.instances.length === 1);
    }
    // However soon it ends, steps of the scheduler are sooner.
    return this.notAfter(one, Number.NEGATIVE_INFINITY, causeOf(other));
  }

  #someBefore(ends: readonly End[], steps: number, other: Moment): boolean {
    if (ends.some((each) => hasEnded(each) && this.notAfter(each, steps, other))) return true;
    for (const each of ends) {
      // It may turn out to be skipped, by what has happened already.
      if (!hasEnded(each) && !each.unit.ran && this.notAfter(each, steps, other)) this.#open.add(each.unit);
    }
    return false;
  }

  /** Of an end that may come, or not, in one of the states that count. */
  #isAfter(one: Moment, steps: number, other: End): boolean {
    if (other.unit.ran && this.notAfter(one, steps, other)) return true;
    this.#open.add(other.unit);
    return false;
  }
}

function hasEnded(end: End): boolean {
  return end.unit.unfinished === 0 || hadEnds(end) > 0;
}

/** How many instances have been in one of the states. */
function hadEnds({ unit, states = [] }: End): number {
  const givenUp = unit.overruled && states.includes('upstreamFailed') ? 1 : 0;
  return states.reduce((sum, state) => sum + unit.ended[state], givenUp);
}

/** The start of the run: the last of nothing. */
function isStart(moment: Moment): boolean {
  return 'of' in moment && !moment.first && moment.of.length === 0;
}

/** What a unit started with, or was skipped or given up with; of one that has done neither, if it will be skipped. */
function causeOf(end: End): Choice {
  const { unit } = end;
  const gates = gatesOf(end);
  if (gates.length > 0) return { first: true, of: gates.map((gate) => ({ unit: gate, states: undefined })) };
  const { triggerRule } = unit.node.spec;
  if (triggerRule === 'always') return lastOf([]);
  const upstream = upstreamUnits(unit);
  const { run, skipped, upstreamFailed } = withFirst;
  if (unit.ran) return firstOf(upstream, run[triggerRule]) ?? lastOf(upstream);
  const givenUp = unit.ended.upstreamFailed > 0 || end.states === broken;
  const [early, states] = givenUp ? [upstreamFailed, broken] : [skipped, ['skipped'] as const];
  const causes = [...endsOf(upstream, early[triggerRule]), ...endsOfOthers(unit, states)];
  if (causes.length > 0) return { first: true, of: causes };
  // It may run, and has nothing to do.
  return firstOf(upstream, run[triggerRule]) ?? lastOf(upstream);
}

/** Ends of setups, and of what a task that was not expanded is mapped over. */
function endsOfOthers(unit: Unit, states: readonly FinalState[]): End[] {
  const { setups, sources, expanded, upstream } = unit.node;
  const mappedOver = upstream.filter((node) => !expanded && !node.expanded && sources.includes(node.spec.id));
  const of = (nodes: readonly TaskNode[]) => nodes.flatMap((node) => unitsUpstream(unit, node));
  return [
    ...endsOf(of(setups), states),
    ...endsOf(of(mappedOver), states).map((end) => ({ ...end, atOnce: isReadFirst(end.unit, unit) })),
  ];
}

/** Whether Airflow, in one look at all tasks, sees that it gives up a source when it comes to the task mapped over it. */
export function isReadFirst({ node, ran }: Unit, mapped: Unit): boolean {
  return !ran && node.spec.id < mapped.node.spec.id;
}

/** The first of those that have ended in one of the states, or still may; undefined when none has. */
function firstOf(units: readonly Unit[], states: readonly FinalState[] | undefined): Choice | undefined {
  const of = endsOf(units, states);
  return of.length === 0 ? undefined : { first: true, of };
}

/** Those that have ended in one of the states, or still may. */
function endsOf(units: readonly Unit[], states: readonly FinalState[] | undefined): End[] {
  if (states === undefined) return [];
  const ends = units.map((unit): End => ({ unit, states }));
  return ends.filter((end) => end.unit.unfinished > 0 || hadEnds(end) > 0);
}

function lastOf(units: readonly Unit[], states: (unit: Unit) => End['states'] = () => undefined): Choice {
  return { first: false, of: units.map((unit) => ({ unit, states: states(unit) })) };
}

/** What a gate skips is skipped together with its end. */
function delayOf(end: End): number {
  return gatesOf(end).length > 0 ? 0 : 1;
}

/** Gates that ended a unit so. */
function gatesOf({ unit, states }: End): readonly Unit[] {
  return unit.ran || states === broken ? [] : gatesSkipping(unit);
}
