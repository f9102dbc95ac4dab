import { runsEveryHour } from '../../activities/run/timetable.js';
import { instantsOf, wallClock } from '../../dag/wall-clock.js';
import { anyDay, isDayOf, type WallTimes, wallTimesBetween } from '../../dag/wall-times.js';

/** Wall-clock times for Temporal, intervals in real time, and moments that can't be told by the clock. */
export type AdjustedTimes = {
  sets: WallTimes[];
  intervals: { every: number; offset: number }[];
  moments: Date[];
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Temporal starts nothing at a time of day that clocks skip, and in hours that they show twice something else from zone to zone:
 * twice, once, or too little. So that runs start when the timetable says, such times are told in other words: one that is
 * skipped as the time that clocks show instead, those of ambiguous hours as moments, and times that come every hour of every
 * day as intervals, to which clocks are nothing.
 */
export function adjustToClockChanges(
  sets: readonly WallTimes[],
  timezone: string,
  years: { from: number; to: number },
): AdjustedTimes {
  const changes = clockChanges(timezone, years);
  const adjusted: AdjustedTimes = { sets: [], intervals: [], moments: [] };
  const isByWholeHours = changes.every(({ from, to }) => (to.getTime() - from.getTime()) % HOUR === 0);
  for (const set of sets) {
    if (changes.length > 0 && isByWholeHours && isAnyHour(set))
      adjusted.intervals.push(...hourly(set, timezone, new Date(Date.UTC(years.from, 0, 1))));
    else adjust(set, timezone, changes, adjusted);
  }
  return adjusted;
}

function adjust(
  set: WallTimes,
  timezone: string,
  changes: readonly ClockChange[],
  adjusted: AdjustedTimes,
): void {
  const ambiguous: Date[] = [];
  for (const { isForward, from, to } of changes) {
    if (isForward) {
      if (runsEveryHour(set)) continue;
      for (const wall of wallTimesBetween(set, from, new Date(to.getTime() - 1)))
        adjusted.sets.push(singleTime(wallClock(instantsOf(wall, timezone).instead, timezone)));
      continue;
    }
    // Hours that are shown in part are ambiguous to Temporal as a whole.
    const first = new Date(Math.floor(from.getTime() / HOUR) * HOUR);
    const last = new Date(Math.ceil(to.getTime() / HOUR) * HOUR - 1);
    const walls = [...wallTimesBetween(set, first, last)];
    if (walls.length === 0) continue;
    for (const wall of walls) {
      const { at } = instantsOf(wall, timezone);
      adjusted.moments.push(...(runsEveryHour(set) ? at : at.slice(-1)));
    }
    const day = new Date(Math.floor(from.getTime() / DAY) * DAY);
    ambiguous.push(day);
    const hour = set.hour.filter((each) => each < first.getUTCHours() || each > last.getUTCHours());
    if (hour.length > 0) adjusted.sets.push({ ...set, ...onDay(day), hour });
  }
  adjusted.sets.push(...without(set, ambiguous));
}

const isAnyHour = (set: WallTimes): boolean =>
  runsEveryHour(set) &&
  (['year', 'month', 'day', 'weekday'] as const).every((field) => set[field].length === anyDay[field].length);

/** The minutes of each hour in real time: they may be others in UTC, by half-hour zones. */
function hourly(set: WallTimes, timezone: string, at: Date): AdjustedTimes['intervals'] {
  const offset = wallClock(at, timezone).getTime() - at.getTime();
  return set.minute
    .map((minute) => (((minute * 60_000 - offset) % HOUR) + HOUR) % HOUR)
    .sort((a, b) => a - b)
    .map((phase) => ({ every: HOUR, offset: phase }));
}

/** The wall-clock times [from, to) that are skipped where clocks go forward, and shown twice where they go back. */
type ClockChange = { isForward: boolean; from: Date; to: Date };

function clockChanges(timezone: string, { from, to }: { from: number; to: number }): ClockChange[] {
  if (timezone === 'UTC') return [];
  const offset = (time: number): number => wallClock(new Date(time), timezone).getTime() - time;
  const changes: ClockChange[] = [];
  const end = Date.UTC(to + 1, 0, 1);
  let before = offset(Date.UTC(from, 0, 1));
  for (let time = Date.UTC(from, 0, 1) + DAY; time <= end; time += DAY) {
    const after = offset(time);
    if (after === before) continue;
    let [low, high] = [time - DAY, time];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    const walls = [high + before, high + after].sort((a, b) => a - b).map((wall) => new Date(wall));
    changes.push({ isForward: after > before, from: walls[0] as Date, to: walls[1] as Date });
    before = after;
  }
  return changes;
}

const onDay = (day: Date): Pick<WallTimes, 'year' | 'month' | 'day'> => ({
  year: [day.getUTCFullYear()],
  month: [day.getUTCMonth() + 1],
  day: [day.getUTCDate()],
});

const singleTime = (wall: Date): WallTimes => ({
  ...anyDay,
  ...onDay(wall),
  hour: [wall.getUTCHours()],
  minute: [wall.getUTCMinutes()],
  second: [0],
});

/** The set without some of its days. */
function without(set: WallTimes, days: readonly Date[]): WallTimes[] {
  const left = days.filter((day) => isDayOf(set, day));
  if (left.length === 0) return [set];
  const touched = new Set(left.map((day) => day.getUTCMonth() + 1));
  const sets = [{ ...set, month: set.month.filter((month) => !touched.has(month)) }];
  for (const month of touched) {
    const ofMonth = left.filter((day) => day.getUTCMonth() + 1 === month);
    const years = new Set(ofMonth.map((day) => day.getUTCFullYear()));
    sets.push({ ...set, month: [month], year: set.year.filter((year) => !years.has(year)) });
    for (const year of years) {
      const dates = ofMonth.filter((day) => day.getUTCFullYear() === year).map((day) => day.getUTCDate());
      sets.push({ ...set, month: [month], year: [year], day: set.day.filter((day) => !dates.includes(day)) });
    }
  }
  return sets.filter(({ year, month, day }) => year.length > 0 && month.length > 0 && day.length > 0);
}
