import { setImmediate } from 'node:timers/promises';
import type { BackfillPlan } from '../../dag/backfill/messages.js';
import { isDate, isDateTime } from '../../dag/instant.js';
import { instantsOf } from '../../dag/wall-clock.js';
import { runsBetween } from '../run/timetable.js';

const day = 86_400_000;

const localTime = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?$/;

/**
 * The time that text names: with its zone, or on the clocks of the DAG's time zone. A day alone is its beginning, or its
 * end when it ends a range: a range of days has all the runs of its last day. Undefined when it names none.
 */
export function parseBoundary(text: string, timezone: string, which: 'from' | 'to'): Date | undefined {
  if (isDateTime(text)) return new Date(text);
  if (isDate(text)) {
    const midnight = Date.parse(`${text}T00:00:00Z`);
    if (which === 'from') return instantOf(midnight, timezone, which);
    return new Date(instantOf(midnight + day, timezone, which).getTime() - 1);
  }
  const [, date = ''] = localTime.exec(text) ?? [];
  return isDate(date) ? instantOf(Date.parse(`${text}Z`), timezone, which) : undefined;
}

/** When clocks in the zone show a time: a range holds both instants of one that they show twice. */
function instantOf(wall: number, timezone: string, which: 'from' | 'to'): Date {
  const { at, instead } = instantsOf(new Date(wall), timezone);
  return at.at(which === 'from' ? 0 : -1) ?? instead;
}

type Range = Pick<BackfillPlan, 'fromDate' | 'toDate' | 'timetable'>;

/** How many logical dates a range has, as far as `limit`, without keeping the process from its other work. */
export async function countDates(range: Range, limit: number): Promise<number> {
  const last = Date.parse(range.toDate);
  let count = 0;
  for (let from = Date.parse(range.fromDate); from <= last && count < limit; from += day) {
    const to = Math.min(last, from + day - 1);
    count += runsBetween(range.timetable, new Date(from), new Date(to)).length;
    await setImmediate();
  }
  return Math.min(count, limit);
}

/** The first window that is looked at, in milliseconds; each that has too few dates is doubled. */
const firstWindow = 3_600_000;

/**
 * The next `count` logical dates of a range after one, in the order of the backfill, and whether they are its last. Only as
 * much of the range is looked at as is needed: it may hold very many.
 */
export function nextDates(
  range: Range & Pick<BackfillPlan, 'runBackwards'>,
  after: string | undefined,
  count: number,
): { dates: Date[]; done: boolean } {
  const { runBackwards } = range;
  const first = Date.parse(range.fromDate);
  const last = Date.parse(range.toDate);
  const start =
    after === undefined ? (runBackwards ? last : first) : Date.parse(after) + (runBackwards ? -1 : 1);
  for (let window = firstWindow; ; window *= 2) {
    const from = runBackwards ? Math.max(first, start - window) : start;
    const to = runBackwards ? start : Math.min(last, start + window);
    const isAll = runBackwards ? from === first : to === last;
    const found = from > to ? [] : runsBetween(range.timetable, new Date(from), new Date(to));
    if (!isAll && from <= to && found.length <= count) continue;
    const ordered = runBackwards ? found.toReversed() : found;
    return { dates: ordered.slice(0, count), done: ordered.length <= count };
  }
}
