import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CalendarInterval,
  DayTimeInterval,
  Decimal,
  LocalDate,
  LocalDateTime,
  LocalTime,
  Timestamp,
  YearMonthInterval,
} from '../src/index.js';

// The same examples in every run.
fc.configureGlobal({ seed: 4_300 });

describe('Decimal', () => {
  it.each([
    ['-12.50', '-12.50', 2],
    ['0.001', '0.001', 3],
    ['.5', '0.5', 1],
    ['1e3', '1000', 0],
    ['1.25e1', '12.5', 1],
    ['5E-3', '0.005', 3],
    [0.1, '0.1', 1],
    [1e21, '1000000000000000000000', 0],
    [7n, '7', 0],
  ])('reads %s', (input, text, scale) => {
    const decimal = Decimal.from(input);
    expect(decimal.toString()).toBe(text);
    expect(decimal.scale).toBe(scale);
  });

  it.each(['', '.', 'x', '1,5', 'NaN', '1e', 'Infinity'])('refuses %j', (text) => {
    expect(() => Decimal.from(text)).toThrow(TypeError);
  });

  it('keeps every digit through text', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 38 }), (unscaled, scale) => {
        const decimal = Decimal.of(unscaled, scale);
        const again = Decimal.from(decimal.toString());
        expect(again.unscaled).toBe(unscaled);
        expect(again.scale).toBe(scale);
      }),
    );
  });

  it('compares numbers, not notations, and changes scale without loss only', () => {
    expect(Decimal.from('1.50').equals(Decimal.from('1.5'))).toBe(true);
    expect(Decimal.from('-2').compare(Decimal.from('1.9'))).toBe(-1);
    expect(Decimal.from('1.5').withScale(3).toString()).toBe('1.500');
    expect(() => Decimal.from('1.55').withScale(1)).toThrow(RangeError);
  });
});

describe('dates and times', () => {
  const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });

  it('write ISO 8601 to the microsecond and read it back', () => {
    fc.assert(
      fc.property(micros, (value) => {
        expect(Timestamp.parse(new Timestamp(value).toString()).micros).toBe(value);
        expect(LocalDateTime.parse(new LocalDateTime(value).toString()).micros).toBe(value);
      }),
    );
    expect(String(new Timestamp(-1n))).toBe('1969-12-31T23:59:59.999999Z');
  });

  it('agree with Date to the millisecond, also before 1970', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(Timestamp.fromDate(date).toDate()).toEqual(date);
          expect(Timestamp.parse(date.toISOString()).toDate()).toEqual(date);
          expect(String(LocalDate.fromDate(date))).toBe(date.toISOString().slice(0, 10));
        },
      ),
    );
    expect(new Timestamp(-1n).toDate()).toEqual(new Date(-1));
  });

  it('know offsets', () => {
    expect(Timestamp.parse('2026-03-01T00:30:00+01:30').toString()).toBe('2026-02-28T23:00:00.000000Z');
    expect(Timestamp.parse('2026-03-01 00:30-0500').toString()).toBe('2026-03-01T05:30:00.000000Z');
  });

  it.each([
    () => Timestamp.parse('2026-01-01T00:00:00'),
    () => Timestamp.fromDate(new Date(Number.NaN)),
    () => LocalDate.parse('2026-02-29'),
    () => LocalDate.parse('26-02-01'),
    () => LocalTime.parse('24:00'),
    () => LocalTime.parse('10:00:00.1234567890'),
  ])('refuse what is none: %s', (parse) => {
    expect(parse).toThrow(TypeError);
  });

  it('write only the digits that a time of day has', () => {
    expect(String(LocalTime.parse('07:05'))).toBe('07:05:00');
    expect(String(LocalTime.parse('07:05:09.12'))).toBe('07:05:09.12');
  });
});

describe('printing', () => {
  it('shows and serialises values as their texts', () => {
    expect(inspect(Decimal.from('1.20'))).toBe('Decimal(1.20)');
    expect(String(new YearMonthInterval(-13))).toBe("INTERVAL '-1-1' YEAR TO MONTH");
    expect(String(new DayTimeInterval(-93_784_000_005n))).toBe("INTERVAL '-1 02:03:04.000005' DAY TO SECOND");
    expect(JSON.stringify([new CalendarInterval(1, 2, 3n), LocalDate.parse('2026-01-31')])).toBe(
      '["INTERVAL 1 MONTHS 2 DAYS 3 MICROSECONDS","2026-01-31"]',
    );
  });
});
