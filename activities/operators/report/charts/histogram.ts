import { axisTitle, formatNumber } from '../format.js';
import type { TabularDataOf } from '../report-data.js';
import { horizontalAxis, verticalAxis } from './axes.js';
import type { Chart, Frame } from './chart.js';
import { columnIndex, numberAt, undrawableNotes } from './points.js';
import { chartStyle, plotHeight, seriesColour } from './style.js';

export function histogramChart(section: TabularDataOf<'histogram'>, frame: Frame): Chart {
  const { table, x, y } = section;
  const [from, to, count] = [x.from, x.to, y.column].map((name) => columnIndex(table, name));
  const bins = table.rows.flatMap((row) => {
    const bin = [from, to, count]
      .map((index) => numberAt(row, index ?? -1))
      .filter((value) => value !== null);
    return bin.length === 3 ? [bin] : [];
  });
  const drawn = x.scale === 'log' ? bins.filter(([low = 0]) => low > 0) : bins;
  const total = drawn.reduce((sum, [, , n = 0]) => sum + n, 0);
  const [low = 0, high = 0, most = 0] = drawn.toSorted(([, , a = 0], [, , b = 0]) => b - a)[0] ?? [];
  const min = Math.min(...drawn.map(([low = 0]) => low));
  const max = Math.max(...drawn.map(([, high = 0]) => high));
  const axis = horizontalAxis(x, frame);
  // A logarithmic axis has its ticks at powers of ten: bounds that are none stay without a label.
  const isTick = (bound: number) => x.scale === 'linear' || Math.abs(Math.log10(bound) % 1) < 1e-9;
  return {
    option: {
      ...chartStyle,
      xAxis: {
        ...axis,
        scale: true,
        min,
        max,
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, showMinLabel: isTick(min), showMaxLabel: isTick(max) },
      },
      yAxis: verticalAxis(y),
      series: [
        {
          silent: true,
          type: 'custom',
          data: drawn,
          encode: { x: [0, 1], y: 2 },
          renderItem: (_params, api) => {
            const [left = 0, top = 0] = api.coord([api.value(0), api.value(2)]);
            const [right = 0, bottom = 0] = api.coord([api.value(1), 0]);
            return {
              type: 'rect',
              shape: { x: left, y: top, width: Math.max(right - left - 1, 1), height: bottom - top },
              style: { fill: seriesColour(0) },
            };
          },
        },
      ],
    },
    height: plotHeight(frame),
    verticalTitle: axisTitle(y),
    legend: [],
    notes: undrawableNotes(bins.length - drawn.length),
    summary: `Histogram of ${x.label}: ${drawn.length} bins, ${formatNumber(total, y.unit)} in all; most, ${formatNumber(
      most,
      y.unit,
    )}, between ${formatNumber(low, x.unit)} and ${formatNumber(high, x.unit)}.`,
  };
}
