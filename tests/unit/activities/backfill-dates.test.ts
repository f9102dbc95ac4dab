import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDates, nextDates, parseBoundary } from '../../../activities/backfill/dates.js';
import { runsBetween } from '../../../activities/run/timetable.js';

const iso = (date: Date | undefined): string | undefined => date?.toISOString();

describe('the ends of a range', () => {
  it.each([
    ['2025-03-30', 'from', '2025-03-29T23:00:00.000Z'],
    // A day of 23 hours, whole.
    ['2025-03-30', 'to', '2025-03-30T21:59:59.999Z'],
    ['2025-10-26', 'to', '2025-10-26T22:59:59.999Z'],
    // An hour that clocks show twice is in the range both times.
    ['2025-10-26T02:30', 'from', '2025-10-26T00:30:00.000Z'],
    ['2025-10-26T02:30', 'to', '2025-10-26T01:30:00.000Z'],
    ['2025-01-31T06:00', 'to', '2025-01-31T05:00:00.000Z'],
    ['2025-07-31T06:00:30', 'from', '2025-07-31T04:00:30.000Z'],
    ['2025-07-31T06:00:00Z', 'from', '2025-07-31T06:00:00.000Z'],
    ['2025-07-31T06:00:00+05:30', 'to', '2025-07-31T00:30:00.000Z'],
    ['2025-02-30', 'from', undefined],
    ['2025-02-30T00:00', 'from', undefined],
    ['2025-01-01T24:00', 'from', undefined],
    ['yesterday', 'from', undefined],
  ] as const)('%s as %s is %s for a DAG in Berlin', (text, which, expected) => {
    expect(iso(parseBoundary(text, 'Europe/Berlin', which))).toBe(expected);
  });
});

describe('the dates of a range', () => {
  const timetable = { schedule: { cron: '30 2 * * *' }, timezone: 'Europe/Berlin' };

  it('come from the latest to the earliest when it runs backwards', () => {
    const range = {
      fromDate: '2025-03-28T00:00:00Z',
      toDate: '2025-03-31T00:30:00Z',
      timetable,
      runBackwards: true,
    };
    const { dates, done } = nextDates(range, undefined, 2);
    expect(dates.map(iso)).toEqual(['2025-03-31T00:30:00.000Z', '2025-03-30T01:30:00.000Z']);
    expect(done).toBe(false);
    const rest = nextDates(range, iso(dates[1]), 9);
    expect(rest.dates.map(iso)).toEqual(['2025-03-29T01:30:00.000Z', '2025-03-28T01:30:00.000Z']);
    expect(rest.done).toBe(true);
  });

  it('are all dates of the schedule, each once and in order, in pages of whatever size', async () => {
    const hours = (n: number): string => new Date(Date.UTC(2025, 9, 1) + n * 3_600_000).toISOString();
    const crons = fc.constantFrom('0 * * * *', '*/17 3 * * *', '30 2 * * *', '0 12 * * 1', '0 0 1 * *');
    const run = async (
      cron: string,
      [from, length, size]: [number, number, number],
      runBackwards: boolean,
    ): Promise<void> => {
      const zone = { schedule: { cron }, timezone: 'Europe/Berlin' };
      const range = { fromDate: hours(from), toDate: hours(from + length), timetable: zone, runBackwards };
      const all = runsBetween(zone, new Date(range.fromDate), new Date(range.toDate));
      expect(await countDates(range, 100)).toBe(Math.min(all.length, 100));
      const paged: Date[] = [];
      for (let after: string | undefined; ; ) {
        const { dates, done } = nextDates(range, after, size);
        expect(dates.length).toBeLessThanOrEqual(size);
        paged.push(...dates);
        if (done) break;
        expect(dates).toHaveLength(size);
        after = iso(dates.at(-1));
      }
      expect(paged).toEqual(runBackwards ? all.toReversed() : all);
    };
    const range = fc.tuple(fc.nat(1000), fc.nat(700), fc.integer({ min: 1, max: 300 }));
    await fc.assert(fc.asyncProperty(crons, range, fc.boolean(), run), { numRuns: 20 });
  });
});
