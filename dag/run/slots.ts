import type { Slot, Unit } from './units.js';

/** Lets a unit start if its slot is in work or may be; otherwise it waits for that. */
export function mayStart(slot: Slot, unit: Unit): boolean {
  if (!slot.inWork && !enter(slot)) {
    if (slot.ready.length === 0) slot.group.queue.push(slot);
    slot.ready.push(unit);
    return false;
  }
  return true;
}

/** Takes a slot that has nothing to do out of work. @returns the units that may start instead */
export function leave(slot: Slot): Unit[] {
  if (!slot.inWork || slot.open > 0) return [];
  slot.inWork = false;
  slot.group.inWork--;
  for (let next = slot.group.queue.shift(); next !== undefined; next = slot.group.queue.shift()) {
    const units = next.ready.splice(0);
    if (next.open > 0 && enter(next)) return units;
  }
  return [];
}

function enter(slot: Slot): boolean {
  const { group } = slot;
  if (group.inWork >= (group.spec.maxActiveMapped ?? Number.POSITIVE_INFINITY)) return false;
  group.inWork++;
  slot.inWork = true;
  return true;
}
