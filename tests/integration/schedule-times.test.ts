import { Client, Connection } from '@temporalio/client';
import { msNumberToTs, requiredTsToMs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runsBetween } from '../../activities/run/timetable.js';
import {
  differences,
  presentSettings,
  scheduleOptions,
  wantedSettings,
} from '../../cli/schedules/settings.js';
import { parseDag } from '../../dag/parse-dag.js';
import { testServers } from '../support/test-servers.js';

let client: Client;

beforeAll(async () => {
  const connection = await Connection.connect({ address: testServers.temporalAddress });
  client = new Client({ connection });
});
afterAll(() => client.connection.close());

const now = new Date('2026-06-15T12:00:00Z');
const from = new Date('2025-07-01T00:00:00Z');
const to = new Date('2027-01-01T00:00:00Z');

/** The times at which the server would start runs; it tells a thousand at once. */
async function matchingTimes(scheduleId: string): Promise<string[]> {
  const times: string[] = [];
  // It leaves out the first moment that it is asked for.
  for (let start = new Date(from.getTime() - 1000); ; ) {
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace: 'default',
      scheduleId,
      startTime: msNumberToTs(start.getTime()),
      endTime: msNumberToTs(to.getTime()),
    });
    const more = startTime.map((time) => new Date(requiredTsToMs(time, 'startTime')).toISOString());
    times.push(...more);
    if (more.length < 1000) return times;
    start = new Date(more.at(-1) as string);
  }
}

it.each([
  ["'0 2 * * *'", 'Europe/Zurich'],
  ["'30 2 * * *'", 'Europe/Zurich'],
  ["'*/20 2-3 * * *'", 'Europe/Zurich'],
  ["'30 * * * *'", 'Europe/Zurich'],
  ["'*/30 * * * 0'", 'Europe/Zurich'],
  ["'20 * * 10 *'", 'America/New_York'],
  ["'45 * * * *'", 'Australia/Lord_Howe'],
  ["'10 * * * *'", 'Asia/Kolkata'],
  ["'0 3 * * 0'", 'Europe/Zurich'],
  ["'15 1,2 28-31 3,10 *'", 'Europe/Zurich'],
  ["'0 */6 * * *'", 'America/New_York'],
  ["'30 1 * * *'", 'America/New_York'],
  ["'0 0 * * *'", 'America/Santiago'],
  ["'30 23 * * *'", 'America/Santiago'],
  ["'45 1 * * *'", 'Australia/Lord_Howe'],
  ["'15 2 * * *'", 'Australia/Lord_Howe'],
  ["'5 0 * * *'", 'Asia/Kolkata'],
  ["'0 6 13 * 5'", 'UTC'],
  ["'0 6 */10 * mon-fri/2'", 'Europe/Zurich'],
  ["'5/15 7 * * 7'", 'UTC'],
  ["'@quarterly'", 'Europe/Zurich'],
  ['{ every: 6h }', 'Europe/Zurich'],
  ['{ every: 12h, skip: [{ date: [2026-12-25, 2026-12-26] }] }', 'Europe/Zurich'],
  ["{ cron: '0 2 * * *', skip: [{ month: dec, day: 24-26 }, { weekday: [sat, 7] }] }", 'Europe/Zurich'],
  ["{ calendars: [{ at: ['06:30', '18:30', '07:15'], weekday: mon-fri }] }", 'Europe/Zurich'],
  [
    "{ calendars: [{ date: 2026-10-25, at: '02:30' }, '0 12 1 * *', { day: 1-7, weekday: mon }] }",
    'Europe/Zurich',
  ],
])('the server starts %s in %s when the timetable says', async (schedule, timezone) => {
  const parsed = parseDag(
    `dagId: times\nschedule: ${schedule}\ntimezone: ${timezone}\ntasks: [{ id: t, operator: noop }]`,
    { file: 'times.yaml' },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const settings = wantedSettings(parsed.dag, 'nobody', now);
  const scheduleId = `times-${Math.random()}`;
  const handle = await client.schedule.create({
    scheduleId,
    ...scheduleOptions(settings),
    state: { paused: true },
  });
  try {
    const times = await matchingTimes(scheduleId);
    const wanted = runsBetween(parsed.dag, from, to).map((time) => time.toISOString());
    expect({
      missing: wanted.filter((time) => !times.includes(time)),
      more: times.filter((time) => !wanted.includes(time)),
    }).toEqual({ missing: [], more: [] });
    expect(times.length).toBeGreaterThan(0);
    const present = presentSettings(await handle.describe());
    expect(differences(present, settings)).toEqual([]);
    expect(present.calendars).toEqual(settings.calendars);
    expect(present.intervals).toEqual(settings.intervals);
    expect(present.skip).toEqual(settings.skip);
  } finally {
    await handle.delete();
  }
});
