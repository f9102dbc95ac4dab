import { Cron } from 'croner';
import type { DagDocument } from '../../dag/document.js';

type Timetable = Pick<DagDocument, 'schedule' | 'timezone'>;

/** When a DAG is due next after a time; undefined when its schedule doesn't say times. */
export function nextRunAfter({ schedule, timezone }: Timetable, after: Date): Date | undefined {
  if (schedule === undefined || 'datasets' in schedule) return undefined;
  if ('every' in schedule) return new Date(after.getTime() + schedule.every);
  return new Cron(schedule.cron, { timezone }).nextRun(after) ?? undefined;
}

/** Whether a run that was due at `scheduledAt` is still the latest one: no later one is due at `now`. */
export function isLatestRun(timetable: Timetable, scheduledAt: Date, now: Date): boolean {
  const next = nextRunAfter(timetable, scheduledAt);
  return next === undefined || next > now;
}
