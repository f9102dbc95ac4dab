import { extentOf } from '../extent.js';
import { axisTitle, formatNumber, formatTick } from '../format.js';
import type { ColumnType } from '../report-data.js';
import type { Frame } from './chart.js';
import { axisStyle, titledBelow } from './style.js';

interface AxisLook {
  label: string;
  unit: string;
  scale?: 'linear' | 'log';
}

/** A vertical axis of numbers. Its title stands above the chart. */
export function verticalAxis(look: AxisLook) {
  return {
    ...axisStyle,
    type: look.scale === 'log' ? ('log' as const) : ('value' as const),
    axisLine: { show: false },
    axisLabel: { ...axisStyle.axisLabel, formatter: (value: number) => formatTick(value, look.unit) },
  };
}

/** A horizontal axis of numbers with its title below. */
export function horizontalAxis(look: AxisLook, frame: Frame) {
  return { ...verticalAxis(look), ...titledBelow(axisTitle(look)), splitNumber: frame.narrow ? 3 : 6 };
}

const dayMs = 86_400_000;

/** A horizontal axis for the type of what is drawn along it. Categories are given for text. */
export function pointsAxis(look: AxisLook, type: ColumnType, categories: string[], frame: Frame) {
  if (type === 'number') return { ...horizontalAxis(look, frame), scale: true };
  const style = { ...axisStyle, ...titledBelow(axisTitle(look)), splitLine: { show: false } };
  if (type === 'instant' || type === 'date') {
    return {
      ...style,
      type: 'time' as const,
      splitNumber: frame.narrow ? 3 : 6,
      axisLabel: { ...axisStyle.axisLabel, formatter: timeLabels },
      ...(type === 'date' ? { minInterval: dayMs } : {}),
    };
  }
  return { ...style, type: 'category' as const, data: categories };
}

/** How a time axis writes its ticks, each to be understood alone. */
const timeLabels = {
  year: '{MMM} {yyyy}',
  month: '{MMM} {yyyy}',
  day: '{d} {MMM}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{ss}.{SSS} s',
};

/** A range of positive numbers, widened to the next of 1, 2, 5, 10, … on both sides. */
export function logRange([low, high]: [number, number]): [number, number] {
  const steps = [1, 2, 5, 10];
  const power = (value: number) => 10 ** Math.floor(Math.log10(value));
  const below = steps.findLast((step) => step * power(low) <= low) ?? 1;
  const above = steps.find((step) => step * power(high) >= high) ?? 10;
  return [below * power(low), above * power(high)];
}

/** Bounds for an axis when it is logarithmic: left to itself it would run over whole powers of ten. */
export function logBounds(
  axis: { scale: 'linear' | 'log' } | undefined,
  values: Iterable<number>,
): { min?: number; max?: number } {
  const extent = axis?.scale === 'log' ? extentOf(values) : null;
  if (extent === null || extent[0] <= 0) return {};
  const [min, max] = logRange(extent);
  return { min, max };
}

/** `from 1.2 h to 9.5 h`, for descriptions. */
export function rangeText([low, high]: [number, number], unit: string): string {
  return low === high
    ? formatNumber(low, unit)
    : `from ${formatNumber(low, unit)} to ${formatNumber(high, unit)}`;
}
