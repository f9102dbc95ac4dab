import { evaluateTriggerRule, noUpstream, type Verdict } from '../trigger-rules.js';
import { upstreamUnits } from './run-graph.js';
import type { Unit } from './units.js';

/**
 * What must come before what, whatever the order in which tasks finish. Where two upstream states contradict each
 * other, Airflow lets the first one decide; these are the questions by which to find out whether there is a first one.
 * Only what all orders have in common counts, so the answers don't depend on the order either. An answer may hang on
 * units that have not ended: then it is no, and they are added to `open`.
 */

/** The verdict that a unit's trigger rule must have come to before another unit, which has ended, did. */
export function verdictBefore(unit: Unit, other: Unit, open: Set<Unit>): Verdict['verdict'] {
  if (other.ran) return partialVerdict(unit, endedBefore(other), open, new Map());
  if (!other.awaited) return 'wait';
  const verdicts = upstreamUnits(other).map((each) => verdictBefore(unit, each, open));
  return verdicts.find((verdict) => verdict !== 'wait') ?? 'wait';
}

/** Units that had to end before this one could start: over tasks that each waited for all their upstream. */
function endedBefore(unit: Unit): ReadonlySet<Unit> {
  const found = new Set<Unit>();
  const seen = new Set([unit]);
  for (const at of seen) {
    const before = upstreamUnits(at);
    if (at.awaited) for (const each of before) found.add(each);
    // What one instance of an only upstream could start still came after all that this upstream had waited for.
    const started = at.ran && before.length === 1 && at.node.spec.triggerRule !== 'always';
    if (at.awaited || started) for (const each of before) seen.add(each);
  }
  return found;
}

/** Whether a unit had ended once these had: it is one of them, or follows from them at once. */
function hadEnded(unit: Unit, ended: ReadonlySet<Unit>, open: Set<Unit>, known: Map<Unit, boolean>): boolean {
  if (ended.has(unit)) return true;
  if (unit.ran) return false;
  let answer = known.get(unit);
  if (answer === undefined) {
    known.set(unit, false);
    const gates = [...unit.node.outer.skippedBy, ...(unit.inner?.skippedBy ?? [])];
    const verdict = partialVerdict(unit, ended, open, known);
    // Skipped by a gate, it may have been skipped by its rule before; what may run and didn't had nothing to do.
    answer =
      gates.length > 0 ? verdict === 'skip' || gates.some((gate) => ended.has(gate)) : verdict !== 'wait';
    if (answer && unit.unfinished > 0) {
      if (!unit.decided) open.add(unit);
      answer = false;
    }
    known.set(unit, answer);
  }
  return answer;
}

/** What the trigger rule says when, of its upstream, only those had ended that had to. */
function partialVerdict(
  unit: Unit,
  ended: ReadonlySet<Unit>,
  open: Set<Unit>,
  known: Map<Unit, boolean>,
): Verdict['verdict'] {
  const counts = noUpstream();
  for (const upstream of upstreamUnits(unit)) {
    const size = upstream.instances.length;
    const setup = upstream.node.spec.setup === true;
    counts.total += size;
    if (setup) counts.setups += size;
    if (!hadEnded(upstream, ended, open, known)) continue;
    counts.success += upstream.ended.success;
    counts.failed += upstream.ended.failed;
    counts.upstreamFailed += upstream.ended.upstreamFailed;
    counts.skipped += upstream.ended.skipped;
    if (setup) counts.setupsSucceeded += upstream.ended.success;
    if (setup) counts.setupsSkipped += upstream.ended.skipped;
  }
  const rule = unit.node.spec.triggerRule;
  const { verdict } = evaluateTriggerRule(rule, counts);
  // Here a skip decides early too, as all_success has it where no failure was before.
  return verdict === 'wait' && rule === 'all_success' && counts.skipped > 0 ? 'skip' : verdict;
}
