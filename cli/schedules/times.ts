import {
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  type IntervalSpecDescription,
  MONTHS,
  type Range,
} from '@temporalio/client';
import { phaseOf, wallTimesOf } from '../../activities/run/timetable.js';
import type { DagDocument } from '../../dag/document.js';
import type { ClockSchedule } from '../../dag/schema/schedule.js';
import { anyDay, type Calendar, type WallTimes, wallTimesOfCalendar } from '../../dag/wall-times.js';
import { adjustToClockChanges } from './clock-changes.js';

/** How many years on and back the days are told on which clocks change; deploying again renews them. */
const YEARS = { back: 5, ahead: 5 };

/** The times of a schedule as Temporal describes them, so that what is wanted can be compared with what is there. */
export type Times = {
  calendars: CalendarSpecDescription[];
  intervals: IntervalSpecDescription[];
  skip: CalendarSpecDescription[];
};

/** Whether a DAG has a schedule by times, which is what Temporal keeps. */
export const hasTimes = ({ schedule }: Pick<DagDocument, 'schedule'>): boolean =>
  schedule !== undefined && !('datasets' in schedule);

/** The times of a DAG's schedule. @param now says around which years clock changes are told */
export function timesOf(dag: DagDocument, now: Date): Times {
  const { schedule, timezone, startDate, endDate } = dag;
  if (schedule === undefined || 'datasets' in schedule)
    throw new Error(`DAG "${dag.dagId}" has no times to run at`);
  const skip = (schedule.skip ?? []).flatMap((each) =>
    wallTimesOfCalendar(each, true).map((set) => calendarOf(set, calendarText(each))),
  );
  if ('every' in schedule) {
    const { every } = schedule;
    return { calendars: [], intervals: [{ every, offset: phaseOf(every, startDate) }], skip };
  }
  const year = now.getUTCFullYear();
  const years = {
    from: startDate === undefined ? year - YEARS.back : Number(startDate.slice(0, 4)),
    to: Math.min(year + YEARS.ahead, endDate === undefined ? Infinity : Number(endDate.slice(0, 4))),
  };
  const adjusted = sourcesOf(schedule).map(({ text, sets }) => ({
    text,
    ...adjustToClockChanges(sets, timezone, years),
  }));
  return {
    calendars: adjusted.flatMap(({ text, sets }) => sets.map((set) => calendarOf(set, text))),
    // An interval that is as long as the time since 1970 comes only then, and again after as long.
    intervals: adjusted.flatMap(({ intervals, moments }) => [
      ...intervals,
      ...moments.map((moment) => ({ every: moment.getTime(), offset: 0 })),
    ]),
    skip,
  };
}

/** Each cron expression and calendar of a schedule, with what it says. */
function sourcesOf(schedule: ClockSchedule): { text: string; sets: WallTimes[] }[] {
  const calendars = 'cron' in schedule ? [schedule.cron] : schedule.calendars;
  return calendars.map((each) => ({ text: calendarText(each), sets: wallTimesOf(each) }));
}

/** Temporal's limit of a comment. */
const COMMENT_LENGTH = 200;

/** A calendar in a line. */
export function calendarText(calendar: string | Calendar): string {
  if (typeof calendar === 'string') return calendar;
  const { at, ...days } = calendar;
  const parts = Object.entries(days).map(([key, value]) => `${key} ${[value].flat().join(', ')}`);
  const text = [...(at === undefined ? [] : [at.join(', ')]), ...parts].join(', ') || 'every day';
  return text.length > COMMENT_LENGTH ? `${text.slice(0, COMMENT_LENGTH - 1)}…` : text;
}

function calendarOf(times: WallTimes, comment: string): CalendarSpecDescription {
  const { second, minute, hour, day, month, year, weekday } = times;
  return {
    second: ranges(second),
    minute: ranges(minute),
    hour: ranges(hour),
    dayOfMonth: ranges(day),
    month: ranges(month).map((range) => named(range, MONTHS, 1)),
    // To Temporal, no year is all years.
    year: year.length === anyDay.year.length ? [] : ranges(year),
    dayOfWeek: ranges(weekday).map((range) => named(range, DAYS_OF_WEEK, 0)),
    comment,
  };
}

const named = <Name>(range: Range<number>, names: readonly Name[], first: number): Range<Name> => ({
  start: names[range.start - first] as Name,
  end: names[range.end - first] as Name,
  step: range.step,
});
/** Sorted values as ranges: those at equal distances as one. */
function ranges(values: readonly number[]): Range<number>[] {
  const [first, second, ...rest] = values;
  if (first === undefined) return [];
  if (second === undefined) return [{ start: first, end: first, step: 1 }];
  const step = second - first;
  const isEven = rest.every((value, index) => value === first + (index + 2) * step);
  if (isEven && (values.length > 2 || step === 1))
    return [{ start: first, end: values.at(-1) as number, step }];
  const runs: Range<number>[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last !== undefined && value === last.end + 1) last.end = value;
    else runs.push({ start: value, end: value, step: 1 });
  }
  return runs;
}
