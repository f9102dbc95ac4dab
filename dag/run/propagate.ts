import type { FinalState } from '../states.js';
import { type UpstreamCounts, unfinished } from '../trigger-rules.js';
import { downstreamOf, reachable } from './run-graph.js';
import { sameGroup, type TaskNode, type Unit } from './units.js';

/** Tells the tasks after a unit that one of its instances has ended. @returns the units whose prospects may have changed */
export function countEnd(unit: Unit, state: FinalState): Unit[] {
  const { downstream, scope, spec } = unit.node;
  const touched: Unit[] = [];
  for (const target of downstream) count(unit, target, 'upstream', state, spec.setup === true, touched);
  for (const target of scope) count(unit, target, 'setups', state, false, touched);
  return touched;
}

function count(
  unit: Unit,
  target: TaskNode,
  of: 'upstream' | 'setups',
  state: FinalState,
  setup: boolean,
  touched: Unit[],
): void {
  const own = ownUnit(unit, target);
  const counts = (own?.inner ?? target.outer)[of];
  counts[state]++;
  if (unit.overruled) counts.overruled++;
  if (setup && state === 'success') counts.setupsSucceeded++;
  if (setup && state === 'skipped') counts.setupsSkipped++;
  if (own !== undefined) touched.push(own);
  // No verdict depends on a number but on whether it is 0, so the many units of a mapped group are looked at only then.
  else if (target.units.length === 1 || counts[state] === 1 || unfinished(counts) === 0) {
    touched.push(...target.units);
  }
}

/** More instances than the one that was counted. */
export function countExpansion(node: TaskNode, instances: number): void {
  const grow = (counts: UpstreamCounts) => {
    counts.total += instances - 1;
  };
  for (const target of node.downstream) {
    if (sameGroup(node, target)) continue;
    grow(target.outer.upstream);
    if (node.spec.setup) target.outer.upstream.setups += instances - 1;
  }
  for (const target of node.scope) if (!sameGroup(node, target)) grow(target.outer.setups);
}

/**
 * Opens a gate that has ended: what it skips is marked, the rest no longer waits for it.
 * @param chosen who passes, with what comes after; all when undefined
 * @returns the units whose prospects may have changed
 */
export function openGate(gate: Unit, chosen: readonly TaskNode[] | undefined): Unit[] {
  const passing = chosen && new Set([...chosen, ...reachable(chosen, downstreamOf)]);
  return gate.node.gated.flatMap((target) => {
    const own = ownUnit(gate, target);
    const prerequisites = own?.inner ?? target.outer;
    prerequisites.gates--;
    if (passing !== undefined && !passing.has(target)) prerequisites.skippedBy.push(gate);
    return own === undefined ? target.units : [own];
  });
}

/** The unit of a task in the same slot of the same mapped group. */
function ownUnit(unit: Unit, target: TaskNode): Unit | undefined {
  return unit.slot !== undefined && sameGroup(unit.node, target) ? target.units[unit.slot.index] : undefined;
}
