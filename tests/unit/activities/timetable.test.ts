import { describe, expect, it } from 'vitest';
import {
  dataIntervalOf,
  isLatestRun,
  nextRunAfter,
  runsBetween,
  type Timetable,
} from '../../../activities/run/timetable.js';

const cron = (expression: string, more: Partial<Timetable> = {}): Timetable => ({
  schedule: { cron: expression },
  timezone: 'Europe/Zurich',
  ...more,
});
const nightly = cron('0 2 * * *');
const times = (timetable: Timetable, from: string, to: string): string[] =>
  runsBetween(timetable, new Date(from), new Date(to)).map((time) => time.toISOString().slice(5, 16));

// What Airflow 3.3's CronTriggerTimetable gives: in 2026 clocks go forward on 29 March and back on 25 October.
describe('the nights in which clocks change are as in Airflow', () => {
  const spring = ['2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z'] as const;
  const autumn = ['2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z'] as const;

  it.each([
    ['0 2 * * *', ['03-29T01:00', '03-30T00:00'], ['10-25T01:00', '10-26T01:00']],
    ['30 2 * * *', ['03-29T01:30', '03-30T00:30'], ['10-25T01:30', '10-26T01:30']],
    [
      '0 2,3 * * *',
      ['03-29T01:00', '03-30T00:00', '03-30T01:00'],
      ['10-25T01:00', '10-25T02:00', '10-26T01:00', '10-26T02:00'],
    ],
    ['0 2 * * 0', ['03-29T01:00'], ['10-25T01:00']],
  ])('%s', (expression, inSpring, inAutumn) => {
    expect(times(cron(expression), ...spring)).toEqual(inSpring);
    expect(times(cron(expression), ...autumn)).toEqual(inAutumn);
  });

  it('runs by the hour where all hours are named', () => {
    for (const [from, to] of [spring, autumn]) {
      const hourly = runsBetween(cron('30 * * * *'), new Date(from), new Date(to));
      expect(hourly).toHaveLength(48);
    }
  });
});

it('gives one run a day for every day of a year, in any zone', () => {
  for (const timezone of ['Europe/Zurich', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
    for (const at of ['0 0', '15 2', '30 1', '45 23']) {
      const year = runsBetween(
        cron(`${at} * * *`, { timezone }),
        new Date('2025-12-31T12:00:00Z'),
        new Date('2026-12-31T11:59:59Z'),
      );
      expect(year.length, `${at} ${timezone}`).toBe(365);
    }
  }
});

it('keeps to the dates of the DAG, both included', () => {
  const bounded = cron('0 0 * * *', {
    timezone: 'UTC',
    startDate: '2026-01-02T00:00:00.000Z',
    endDate: '2026-01-04T00:00:00.000Z',
  });
  expect(times(bounded, '2025-12-01T00:00:00Z', '2026-02-01T00:00:00Z')).toEqual([
    '01-02T00:00',
    '01-03T00:00',
    '01-04T00:00',
  ]);
  expect(nextRunAfter(bounded, new Date('2020-01-01T00:00:00Z'))).toEqual(new Date('2026-01-02T00:00:00Z'));
  expect(nextRunAfter(bounded, new Date('2026-01-04T00:00:00Z'))).toBeUndefined();
});

it('counts intervals from the start date, or from 1970', () => {
  const every = { schedule: { every: 6 * 3_600_000 }, timezone: 'UTC' };
  const day = ['2026-01-02T00:00:00Z', '2026-01-02T12:00:00Z'] as const;
  expect(times(every, ...day)).toEqual(['01-02T00:00', '01-02T06:00', '01-02T12:00']);
  const startDate = '2026-01-01T05:30:00.000Z';
  expect(times({ ...every, startDate }, ...day)).toEqual(['01-02T05:30', '01-02T11:30']);
});

it('finds times that are far away', () => {
  const rare = cron('0 0 29 2 *', { timezone: 'UTC' });
  expect(nextRunAfter(rare, new Date('2024-03-01T00:00:00Z'))).toEqual(new Date('2028-02-29T00:00:00Z'));
  expect(nextRunAfter(cron('0 0 31 2 *'), new Date('2024-03-01T00:00:00Z'))).toBeUndefined();
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

describe('the data interval', () => {
  const of = (dataInterval: 'previous' | number | undefined, logicalDate: string): string[] => {
    const dag = { ...nightly, ...(dataInterval !== undefined && { dataInterval }) };
    const { start, end } = dataIntervalOf(dag, new Date(logicalDate));
    return [start, end].map((time) => time.toISOString().slice(5, 16));
  };

  it('has no length unless the DAG says otherwise', () => {
    expect(of(undefined, '2026-06-01T00:00:00Z')).toEqual(['06-01T00:00', '06-01T00:00']);
  });

  it('begins at the run before, in nights in which clocks change too', () => {
    expect(of('previous', '2026-06-01T00:00:00Z')).toEqual(['05-31T00:00', '06-01T00:00']);
    expect(of('previous', '2026-03-29T01:00:00Z')).toEqual(['03-28T01:00', '03-29T01:00']);
    expect(of('previous', '2026-03-30T00:00:00Z')).toEqual(['03-29T01:00', '03-30T00:00']);
    expect(of('previous', '2026-10-25T01:00:00Z')).toEqual(['10-24T00:00', '10-25T01:00']);
  });

  it('is the last complete one for a run between two scheduled ones', () => {
    expect(of('previous', '2026-06-01T12:00:00Z')).toEqual(['05-31T00:00', '06-01T00:00']);
  });

  it('is as long as the DAG says', () => {
    expect(of(86_400_000, '2026-06-01T12:00:00Z')).toEqual(['05-31T12:00', '06-01T12:00']);
  });
});
