import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../activities/operators/ingest/datetime-format.js';

describe('patterns of dates and times', () => {
  it.each([
    ['dd.MM.yyyy', 'date'],
    ['M/d/yy', 'date'],
    ['yyyyMMdd', 'date'],
    ['yyyy-MM', 'date'],
    ['yyyyDDD', 'date'],
    ['dd MMM yyyy hh:mm a', 'timestamp'],
    ["yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", 'timestamp'],
    ["d 'o''clock' M y H", 'timestamp_ntz'],
    ['yyyy-MM-dd HH:mm VV', 'timestamp'],
  ] as const)('takes %s', (format, type) => {
    expect(formatProblem(format, type)).toBeUndefined();
  });

  it.each([
    ['YYYY-MM-dd', 'date', /has Y or w.*write y/],
    ["yyyy-'W'ww", 'date', /has Y or w/],
    ['yyyy-mm-dd', 'date', /day \(d\) without a month: write M/],
    ['yyyy-MM-DD', 'date', /D, the day of the year.*write d/],
    ['HH:mm', 'timestamp', /has no year/],
    ['yyyy-MM-dd hh:mm:ss', 'timestamp', /without a for AM or PM: write H/],
    ['yyyy-MM mm', 'timestamp', /minutes \(m\) without an hour/],
    ['EEE, dd MMM yyyy', 'date', /cannot be read by the letter E/],
    ['yyyy-MM-ddTHH:mm', 'timestamp', /the letter T; put text of its own in quotes/],
    ['yyyy-MM-dd HH:mm:ss.SSSSSSSSS', 'timestamp', /has SSSSSSSSS: .*6 at most/],
    ["yyyy-MM-dd'T", 'date', /a quote .* is not closed/],
    ['yyyy[-MM', 'date', /each \[ needs a \]/],
    ['yyyy-MM-dd XXX', 'date', /a time zone, which a date cannot keep/],
    ['dd', 'int', /formats are for date, timestamp and timestamp_ntz, this column is int/],
    ['dd', 'array', /this column is array/],
  ] as const)('refuses %s for %s', (format, type, message) => {
    expect(formatProblem(format, type)).toMatch(message);
  });
});
