import { broken, evaluateTriggerRule, type UpstreamCounts, type Verdict } from '../trigger-rules.js';
import { upstreamUnits } from './run-graph.js';
import type { Prerequisites, Unit } from './units.js';

/**
 * What a unit may do given what has ended so far. A verdict other than `wait` stands whatever comes later, so states
 * don't depend on the order in which tasks end:
 *
 * - While a gate may still skip it, it waits, even if its trigger rule already held.
 * - Setups come before the trigger rule: a failed one decides at once, a skipped one when all of them have ended.
 * - `all_success` over a failure and a skip: see {@link failureComesFirst}.
 */
export function prospectsOf(unit: Unit): Verdict {
  const { outer, spec } = unit.node;
  const { inner } = unit;
  const skipped = outer.skipped ?? inner?.skipped;
  if (skipped !== undefined) return { verdict: 'skip', reason: skipped, awaited: false };
  if (outer.gates + (inner?.gates ?? 0) > 0) return wait('waits for a gate');

  const upstream = counts(outer, inner, 'upstream');
  if (spec.triggerRule !== 'always') {
    const setups = counts(outer, inner, 'setups');
    if (broken(setups) > 0) {
      return { verdict: 'upstreamFailed', reason: 'a setup that it needs failed', awaited: false };
    }
    if (setups.success + setups.skipped < setups.total) return wait('waits for its setups');
    if (setups.skipped > 0) {
      return { verdict: 'skip', reason: 'a setup that it needs was skipped', awaited: false };
    }
  }
  const verdict = evaluateTriggerRule(spec.triggerRule, upstream);
  const contested = spec.triggerRule === 'all_success' && broken(upstream) > 0 && upstream.skipped > 0;
  if (!contested || failureComesFirst(unit)) return verdict;
  const { success, skipped: skips, total } = upstream;
  if (success + skips + broken(upstream) < total) return wait('waits for the rest of its upstream');
  return { ...verdict, verdict: 'skip' };
}

function wait(reason: string): Verdict {
  return { verdict: 'wait', reason, awaited: false };
}

function counts(
  outer: Prerequisites,
  inner: Prerequisites | undefined,
  of: 'upstream' | 'setups',
): UpstreamCounts {
  const a = outer[of];
  const b = inner?.[of];
  if (b === undefined) return a;
  return {
    total: a.total + b.total,
    success: a.success + b.success,
    failed: a.failed + b.failed,
    upstreamFailed: a.upstreamFailed + b.upstreamFailed,
    skipped: a.skipped + b.skipped,
    setups: a.setups + b.setups,
    setupsSucceeded: a.setupsSucceeded + b.setupsSucceeded,
    setupsSkipped: a.setupsSkipped + b.setupsSkipped,
  };
}

/**
 * Airflow lets the first one decide when `all_success` sees a skip and a failure. So does Nightjar where the order is
 * given: when each failed task could not end before a skipped one had. In all other cases the failure wins, whatever
 * came first.
 */
function failureComesFirst(unit: Unit): boolean {
  const upstream = upstreamUnits(unit);
  const skipped = new Set(upstream.filter(({ ended }) => ended.skipped > 0));
  return upstream.some(
    ({ ended }, index) => ended.failed + ended.upstreamFailed > 0 && !comesAfter(upstream[index], skipped),
  );
}

/** Whether a unit had to wait for one of the others, over tasks that each waited for all their upstream. */
function comesAfter(unit: Unit | undefined, others: ReadonlySet<Unit>): boolean {
  const seen = new Set<Unit>();
  const open = unit === undefined ? [] : [unit];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!at.awaited || seen.has(at)) continue;
    seen.add(at);
    const upstream = upstreamUnits(at);
    if (upstream.some((each) => others.has(each))) return true;
    open.push(...upstream);
  }
  return false;
}
