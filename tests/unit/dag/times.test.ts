import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExpressionError, parseExpression } from '../../../dag/expression.js';
import { dayOf, isDate, isDateTime } from '../../../dag/instant.js';

const evaluate = (source: string) => parseExpression(source).evaluate({});

describe.each(['UTC', 'America/New_York', 'Pacific/Kiritimati', 'Europe/Zurich'])(
  'on a worker in %s',
  (zone) => {
    const before = process.env.TZ;
    beforeEach(() => {
      process.env.TZ = zone;
    });
    afterEach(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });

    it.each([
      ['ds("2026-01-31T23:30:00")', '2026-01-31'],
      ['ds("2026-01-31 00:30:00.5")', '2026-01-31'],
      ['ds("2026-01-31T23:30:00-05:00")', '2026-02-01'],
      ['ds("2026-01-31T00:30:00+05:30")', '2026-01-30'],
      ['ds("2026-01-31")', '2026-01-31'],
      ['ds("2026-1-5")', '2026-01-05'],
      ['dsNodash("2026-01-31T23:30:00")', '20260131'],
      ['ds(timestamp("2026-01-31T23:30:00Z"))', '2026-01-31'],
      ['timestamp("2026-07-01T12:00:00Z").getHours("+05:30")', 17],
      ['timestamp("2026-07-01T12:00:00Z").getMinutes("+05:30")', 30],
      ['timestamp("2026-07-01T12:00:00Z").getHours("-08:00")', 4],
      ['timestamp("2026-07-01T12:00:00Z").getHours("02:00")', 14],
      ['timestamp("2026-07-01T12:00:00Z").getHours("Asia/Kolkata")', 17],
      ['timestamp("2026-07-01T22:30:00Z").getDate("Europe/Zurich")', 2],
      ['timestamp("2026-07-01T22:30:00Z").getDayOfMonth("+02:00")', 1],
      ['timestamp("2026-07-05T10:00:00Z").getDayOfWeek()', 0],
      ['timestamp("2026-07-05T23:00:00Z").getDayOfWeek("+05:30")', 1],
      ['timestamp("2026-07-05T10:00:00Z").getMonth()', 6],
      ['timestamp("2026-07-05T10:00:00Z").getDayOfYear()', 185],
      ['timestamp("2026-12-31T23:30:00Z").getDayOfYear("Europe/Zurich")', 0],
      ['timestamp("2026-12-31T23:30:00Z").getFullYear("Europe/Zurich")', 2027],
      // Where clocks of a worker in New York or Zurich skip an hour.
      ['timestamp("2026-03-08T02:30:00Z").getHours("UTC")', 2],
      ['timestamp("2026-03-29T02:30:00Z").getHours("Asia/Tokyo")', 11],
      ['timestamp("2026-01-01T00:00:00.123Z").getMilliseconds("+05:45")', 123],
      ['timestamp("1969-12-31T23:59:59.500Z").getSeconds("Europe/Zurich")', 59],
      ['duration("90m").getHours()', 1],
    ])('%s', (source, value) => {
      expect(evaluate(source)).toBe(value);
    });
  },
);

it.each([
  [
    'ds("2026-02-31")',
    "ds needs a real date or time, such as 2026-01-31 or 2026-01-31T23:30:00Z, got '2026-02-31'",
  ],
  ['ds("2026-02-29T00:00:00Z")', 'ds needs a real date or time'],
  ['ds("Jan 31 2026")', 'ds needs a real date or time'],
  ['ds("2026-01-31T25:00:00")', 'ds needs a real date or time'],
  ['dsNodash("")', 'ds needs a real date or time'],
  ['timestamp("2026-02-31T00:00:00Z")', 'timestamp() needs a real time with its zone'],
  ['timestamp("2026-01-31T23:30:00")', 'timestamp() needs a real time with its zone'],
  ['timestamp("2026-01-31 23:30:00 UTC")', 'timestamp() needs a real time with its zone'],
  ['timestamp("2026-01-01T00:00:00Z").getHours("Mars/Olympus")', "there is no time zone 'Mars/Olympus'"],
  ['timestamp("2026-01-01T00:00:00Z").getHours("+25:00")', "there is no time zone '+25:00'"],
])('%s is refused', (source, problem) => {
  expect(() => evaluate(source)).toThrow(ExpressionError);
  expect(() => evaluate(source)).toThrow(problem);
});

it('tells dates and times from what only looks like them', () => {
  for (const text of ['2024-02-29', '2026-12-31']) expect(isDate(text)).toBe(true);
  for (const text of ['2026-02-29', '2026-13-01', '2026-1-5', '2026-01-00']) expect(isDate(text)).toBe(false);
  for (const text of ['2026-01-31T23:30Z', '2026-01-31T23:30:00.123456+14:00'])
    expect(isDateTime(text)).toBe(true);
  for (const text of [
    '2026-02-31T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T23:60:00Z',
    '2026-01-31T23:30:00',
    '2026-01-31T23:30:00+24:00',
    '2026-01-31T23:30:00Z ',
  ])
    expect(isDateTime(text)).toBe(false);
  expect(dayOf('tomorrow')).toBeUndefined();
});
