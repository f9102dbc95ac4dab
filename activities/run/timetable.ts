import type { DagDocument } from '../../dag/document.js';
import { instantsOf, wallClock } from '../../dag/wall-clock.js';
import {
  type Calendar,
  isOneOf,
  type WallTimes,
  wallTimesBetween,
  wallTimesOfCalendar,
  wallTimesOfCron,
} from '../../dag/wall-times.js';

/** What of a DAG says when it runs. */
export type Timetable = Pick<DagDocument, 'schedule' | 'timezone' | 'startDate' | 'endDate'>;

const HOUR = 3_600_000;

/** More than clocks are ever put back or forward. */
const CLOCK_CHANGE = 3 * HOUR;

/** How far the search for a time goes: 29 February is the same day of the week every 28 years, or 40 around 2100. */
const spans = [1, 8, 64, 512, 4096, 41 * 366 * 24].map((hours) => hours * HOUR);

/**
 * The times within [from, to] at which a schedule starts runs, in order: their logical dates. The times of a schedule in a
 * time zone are what Airflow makes of them: each once a day, on the days when clocks change too (see docs/scheduling.md).
 */
export function runsBetween(timetable: Timetable, from: Date, to: Date): Date[] {
  const { startDate, endDate } = timetable;
  const first = Math.max(from.getTime(), startDate === undefined ? -Infinity : Date.parse(startDate));
  const last = Math.min(to.getTime(), endDate === undefined ? Infinity : Date.parse(endDate));
  return first > last ? [] : timesBetween(timetable, new Date(first), new Date(last));
}

/** When a DAG is due next after a time; undefined when it isn't, or its schedule doesn't say times. */
export function nextRunAfter(timetable: Timetable, after: Date): Date | undefined {
  const { startDate } = timetable;
  const from = Math.max(after.getTime() + 1, startDate === undefined ? -Infinity : Date.parse(startDate));
  for (const span of spans) {
    const [next] = runsBetween(timetable, new Date(from), new Date(from + span));
    if (next !== undefined) return next;
  }
  return undefined;
}

/** Whether a run that was due at `scheduledAt` is still the latest one: no later one is due at `now`. */
export function isLatestRun(timetable: Timetable, scheduledAt: Date, now: Date): boolean {
  const next = nextRunAfter(timetable, scheduledAt);
  return next === undefined || next > now;
}

/**
 * The data interval of a run, as the DAG's `dataInterval` says: none, the time since the run before, or a duration up to
 * the logical date. A run between two scheduled ones has the last interval that is complete, as in Airflow.
 */
export function dataIntervalOf(
  timetable: Timetable & Pick<DagDocument, 'dataInterval'>,
  logicalDate: Date,
): { start: Date; end: Date } {
  const { dataInterval } = timetable;
  if (dataInterval === undefined) return { start: logicalDate, end: logicalDate };
  if (dataInterval !== 'previous')
    return { start: new Date(logicalDate.getTime() - dataInterval), end: logicalDate };
  const end = lastTimeUntil(timetable, logicalDate) ?? logicalDate;
  const start = lastTimeUntil(timetable, new Date(end.getTime() - 1)) ?? end;
  return { start, end };
}

/** The bounds of the DAG's dates don't count: the first run's interval begins where a run before it would have been. */
function lastTimeUntil(timetable: Timetable, until: Date): Date | undefined {
  for (const span of spans) {
    const last = timesBetween(timetable, new Date(until.getTime() - span), until).at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}

function timesBetween({ schedule, timezone, startDate }: Timetable, from: Date, to: Date): Date[] {
  if (schedule === undefined || 'datasets' in schedule) return [];
  const times =
    'every' in schedule
      ? intervalTimes(schedule.every, phaseOf(schedule.every, startDate), from, to)
      : ('cron' in schedule ? [schedule.cron] : schedule.calendars)
          .flatMap(wallTimesOf)
          .flatMap((set) => instantsBetween(set, timezone, from, to));
  const skipped = (schedule.skip ?? []).flatMap((calendar) => wallTimesOfCalendar(calendar, true));
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .map((time) => new Date(time))
    .filter((time) => {
      const wall = skipped.length > 0 ? wallClock(time, timezone) : time;
      return !skipped.some((set) => isOneOf(set, wall));
    });
}

/** The wall-clock times that a cron expression or a calendar means. */
export const wallTimesOf = (calendar: string | Calendar): WallTimes[] =>
  typeof calendar === 'string' ? wallTimesOfCron(calendar) : wallTimesOfCalendar(calendar);

/** Intervals are counted from the DAG's start date, as in Airflow, or else from 1970. */
export const phaseOf = (every: number, startDate: string | undefined): number =>
  startDate === undefined ? 0 : Date.parse(startDate) % every;

function intervalTimes(every: number, phase: number, from: Date, to: Date): number[] {
  const times: number[] = [];
  const first = Math.ceil((from.getTime() - phase) / every) * every + phase;
  for (let time = first; time <= to.getTime(); time += every) times.push(time);
  return times;
}

/** Whether all hours of a day are named: then runs go by the hour, however clocks are set. */
export const runsEveryHour = ({ hour }: WallTimes): boolean => hour.length === 24;

function instantsBetween(set: WallTimes, timezone: string, from: Date, to: Date): number[] {
  const first = new Date(wallClock(from, timezone).getTime() - CLOCK_CHANGE);
  const last = new Date(wallClock(to, timezone).getTime() + CLOCK_CHANGE);
  const instants: number[] = [];
  for (const wall of wallTimesBetween(set, first, last)) {
    const { at, instead } = instantsOf(wall, timezone);
    // A time of day that clocks skip is taken where it would have been; of one that they show twice, the second.
    for (const instant of runsEveryHour(set) ? at : [at.at(-1) ?? instead])
      if (instant >= from && instant <= to) instants.push(instant.getTime());
  }
  return instants;
}
