import {
  broken,
  evaluateTriggerRule,
  type UpstreamCounts,
  unfinished,
  type Verdict,
} from '../trigger-rules.js';
import { endedAtOnce, Inquiry } from './causality.js';
import { isComparable, skippedBefore } from './precedence.js';
import { upstreamUnits } from './run-graph.js';
import { type Ended, type Unit, unitsUpstream, watch } from './units.js';

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
    node.outer.skippedBy.find((each) => !node.knownAtStart || inquiry.verdictBefore(unit, each) === 'wait');
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  if (gate !== undefined) return end('skip', `skipped by '${gate.node.spec.id}'`);
  return node.outer.gates + (inner?.gates ?? 0) > 0 ? wait('waits for a gate') : undefined;
}

function bySetups(unit: Unit): Verdict | undefined {
  const { spec, setups: nodes } = unit.node;
  if (nodes.length === 0 || spec.triggerRule === 'always') return undefined;
  const setups = counts(unit, 'setups');
  const inquiry = new Inquiry();
  const late = (bad: (ended: Ended) => boolean) =>
    nodes
      .flatMap((node) => unitsUpstream(unit, node))
      .filter(({ ended }) => bad(ended))
      .every((setup) => ['skip', 'upstreamFailed'].includes(inquiry.verdictBefore(unit, setup)));
  const failed = broken(setups) > 0 && !late((ended) => ended.failed + ended.upstreamFailed > 0);
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  if (failed) return end('upstreamFailed', 'a setup that it needs failed');
  if (unfinished(setups) > 0) return wait('waits for its setups');
  const skipped = broken(setups) === 0 && setups.skipped > 0 && !late((ended) => ended.skipped > 0);
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  return skipped ? end('skip', 'a setup that it needs was skipped') : undefined;
}

function byRule(unit: Unit): Verdict {
  const { triggerRule } = unit.node.spec;
  const upstream = counts(unit, 'upstream');
  const sources = sourcesOf(unit);
  if (sources.length > 0) {
    const verdict = bySources(unit, sources);
    if (verdict !== undefined) return verdict;
  }
  const verdict = evaluateTriggerRule(triggerRule, upstream);
  const sourceSkipped = sources.some(({ ended }) => ended.skipped > 0);
  if (verdict.verdict !== 'upstreamFailed' || !(triggerRule === 'all_success' || sourceSkipped)) {
    return verdict;
  }
  return skipOrFailure(unit, verdict);
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
  if (triggerRule === 'always') {
    // It starts when the run does, so there is something to map over only if that ended at once.
    return sources.every(endedAtOnce)
      ? undefined
      : end('upstreamFailed', 'always starts before what it is mapped over has ended');
  }
  if (unfinished) return wait('waits for what it is mapped over');
  const inquiry = new Inquiry();
  const late = sources.find((source) => heldBefore(unit, source, inquiry));
  if (inquiry.open.size > 0) return waitFor(inquiry.open, unit);
  const upstream = counts(unit, 'upstream');
  const awaited = upstream.total === 1;
  if (late !== undefined) {
    const { verdict } = evaluateTriggerRule(triggerRule, upstream);
    const reason = `${triggerRule} is met before '${late.node.spec.id}', which it is mapped over, can have ended`;
    return verdict === 'run' ? { ...end('upstreamFailed', reason), awaited } : undefined;
  }
  const failed = sources.find(({ node, ended }) => !node.expanded && ended.failed + ended.upstreamFailed > 0);
  if (failed === undefined) return undefined;
  const reason = `its expand needs the output of '${failed.node.spec.id}', which failed`;
  return { ...end('upstreamFailed', reason), awaited };
}

/** Whether the rule must have been decided before all of a source had ended: Airflow then finds nothing to map over. */
function heldBefore(unit: Unit, source: Unit, inquiry: Inquiry): boolean {
  const { success, failed, upstreamFailed } = source.ended;
  const enough = { one_success: success, one_failed: failed + upstreamFailed, one_done: success + failed };
  const rule = unit.node.spec.triggerRule;
  if (rule in enough && enough[rule as keyof typeof enough] > 1) return true;
  return inquiry.verdictBefore(unit, source) !== 'wait';
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
  for (const failed of upstream.filter(({ ended }) => ended.failed + ended.upstreamFailed > 0)) {
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
    setups: a.setups + b.setups,
    setupsSucceeded: a.setupsSucceeded + b.setupsSucceeded,
    setupsSkipped: a.setupsSkipped + b.setupsSkipped,
  };
}
