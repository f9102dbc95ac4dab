import { noUpstream, type Verdict, verdictOf } from '../trigger-rules.js';
import { upstreamUnits } from './run-graph.js';
import { gatesSkipping, type Unit } from './units.js';

/**
 * What must come before what, whatever the order in which tasks finish. Where two upstream states contradict each
 * other, Airflow lets the first one decide; these are the questions by which to find out whether there is a first one.
 * Only what all orders have in common counts, so the answers don't depend on the order either.
 */
export class Inquiry {
  /** Units that have not ended and on which an answer hangs, which then was no. */
  readonly open = new Set<Unit>();
  /** Whether the answer in the making may change when more units have ended. */
  #provisional = false;
  /** Such answers, by the memory that they can't go into. */
  readonly #provisionally = new Map<Map<Unit, boolean>, Map<Unit, boolean>>();

  /** Whether one unit must have ended before another one, which has ended, did. */
  endsBefore(first: Unit, other: Unit): boolean {
    return this.#remember(other.past.after, first, () => {
      if (other.ran) return this.#hadEnded(first, other);
      const causes = this.#causesOf(other);
      return other.awaited
        ? causes.some((cause) => this.endsBefore(first, cause))
        : causes.length > 0 && causes.every((cause) => this.endsBefore(first, cause));
    });
  }

  /** The verdict that a unit's trigger rule must have come to before another unit, which has ended, did. */
  verdictBefore(unit: Unit, other: Unit): Verdict['verdict'] {
    if (other.ran) return this.#verdictAtStart(unit, other);
    if (!other.awaited) return 'wait';
    const verdicts = upstreamUnits(other).map((each) => this.verdictBefore(unit, each));
    return verdicts.find((verdict) => verdict !== 'wait') ?? 'wait';
  }

  /** The upstream units of which each, or for a rule that waited for all, of which the last one decided. */
  #causesOf(unit: Unit): readonly Unit[] {
    const upstream = upstreamUnits(unit);
    if (unit.awaited) return upstream;
    const unfinished = upstream.filter((each) => each.unfinished > 0);
    for (const each of unfinished) this.#awaitAll(each);
    if (unfinished.length > 0) return [];
    return upstream.filter(({ ended }) => ended.failed + ended.upstreamFailed > 0);
  }

  /** Whether a unit had ended when another one started: that one waited for it, or for what it followed from at once. */
  #hadEnded(unit: Unit, started: Unit): boolean {
    if (endedBefore(started).has(unit)) return true;
    if (unit.ran) return false;
    return this.#remember(started.past.followed, unit, () => {
      const gates = gatesSkipping(unit);
      const verdict = this.#verdictAtStart(unit, started);
      // Skipped by a gate, it may have been skipped by its rule before; what may run and didn't had nothing to do.
      const answer =
        gates.length > 0
          ? verdict === 'skip' || gates.some((gate) => endedBefore(started).has(gate))
          : verdict !== 'wait';
      if (unit.unfinished === 0) return answer;
      this.#provisional = true;
      if (answer && !unit.decided) this.#awaitAll(unit);
      return false;
    });
  }

  /** What a unit's trigger rule says when, of its upstream, only that had ended which had when another one started. */
  #verdictAtStart(unit: Unit, started: Unit): Verdict['verdict'] {
    const counts = noUpstream();
    for (const upstream of upstreamUnits(unit)) {
      const size = upstream.instances.length;
      const setup = upstream.node.spec.setup === true;
      counts.total += size;
      if (setup) counts.setups += size;
      if (!this.#hadEnded(upstream, started)) continue;
      counts.success += upstream.ended.success;
      counts.failed += upstream.ended.failed;
      counts.upstreamFailed += upstream.ended.upstreamFailed;
      counts.skipped += upstream.ended.skipped;
      if (setup) counts.setupsSucceeded += upstream.ended.success;
      if (setup) counts.setupsSkipped += upstream.ended.skipped;
    }
    const rule = unit.node.spec.triggerRule;
    const verdict = verdictOf(rule, counts);
    // Here a skip decides early too, as all_success has it where no failure was before.
    return verdict === 'wait' && rule === 'all_success' && counts.skipped > 0 ? 'skip' : verdict;
  }

  #awaitAll(unit: Unit): void {
    this.open.add(unit);
    this.#provisional = true;
  }

  /** Answers from memory, and keeps an answer that can't change any more. */
  #remember(memory: Map<Unit, boolean>, about: Unit, find: () => boolean): boolean {
    const known = memory.get(about);
    if (known !== undefined) return known;
    const provisionally = this.#provisionally.get(memory) ?? new Map<Unit, boolean>();
    const guess = provisionally.get(about);
    if (guess !== undefined) {
      this.#provisional = true;
      return guess;
    }
    const before = this.#provisional;
    this.#provisional = false;
    const answer = find();
    if (this.#provisional) this.#provisionally.set(memory, provisionally.set(about, answer));
    else memory.set(about, answer);
    this.#provisional ||= before;
    return answer;
  }
}

/** All that a unit comes after. */
export function unitsBefore(unit: Unit): ReadonlySet<Unit> {
  const seen = new Set(upstreamUnits(unit));
  for (const each of seen) for (const upstream of upstreamUnits(each)) seen.add(upstream);
  return seen;
}

/** Units that had to end before this one, which has started, could: over tasks that each waited for all their upstream. */
function endedBefore(unit: Unit): ReadonlySet<Unit> {
  if (unit.past.ended !== undefined) return unit.past.ended;
  const found = new Set<Unit>();
  const seen = new Set([unit]);
  for (const at of seen) {
    const before = upstreamUnits(at);
    if (at.awaited) for (const each of before) found.add(each);
    // What one instance of an only upstream could start still came after all that this upstream had waited for.
    const started = at.ran && before.length === 1 && at.node.spec.triggerRule !== 'always';
    if (at.awaited || started) for (const each of before) seen.add(each);
  }
  unit.past.ended = found;
  return found;
}
