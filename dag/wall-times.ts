import { cronFields, fieldValues, yearField } from './cron.js';

/** A calendar of the document: times of day, and the days that they are meant for. All that is said must hold. */
export interface Calendar {
  /** `06:30`, each. */
  at?: string[];
  /** Fields as in cron: `mon-fri`, `1-7,15`, `jan`, `2026-2028`. */
  weekday?: string;
  day?: string;
  month?: string;
  year?: string;
  /** `2026-12-24`, each. */
  date?: string[];
}

/** A set of wall-clock times, each field given by its values: what a calendar of Temporal's is too. */
export interface WallTimes {
  year: number[];
  month: number[];
  day: number[];
  /** 0 is Sunday. */
  weekday: number[];
  hour: number[];
  minute: number[];
  second: number[];
}

const DAY = 86_400_000;

const all = (min: number, max: number): number[] =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index);

export const anyDay = {
  year: all(yearField.min, yearField.max),
  month: all(1, 12),
  day: all(1, 31),
  weekday: all(0, 6),
};
const anyTime = { hour: all(0, 23), minute: all(0, 59), second: all(0, 59) };

/** 7 is Sunday too. */
const weekdays = (text: string): number[] => [
  ...new Set(fieldValues(text, cronFields.weekday).map((value) => value % 7)),
];

/**
 * The times of a cron expression. Where it names both days of the month and days of the week, either will do, as in cron and in
 * Airflow; these are two sets, since the fields of one must all hold.
 */
export function wallTimesOfCron(cron: string): WallTimes[] {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/);
  const base = {
    ...anyDay,
    month: fieldValues(month, cronFields.month),
    hour: fieldValues(hour, cronFields.hour),
    minute: fieldValues(minute, cronFields.minute),
    second: [0],
  };
  const byDay = { ...base, day: fieldValues(day, cronFields.day) };
  const byWeekday = { ...base, weekday: weekdays(weekday) };
  if (weekday === '*') return [byDay];
  return day === '*' ? [byWeekday] : [byDay, byWeekday];
}

/** The times of a calendar; without `at`, midnight, or for a calendar of exclusions the whole day. */
export function wallTimesOfCalendar(calendar: Calendar, isExclusion = false): WallTimes[] {
  const { at, weekday, day, month, year, date } = calendar;
  const days = {
    year: year === undefined ? anyDay.year : fieldValues(year, yearField),
    month: month === undefined ? anyDay.month : fieldValues(month, cronFields.month),
    day: day === undefined ? anyDay.day : fieldValues(day, cronFields.day),
    weekday: weekday === undefined ? anyDay.weekday : weekdays(weekday),
  };
  const dates = date?.map((text) => ({ ...days, ...intersect(days, dateFields(text)) })) ?? [days];
  return dates.flatMap((each) => timesOfDay(at, isExclusion).map((times) => ({ ...each, ...times })));
}

const dateFields = (date: string) => {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return { year, month, day };
};

const intersect = (days: Pick<WallTimes, 'year' | 'month' | 'day'>, date: ReturnType<typeof dateFields>) => ({
  year: days.year.filter((value) => value === date.year),
  month: days.month.filter((value) => value === date.month),
  day: days.day.filter((value) => value === date.day),
});

/** Times at the same minute of different hours are one set. */
function timesOfDay(
  at: readonly string[] | undefined,
  isExclusion: boolean,
): Pick<WallTimes, 'hour' | 'minute' | 'second'>[] {
  if (at === undefined && isExclusion) return [anyTime];
  const hours = new Map<number, number[]>();
  for (const text of at ?? ['00:00']) {
    const [hour = 0, minute = 0] = text.split(':').map(Number);
    hours.set(minute, [...(hours.get(minute) ?? []), hour]);
  }
  return [...hours].map(([minute, hour]) => ({
    hour: hour.sort((a, b) => a - b),
    minute: [minute],
    second: [0],
  }));
}

/** Whether a wall-clock time, written as if it were UTC, is one of the set. */
export const isOneOf = (times: WallTimes, wall: Date): boolean =>
  isDayOf(times, wall) &&
  times.hour.includes(wall.getUTCHours()) &&
  times.minute.includes(wall.getUTCMinutes()) &&
  times.second.includes(wall.getUTCSeconds());

export const isDayOf = (times: WallTimes, wall: Date): boolean =>
  times.month.includes(wall.getUTCMonth() + 1) &&
  times.day.includes(wall.getUTCDate()) &&
  times.weekday.includes(wall.getUTCDay()) &&
  times.year.includes(wall.getUTCFullYear());

/** The wall-clock times of the set within [from, to], in order, all written as if they were UTC. */
export function* wallTimesBetween(times: WallTimes, from: Date, to: Date): Generator<Date> {
  for (let day = Math.floor(from.getTime() / DAY) * DAY; day <= to.getTime(); day += DAY) {
    if (!isDayOf(times, new Date(day))) continue;
    for (const hour of times.hour) {
      for (const minute of times.minute) {
        const wall = new Date(day + (hour * 60 + minute) * 60_000);
        if (wall >= from && wall <= to) yield wall;
      }
    }
  }
}
