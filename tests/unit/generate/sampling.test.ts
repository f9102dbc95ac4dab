import { mean, sampleCorrelation, sampleSkewness, standardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { AliasTable, zipfWeights } from '../../../activities/operators/generate-task-logs/alias-table.js';
import { ArrivalCalendar } from '../../../activities/operators/generate-task-logs/arrival-calendar.js';
import { RandomStream } from '../../../activities/operators/generate-task-logs/random-stream.js';
import { Int64Buffer, Validity } from '../../../activities/operators/generate-task-logs/typed-arrays.js';
import { generateSettings } from '../../../config/sections/generate.js';
import { chiSquare, chiSquareLimit, frequencies } from './support.js';

const draws = 50_000;

function uniforms(stream: RandomStream, count: number): number[] {
  return Array.from({ length: count }, () => stream.uniform());
}

describe('RandomStream', () => {
  it('gives the same numbers at the same address and others everywhere else', () => {
    const first = uniforms(new RandomStream(42, 3, 7), 8);
    expect(uniforms(new RandomStream(42, 3, 7), 8)).toEqual(first);
    for (const other of [
      new RandomStream(43, 3, 7),
      new RandomStream(42, 4, 7),
      new RandomStream(42, 3, 8),
    ]) {
      for (const value of uniforms(other, 8)) expect(first).not.toContain(value);
    }
  });

  it('is uniform within a stream and across the first draws of neighbouring streams', () => {
    const within = uniforms(new RandomStream(1, 1), draws);
    const across = Array.from({ length: draws }, (_, block) => new RandomStream(1, 1, block).uniform());
    for (const values of [within, across]) {
      const counts = frequencies(
        values.map((value) => Math.floor(value * 100)),
        100,
      );
      expect(chiSquare(counts, new Array(100).fill(1))).toBeLessThan(chiSquareLimit(99));
    }
    expect(Math.abs(sampleCorrelation(across.slice(1), across.slice(0, -1)))).toBeLessThan(0.02);
  });

  it('draws normals with the moments and tails of the standard normal distribution', () => {
    const values = Array.from(new RandomStream(9, 2).fillNormals(new Float64Array(draws)));
    expect(mean(values)).toBeCloseTo(0, 1.5);
    expect(standardDeviation(values)).toBeCloseTo(1, 1.5);
    expect(Math.abs(sampleSkewness(values))).toBeLessThan(0.05);
    const beyond = (limit: number) => values.filter((value) => Math.abs(value) > limit).length / draws;
    expect(beyond(1)).toBeCloseTo(0.3173, 2);
    expect(beyond(2)).toBeCloseTo(0.0455, 2);
    expect(beyond(3)).toBeGreaterThan(0.0015);
    expect(beyond(3)).toBeLessThan(0.004);
  });

  it('fills an odd number of normals', () => {
    expect(Array.from(new RandomStream(9, 2).fillNormals(new Float64Array(3)))).not.toContain(0);
  });
});

describe('AliasTable', () => {
  it.each([
    { name: 'one choice', weights: [5] },
    { name: 'equal weights', weights: [1, 1, 1] },
    { name: 'some weights of 0', weights: [0, 3, 0, 1] },
    { name: 'very unequal weights', weights: [1000, 1, 10, 100] },
    { name: 'Zipf', weights: Array.from(zipfWeights(50, 1.1)) },
  ])('draws in proportion to the weights: $name', ({ weights }) => {
    const table = new AliasTable(weights);
    const stream = new RandomStream(5, 1);
    const counts = frequencies(
      uniforms(stream, draws).map((uniform) => table.sample(uniform)),
      weights.length,
    );
    expect(counts).toHaveLength(weights.length);
    expect(chiSquare(counts, weights)).toBeLessThan(chiSquareLimit(Math.max(1, weights.length - 1)));
  });
});

describe('ArrivalCalendar', () => {
  const settings = (calendar: object, days = 7) =>
    generateSettings.parse({ period: { start: '2025-03-03', days }, calendar });
  const flat = {
    growthPerYear: 1,
    dailySigma: 0,
    weekdays: new Array(7).fill(1),
    hours: new Array(24).fill(1),
  };

  it('spreads quantiles evenly when all hours are alike, from the first moment to just before the last', () => {
    const calendar = new ArrivalCalendar(settings(flat));
    expect(new Date(calendar.momentAt(0)).toISOString()).toBe('2025-03-03T00:00:00.000Z');
    expect(new Date(calendar.momentAt(0.5)).toISOString()).toBe('2025-03-06T12:00:00.000Z');
    expect(calendar.momentAt(1)).toBeLessThanOrEqual(calendar.end);
    // Going back is allowed, only slower.
    expect(new Date(calendar.momentAt(0.25)).toISOString()).toBe('2025-03-04T18:00:00.000Z');
  });

  it('leaves out hours and weekdays of weight 0', () => {
    const hours = new Array(24).fill(0).fill(1, 9, 17);
    const calendar = new ArrivalCalendar(settings({ ...flat, hours, weekdays: [1, 1, 1, 1, 1, 0, 0] }));
    for (let i = 0; i <= 1000; i += 1) {
      const moment = new Date(calendar.momentAt(i / 1000));
      expect(moment.getUTCHours()).toBeGreaterThanOrEqual(9);
      expect(moment.getUTCHours()).toBeLessThan(17);
      expect([1, 2, 3, 4, 5]).toContain(moment.getUTCDay());
    }
  });

  it('falls back to even hours when the whole period has weight 0', () => {
    const calendar = new ArrivalCalendar(settings({ ...flat, weekdays: [0, 1, 0, 0, 0, 0, 0] }, 1));
    expect(new Date(calendar.momentAt(0.5)).toISOString()).toBe('2025-03-03T12:00:00.000Z');
  });
});

describe('typed arrays', () => {
  it('keeps integers beyond 32 bits', () => {
    const values = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1_735_689_600_123_000, Number.MAX_SAFE_INTEGER];
    const buffer = new Int64Buffer(values.length);
    for (const [i, value] of values.entries()) buffer.set(i, value);
    expect(Array.from(buffer.values)).toEqual(values.map(BigInt));
  });

  it('sets and clears single bits of a bitmap that is used again', () => {
    const validity = new Validity(16);
    validity.setAll(8, 8);
    validity.set(9, false);
    validity.set(0, true);
    expect(Array.from(validity.bytes)).toEqual([1, 0b11111101]);
  });
});
