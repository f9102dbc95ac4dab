import {
  broken,
  evaluateTriggerRule,
  type UpstreamCounts,
  unfinished,
  type Verdict,
} from '../trigger-rules.js';
import { Inquiry } from './causality.js';
import { givenUpBefore, isComparable, isReadFirst, ruledBefore, skippedBefore } from './precedence.js';
import { upstreamUnits } from './run-graph.js';
import { gatesSkipping, type Unit, unitsUpstream, watch } from './units.js';

/**
 * What a unit may do given what has ended so far. A verdict other than `wait` stands whatever comes later, so states
 * don't depend on the order in which tasks end. Where Airflow lets the first one decide, so does this if there must be
 * a first one (see causality.ts and precedence.ts); otherwise:
 *
 * - While a gate may still skip it, the unit waits, even if its trigger rule holds.
 * - Setups come before the trigger rule: a failed one decides at once, a skipped one when all of them have ended.
 * - A task that is mapped over others' outputs waits for these. A failed one decides at once.
 * - For `all_success` a failure comes before a skip.
 */
export function prospectsOf(unit: Unit): Verdict {
  if (unit.waitsFor.size > 0) return wait('waits for what came before its upstream');
  return byGates(unit) ?? bySetups(unit) ?? byRule(unit);
}

function byGates(unit: Unit): Verdict | undefined {
  const { node, inner } = unit;
  const inquiry = new Inquiry();
  // What was expanded when the run started is only kept from starting, not skipped after it was decided.
  const gate =
    inner?.skippedBy[0] ??
    node.outer.skippedBy.find((each) => !node.knownAtStart || !decidedBefore(unit, each, inquiry));
  if (gate !== undefined) unit.overruled = wasGivenUp(unit, inquiry);
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  if (gate !== undefined) return end('skip', `skipped by '${gate.node.spec.id}'`);
  return node.outer.gates + (inner?.gates ?? 0) > 0 ? wait('waits for a gate') : undefined;
}

/** Whether a unit that gates skip had been given up before. What comes after it may have been decided by that. */
function wasGivenUp(unit: Unit, { open }: Inquiry): boolean {
  const { verdict } = bySetups(unit) ?? byRule(unit);
  if (verdict !== 'upstreamFailed' || !isComparable(unit)) return false;
  return givenUpBefore(unit, gatesSkipping(unit), open);
}

function bySetups(unit: Unit): Verdict | undefined {
  const { spec, setups: nodes } = unit.node;
  if (nodes.length === 0 || spec.triggerRule === 'always') return undefined;
  const setups = counts(unit, 'setups');
  const rule = evaluateTriggerRule(spec.triggerRule, counts(unit, 'upstream'));
  const inquiry = new Inquiry();
  const late = (isBad: (setup: Unit) => boolean) =>
    rule.verdict !== 'run' &&
    nodes
      .flatMap((node) => unitsUpstream(unit, node))
      .filter(isBad)
      .every((setup) => decidedBefore(unit, setup, inquiry));
  const anyFailed = broken(setups) + setups.overruled > 0;
  const failed = anyFailed && !late(({ ended, overruled }) => overruled || broken(ended) > 0);
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  if (failed) return end('upstreamFailed', 'a setup that it needs failed');
  if (unfinished(setups) > 0) return wait('waits for its setups');
  const skipped = !anyFailed && setups.skipped > 0 && !late(({ ended }) => ended.skipped > 0);
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  return skipped ? end('skip', 'a setup that it needs was skipped') : undefined;
}

/** Whether in every order the trigger rule came to a verdict so many steps of the scheduler before another unit ended. */
function decidedBefore(unit: Unit, other: Unit, inquiry: Inquiry, steps = 1): boolean {
  if (isComparable(unit)) return ruledBefore(unit, other, steps, inquiry.open);
  return inquiry.verdictBefore(unit, other) !== 'wait';
}

function byRule(unit: Unit): Verdict {
  const { triggerRule } = unit.node.spec;
  const sources = sourcesOf(unit);
  if (sources.length > 0) {
    const verdict = bySources(unit, sources);
    if (verdict !== undefined) return verdict;
  }
  const verdict = beforeGates(unit) ?? evaluateTriggerRule(triggerRule, counts(unit, 'upstream'));
  const sourceSkipped = sources.some(({ node, ended }) => !node.expanded && ended.skipped > 0);
  if (verdict.verdict !== 'upstreamFailed' || !(triggerRule === 'all_success' || sourceSkipped)) {
    return verdict;
  }
  return skipOrFailure(unit, verdict);
}

/** What followed from upstreams that had been given up before gates skipped them. */
function beforeGates(unit: Unit): Verdict | undefined {
  const upstream = counts(unit, 'upstream');
  const { skipped, upstreamFailed, overruled } = upstream;
  if (overruled === 0) return undefined;
  const before = { ...upstream, skipped: skipped - overruled, upstreamFailed: upstreamFailed + overruled };
  const verdict = evaluateTriggerRule(unit.node.spec.triggerRule, before);
  // What could only have started may have been skipped before it ran.
  if (verdict.verdict === 'wait' || verdict.verdict === 'run' || !isComparable(unit)) return undefined;
  const gates = upstreamUnits(unit).flatMap((each) => (each.overruled ? gatesSkipping(each) : []));
  const open = new Set<Unit>();
  if (gates.every((gate) => ruledBefore(unit, gate, 1, open))) return verdict;
  return open.size > 0 ? waitFor(open, unit) : undefined;
}

