import type { FinalState } from '../states.js';
import type { TriggerRule } from '../trigger-rules.js';
import { upstreamUnits } from './run-graph.js';
import { type Unit, unitsUpstream } from './units.js';

/** When a unit has ended: its first instance in one of the states, or all of it. */
interface End {
  unit: Unit;
  /** Undefined for all of it. */
  states: readonly FinalState[] | undefined;
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

class Comparison {
  readonly #open: Set<Unit>;
  readonly #known = new Map<Unit, Map<string, boolean>>();

  constructor(open: Set<Unit>) {
    this.#open = open;
  }

  /** Whether a moment, so many steps of the scheduler later, is never after another one. */
  notAfter(one: Moment, steps: number, other: Moment): boolean {
    if (!('unit' in one && 'unit' in other)) return this.#compare(one, steps, other);
    const answers = this.#known.get(one.unit) ?? new Map<string, boolean>();
    this.#known.set(one.unit, answers);
    const key = `${one.states} ${steps} ${other.unit.instances[0]?.key} ${other.states}`;
    const answer = answers.get(key) ?? this.#compare(one, steps, other);
    answers.set(key, answer);
    return answer;
  }

  #compare(one: Moment, steps: number, other: Moment): boolean {
    if ('unit' in one && !one.unit.ran)
      return this.notAfter(causeOf(one.unit), steps + delayOf(one.unit), other);
    if ('unit' in other && !other.unit.ran) {
      return this.notAfter(one, steps - delayOf(other.unit), causeOf(other.unit));
    }
    if ('of' in one && !one.first) return one.of.every((each) => this.notAfter(each, steps, other));
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
      const same = other.states === undefined || other.states.every((state) => states?.includes(state));
      return steps <= 0 && (same || other.unit.instances.length === 1);
    }
    // However soon it ends, steps of the scheduler are sooner.
    return this.notAfter(one, Number.NEGATIVE_INFINITY, causeOf(other.unit));
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

function hasEnded({ unit, states }: End): boolean {
  return unit.unfinished === 0 || states?.some((state) => unit.ended[state] > 0) === true;
}

/** What a unit started with, or was skipped or given up with; of one that has done neither, if it will be skipped. */
function causeOf(unit: Unit): Choice {
  const gates = gatesOf(unit);
  if (gates.length > 0) return { first: true, of: gates.map((gate) => ({ unit: gate, states: undefined })) };
  const { triggerRule } = unit.node.spec;
  const upstream = triggerRule === 'always' ? [] : upstreamUnits(unit);
  const late: Choice = { first: false, of: upstream.map((each) => ({ unit: each, states: undefined })) };
  const { run, skipped, upstreamFailed } = withFirst;
  if (unit.ran) return firstOf(upstream, run[triggerRule]) ?? late;
  const [early, states] =
    unit.ended.upstreamFailed > 0 ? [upstreamFailed, broken] : [skipped, ['skipped'] as const];
  return (
    firstOf(upstream, early[triggerRule]) ??
    firstOf(othersNeeded(unit), states) ??
    // It may run, and has nothing to do.
    firstOf(upstream, run[triggerRule]) ??
    late
  );
}

/** Setups, and what a task that was not expanded is mapped over. */
function othersNeeded(unit: Unit): Unit[] {
  const { setups, sources, expanded, upstream } = unit.node;
  const mappedOver = expanded ? [] : upstream.filter(({ spec }) => sources.includes(spec.id));
  return [...setups, ...mappedOver].flatMap((node) => unitsUpstream(unit, node));
}

/** The first of those that have ended in one of the states, or still may; undefined when none has. */
function firstOf(units: readonly Unit[], states: readonly FinalState[] | undefined): Choice | undefined {
  if (states === undefined) return undefined;
  const of = units.filter(
    ({ unfinished, ended }) => unfinished > 0 || states.some((state) => ended[state] > 0),
  );
  return of.length === 0 ? undefined : { first: true, of: of.map((unit) => ({ unit, states })) };
}

/** What a gate skips is skipped together with its end. */
function delayOf(unit: Unit): number {
  return gatesOf(unit).length > 0 ? 0 : 1;
}

function gatesOf({ ran, node, inner }: Unit): Unit[] {
  return ran ? [] : [...node.outer.skippedBy, ...(inner?.skippedBy ?? [])];
}
