import { extentOf } from '../extent.js';
import { axisTitle } from '../format.js';
import type { ColumnType, TabularDataOf } from '../report-data.js';
import { logBounds, logRange, pointsAxis, rangeText, verticalAxis } from './axes.js';
import type { Chart, Frame, LegendEntry } from './chart.js';
import { type PointSeries, toPoints, undrawableNotes } from './points.js';
import { chartStyle, plotHeight, seriesColour, seriesStyle, seriesSymbol } from './style.js';

export function scatterChart(section: TabularDataOf<'scatter'>, frame: Frame): Chart {
  const { series, xType, categories, undrawable } = toPoints(
    section.table,
    section.x,
    [section.y],
    section.series,
  );
  const count = series.reduce((sum, { points }) => sum + points.length, 0);
  const clouds = series.map(({ points }, index) => ({
    ...seriesStyle,
    type: 'scatter' as const,
    data: points,
    symbol: seriesSymbol(index),
    symbolSize: count > 500 ? 5 : 8,
    itemStyle: { color: seriesColour(index), opacity: count > 500 ? 0.5 : 0.75 },
  }));
  const shared = section.reference === 'y=x' ? sharedRange(series, section.x.scale === 'log') : null;
  const bounds = (axis: 0 | 1) =>
    shared === null
      ? logBounds([section.x, section.y][axis], numbersAlong(series, axis))
      : { min: shared[0], max: shared[1] };
  const reference = {
    ...seriesStyle,
    type: 'line' as const,
    data: shared === null ? [] : shared.map((value) => [value, value]),
    symbol: 'none',
    lineStyle: { color: 'var(--ink)', width: 1.5, type: 'dashed' as const },
  };
  return {
    option: {
      ...chartStyle,
      xAxis: { ...pointsAxis(section.x, xType, categories, frame), ...bounds(0) },
      yAxis: { ...verticalAxis(section.y), scale: true, ...bounds(1) },
      series: shared === null ? clouds : [...clouds, reference],
    },
    height: plotHeight(frame) + (shared === null ? 40 : 80),
    verticalTitle: axisTitle(section.y),
    legend: legendOf(series, shared !== null),
    notes: undrawableNotes(undrawable),
    summary: summarise(section, xType, series, count),
  };
}

/** One range for both axes, rounded outwards, so that y = x runs from corner to corner. Null when nothing is drawn. */
function sharedRange(series: PointSeries[], log: boolean): [number, number] | null {
  const extent = extentOf([...numbersAlong(series, 0), ...numbersAlong(series, 1)]);
  if (extent === null) return null;
  const [low, high] = extent;
  if (log) return logRange(extent);
  if (low === high) return [low - 1, high + 1];
  const unit = 10 ** Math.floor(Math.log10(high - low)) / 2;
  return [Math.floor(low / unit) * unit, Math.ceil(high / unit) * unit];
}

function legendOf(series: PointSeries[], reference: boolean): LegendEntry[] {
  if (series.length === 1 && !reference) return [];
  const entries: LegendEntry[] = series.map(({ name }, index) => ({
    name,
    colour: seriesColour(index),
    mark: seriesSymbol(index),
  }));
  return reference ? [...entries, { name: 'y = x', colour: 'var(--ink)', mark: 'dashed' }] : entries;
}

/** All numbers along an axis: 0 for x, 1 for y. */
function numbersAlong(series: PointSeries[], axis: 0 | 1): number[] {
  return series
    .flatMap(({ points }) => points.map((point) => point[axis]))
    .filter((value) => typeof value === 'number');
}

function summarise(
  { x, y }: TabularDataOf<'scatter'>,
  xType: ColumnType,
  series: PointSeries[],
  count: number,
): string {
  const along = xType === 'number' ? extentOf(numbersAlong(series, 0)) : null;
  const up = extentOf(numbersAlong(series, 1));
  const ranges = [
    ...(along === null ? [] : [`${x.label} ${rangeText(along, x.unit)}`]),
    ...(up === null ? [] : [`${y.label} ${rangeText(up, y.unit)}`]),
  ].join(', ');
  const groups =
    series.length > 1 ? ` in ${series.length} groups (${series.map(({ name }) => name).join(', ')})` : '';
  return `Scatter plot of ${y.label} against ${x.label}: ${count} points${groups}; ${ranges}.`;
}