/** Units of the tasks that a task not yet expanded is mapped over. */
function sourcesOf({ node }: Unit): Unit[] {
  if (node.expanded || node.sources.length === 0) return [];
  return node.upstream.flatMap(({ spec, units }) => (node.sources.includes(spec.id) ? units : []));
}

/** What follows from the tasks that it is mapped over before its trigger rule is looked at. */
function bySources(unit: Unit, sources: readonly Unit[]): Verdict | undefined {
  const { triggerRule } = unit.node.spec;
  const unfinished = sources.some((source) => source.unfinished > 0);
  const inquiry = new Inquiry();
  if (triggerRule === 'always') {
    // It starts when the run does.
    const missed = unfinished || sources.some((source) => isMissed(source, unit, inquiry));
    return missed
      ? end('upstreamFailed', 'always starts before what it is mapped over has ended')
      : undefined;
  }
  if (unfinished) return wait('waits for what it is mapped over');
  const late = sources.find((source) => isMissed(source, unit, inquiry));
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  const upstream = counts(unit, 'upstream');
  const awaited = upstream.total === 1;
  if (late !== undefined) {
    const { verdict } = evaluateTriggerRule(triggerRule, upstream);
    const reason = `${triggerRule} is met before '${late.node.spec.id}', which it is mapped over, can have ended`;
    return verdict === 'run' ? { ...end('upstreamFailed', reason), awaited } : undefined;
  }
  const failed = sources.find(({ node, ended }) => !node.expanded && ended.failed + ended.upstreamFailed > 0);
  if (failed !== undefined) {
    const reason = `its expand needs the output of '${failed.node.spec.id}', which failed`;
    return { ...end('upstreamFailed', reason), awaited };
  }
  const skipped = sources.find(
    (source) => !source.node.expanded && source.ended.skipped > 0 && isReadFirst(source, unit),
  );
  if (skipped === undefined || decidedBefore(unit, skipped, inquiry)) return undefined;
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  return end('skip', `its expand needs the output of '${skipped.node.spec.id}', which was skipped`);
}

/** Whether the trigger rule of a task must have been decided before a source had ended: Airflow then finds none. */
function isMissed(source: Unit, unit: Unit, inquiry: Inquiry): boolean {
  if (source.instances.every(({ reused }) => reused)) return false;
  return decidedBefore(unit, source, inquiry, isReadFirst(source, unit) ? 2 : 1);
}

/**
 * Airflow lets the first one decide when `all_success` sees a skip and a failure. So does Nightjar where there is a
 * first one: when before each failure there must have been a skip. In all other cases the failure wins. Where very much
 * comes before the unit, only the plain reasons for an order are looked for.
 */
function skipOrFailure(unit: Unit, failure: Verdict): Verdict {
  const upstream = upstreamUnits(unit);
  const skips = upstream.filter((each) => each.unfinished > 0 || each.ended.skipped > 0);
  if (skips.length === 0) return failure;
  const exact = isComparable(unit);
  const open = new Set<Unit>();
  const failures = upstream.filter(({ ended, overruled }) => overruled || broken(ended) > 0);
  for (const failed of failures) {
    const inquiry = new Inquiry();
    const skippedFirst = exact
      ? skippedBefore(skips, failed, inquiry.open)
      : skips.some((skip) => skip !== failed && inquiry.endsBefore(skip, failed));
    if (skippedFirst) continue;
    if (inquiry.open.size === 0) return failure;
    for (const each of inquiry.open) open.add(each);
  }
  if (open.size > 0) return waitFor(open, unit);
  return skips.some((each) => each.unfinished > 0)
    ? wait('waits for the rest of its upstream')
    : { ...failure, verdict: 'skip' };
}

function waitFor(open: ReadonlySet<Unit>, unit: Unit): Verdict {
  for (const each of open) watch(unit, each);
  return wait('waits for what came before its upstream');
}

function end(verdict: 'skip' | 'upstreamFailed', reason: string): Verdict {
  return { verdict, reason, awaited: false };
}

function wait(reason: string): Verdict {
  return { verdict: 'wait', reason, awaited: false };
}

function counts({ node, inner }: Unit, of: 'upstream' | 'setups'): UpstreamCounts {
  const a = node.outer[of];
  const b = inner?.[of];
  if (b === undefined) return a;
  return {
    total: a.total + b.total,
    success: a.success + b.success,
    failed: a.failed + b.failed,
    upstreamFailed: a.upstreamFailed + b.upstreamFailed,
    skipped: a.skipped + b.skipped,
    overruled: a.overruled + b.overruled,
    setups: a.setups + b.setups,
    setupsSucceeded: a.setupsSucceeded + b.setupsSucceeded,
    setupsSkipped: a.setupsSkipped + b.setupsSkipped,
  };
}
