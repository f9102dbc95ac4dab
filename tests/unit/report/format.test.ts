import { describe, expect, it } from 'vitest';
import {
  axisTitle,
  columnFormat,
  formatCell,
  formatInstant,
  formatNumber,
  formatSeconds,
  formatTick,
  humanise,
} from '../../../activities/operators/report/format.js';

/** The text with plain blanks for the narrow ones before units. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('formats', () => {
  it.each([
    [996_012, '', '996,012'],
    [5_482_910.33, 'h', '5,482,910 h'],
    [123.456, '', '123.5'],
    [3.456, 'h', '3.46 h'],
    [0.012345, '', '0.0123'],
    [0.00000123, '', '1.23e-6'],
    [-4, '', '-4'],
    [0.81234, '%', '81.2%'],
    [0.039876, '%', '3.99%'],
    [0.000399, '%', '0.0399%'],
    [0, '', '0'],
    [0, 'bytes', '0 B'],
    [1536, 'bytes', '1.5 KiB'],
    [384e6, 'bytes', '366 MiB'],
  ])('writes %d with unit "%s" as %s', (value, unit, text) => {
    expect(plain(formatNumber(value, unit))).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [0.0004, '1 ms'],
    [0.35, '350 ms'],
    [12.34, '12.3 s'],
    [59.97, '1 min'],
    [200, '3 min 20 s'],
    [7199.9, '2 h'],
    [3900, '1 h 5 min'],
    [-90, '-1 min 30 s'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(plain(formatSeconds(seconds))).toBe(text);
  });

  it('writes the numbers of a column with as many digits after the point', () => {
    const column = (values: number[], unit?: string) => values.map(columnFormat(values, unit));
    expect(column([12, 4.7, 21.254])).toEqual(['12.00', '4.70', '21.25']);
    expect(column([1234.5, 12.5])).toEqual(['1,235', '13']);
    expect(column([631.5, 0.0398])).toEqual(['631.5', '0.0398']);
    expect(column([3, 40, 500])).toEqual(['3', '40', '500']);
    expect(column([0.5, 0.0123])).toEqual(['0.5', '0.0123']);
    expect(column([0.796, 0.8])).toEqual(['0.796', '0.8']);
    expect(column([0.796, 0.8], '%')).toEqual(['79.6%', '80.0%']);
  });

  it('keeps ticks short', () => {
    expect(formatTick(9500)).toBe('9,500');
    expect(formatTick(1_200_000)).toBe('1.2M');
    expect(formatTick(0.1 + 0.2)).toBe('0.3');
    expect(formatTick(0.05, '%')).toBe('5%');
  });

  it('writes times with their zone, and dashes for what is absent', () => {
    expect(formatInstant('2025-06-24T02:00:00.000Z')).toBe('2025-06-24 02:00 UTC');
    expect(formatInstant('2025-06-24T02:00:07.123456')).toBe('2025-06-24 02:00:07');
    expect(formatCell(null, 'number')).toBe('–');
    expect(formatCell(true, 'boolean')).toBe('yes');
    expect(formatCell('2025-06-24', 'date')).toBe('2025-06-24');
  });

  it('makes labels of names and titles of axes', () => {
    expect(humanise('lead_time')).toBe('Lead time');
    expect(axisTitle({ label: 'Duration', unit: 'h', scale: 'log' })).toBe('Duration (h, log scale)');
    expect(axisTitle({ label: 'Share', unit: '%' })).toBe('Share');
  });
});
