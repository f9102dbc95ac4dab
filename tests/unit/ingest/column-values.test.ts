import { describe, expect, it } from 'vitest';
import { parseType } from '../../../activities/operators/ingest/column-types.js';
import { type DeclaredValue, valueProblem } from '../../../activities/operators/ingest/column-values.js';

const problem = (value: DeclaredValue, type: string) => valueProblem(value, parseType(type));

describe('values in declarations', () => {
  it.each([
    ['bigint', '9007199254740993'],
    ['bigint', '-9223372036854775808'],
    ['tinyint', 127],
    ['float', 0.1],
    ['double', '1e300'],
    ['decimal(10,2)', '0.10'],
    ['decimal(38,0)', '12345678901234567890123456789012345678'],
    ['date', '2024-02-29'],
    ['timestamp', '2026-03-01'],
    ['timestamp', '2026-03-01T10:00:00.5+02:00'],
    ['timestamp_ntz', '2026-03-01 10:00'],
    ['string', '007'],
    ['varchar(3)', 'äöü'],
    ['boolean', true],
  ] as const)('takes, for %s, %j', (type, value) => {
    expect(problem(value, type)).toBeUndefined();
  });

  it.each([
    ['bigint', 9007199254740994, /beyond 2\^53, where numbers are rounded: write its digits in quotes/],
    ['bigint', '9223372036854775808', /out of range/],
    ['tinyint', 128, /128 is no tinyint: it is out of range/],
    ['int', 0.5, /0\.5 is no int/],
    ['int', 'many', /"many" is no int/],
    ['double', '7f', /no double/],
    ['double', '', /no double/],
    ['decimal(10,2)', '0.125', /no decimal\(10,2\)/],
    ['decimal(4,2)', 100, /no decimal\(4,2\)/],
    ['date', '2026-02-29', /no date/],
    ['date', 2026, /no date: write it as text/],
    ['timestamp', '12:30', /no timestamp/],
    ['timestamp_ntz', '2026-03-01T10:00:00Z', /without a time zone/],
    ['string', 7, /7 is no string: write it in quotes/],
    ['varchar(3)', 'abcd', /more than 3 characters/],
    ['boolean', 'true', /write true or false/],
    ['array<int>', 1, /cannot be compared; use a rule/],
    ['binary', 'a', /cannot be compared/],
  ] as const)('refuses, for %s, %j', (type, value, message) => {
    expect(problem(value, type)).toMatch(message);
  });
});
