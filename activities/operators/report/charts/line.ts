import { extentOf } from '../extent.js';
import { axisTitle } from '../format.js';
import type { TabularDataOf } from '../report-data.js';
import { logBounds, pointsAxis, rangeText, verticalAxis } from './axes.js';
import type { Chart, Frame } from './chart.js';
import { toPoints, undrawableNotes } from './points.js';
import { chartStyle, plotHeight, seriesColour, seriesDash, seriesStyle } from './style.js';

/** Points up to which each is marked on its line. */
const maxMarked = 40;

export function lineChart(section: TabularDataOf<'line'>, frame: Frame): Chart {
  const { series, xType, categories, undrawable } = toPoints(
    section.table,
    section.x,
    section.y,
    section.series,
  );
  const [first] = section.y;
  const look = {
    label: section.y.length === 1 ? (first?.label ?? '') : '',
    unit: first?.unit ?? '',
    scale: first?.scale ?? 'linear',
  };
  const lines = series.map(({ points }, index) => ({
    ...seriesStyle,
    type: 'line' as const,
    data: points,
    showSymbol: points.length <= maxMarked,
    symbol: 'circle',
    symbolSize: 5,
    lineStyle: { color: seriesColour(index), width: points.length > 200 ? 1.25 : 2, type: seriesDash(index) },
    itemStyle: { color: seriesColour(index) },
  }));
  const values = series.flatMap(({ points }) =>
    points.flatMap(([, value]) => (value === null ? [] : [value])),
  );
  const positions = series
    .flatMap(({ points }) => points.map(([x]) => x))
    .filter((x) => typeof x === 'number');
  const range = extentOf(values);
  const names = section.y.map((field) => field.label).join(' and ');
  const among = series.length > 1 ? ` in ${series.length} lines` : '';
  return {
    option: {
      ...chartStyle,
      xAxis: {
        ...pointsAxis(section.x, xType, categories, frame),
        ...(xType === 'number' ? logBounds(section.x, positions) : {}),
      },
      yAxis: { ...verticalAxis(look), ...logBounds(look, values) },
      series: lines,
    },
    height: plotHeight(frame),
    verticalTitle: axisTitle(look),
    legend:
      series.length > 1
        ? series.map(({ name }, index) => {
            const dash = seriesDash(index);
            return { name, colour: seriesColour(index), mark: dash === 'solid' ? ('line' as const) : dash };
          })
        : [],
    notes: undrawableNotes(undrawable),
    summary: `Line chart of ${names} over ${section.x.label}${among}: ${values.length} points${
      range === null ? '' : `, ${rangeText(range, look.unit)}`
    }.`,
  };
}
