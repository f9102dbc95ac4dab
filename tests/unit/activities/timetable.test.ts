import { expect, it } from 'vitest';
import { isLatestRun, nextRunAfter } from '../../../activities/run/timetable.js';

const nightly = { schedule: { cron: '0 2 * * *' }, timezone: 'Europe/Zurich' };

it('follows the clocks of the time zone', () => {
  // The night of 29 to 30 March 2025 has no 02:00 in Zurich.
  expect(nextRunAfter(nightly, new Date('2025-03-28T12:00:00Z'))).toEqual(new Date('2025-03-29T01:00:00Z'));
  expect(nextRunAfter(nightly, new Date('2025-03-30T12:00:00Z'))).toEqual(new Date('2025-03-31T00:00:00Z'));
});

it('knows the latest run of a schedule', () => {
  const due = new Date('2025-06-01T00:00:00Z');
  expect(isLatestRun(nightly, due, new Date('2025-06-01T23:59:00Z'))).toBe(true);
  expect(isLatestRun(nightly, due, new Date('2025-06-02T00:00:00Z'))).toBe(false);
  const hourly = { schedule: { every: 3_600_000 }, timezone: 'UTC' };
  expect(isLatestRun(hourly, due, new Date('2025-06-01T00:59:59Z'))).toBe(true);
  expect(isLatestRun(hourly, due, new Date('2025-06-01T01:00:00Z'))).toBe(false);
});

it('takes every run as the latest where no times are given', () => {
  const datasets = { schedule: { datasets: 'orders' }, timezone: 'UTC' };
  expect(isLatestRun(datasets, new Date(0), new Date())).toBe(true);
  expect(isLatestRun({ timezone: 'UTC' }, new Date(0), new Date())).toBe(true);
});
