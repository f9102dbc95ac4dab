import { axisTitle, formatCell, formatNumber } from '../format.js';
import type { TabularDataOf } from '../report-data.js';
import { horizontalAxis, logBounds, verticalAxis } from './axes.js';
import { belowBars, besideBars, liesDown } from './categories.js';
import type { Chart, Frame } from './chart.js';
import { columnIndex, numberAt, undrawableNotes } from './points.js';
import { chartStyle, plotHeight, seriesColour, seriesStyle } from './style.js';

export function boxplotChart(section: TabularDataOf<'boxplot'>, frame: Frame): Chart {
  const { table, x, y, quantiles } = section;
  const xIndex = columnIndex(table, x.column);
  const xType = table.columns[xIndex]?.type ?? 'text';
  const indexes = quantiles.map((name) => columnIndex(table, name));
  const boxes = table.rows.flatMap((row) => {
    const values = indexes.map((index) => numberAt(row, index)).filter((value) => value !== null);
    return values.length === quantiles.length
      ? [{ label: formatCell(row[xIndex] ?? null, xType, x.unit), values }]
      : [];
  });
  const drawn = y.scale === 'log' ? boxes.filter(({ values }) => values.every((value) => value > 0)) : boxes;
  const bounds = logBounds(
    y,
    drawn.flatMap(({ values }) => values),
  );
  const labels = drawn.map(({ label }) => label);
  const horizontal = liesDown(labels, xType, frame, section.horizontal);
  const medians = drawn.map(({ label, values }) => `${label} ${formatNumber(values[2] ?? 0, y.unit)}`);
  return {
    option: {
      ...chartStyle,
      ...(horizontal
        ? { yAxis: besideBars(labels, frame), xAxis: { ...horizontalAxis(y, frame), ...bounds } }
        : {
            xAxis: belowBars(labels, xType, axisTitle(x)),
            yAxis: { ...verticalAxis(y), ...bounds },
          }),
      series: [
        {
          ...seriesStyle,
          type: 'boxplot',
          data: drawn.map(({ values }) => values),
          boxWidth: [8, horizontal ? 22 : 44],
          itemStyle: { color: 'var(--c1-soft)', borderColor: seriesColour(0), borderWidth: 1.5 },
        },
      ],
    },
    height: horizontal ? labels.length * 34 + 64 : plotHeight(frame),
    verticalTitle: horizontal ? axisTitle(x) : axisTitle(y),
    legend: [],
    notes: [
      `Boxes and whiskers, from low to high: ${quantiles.join(', ')}.`,
      ...undrawableNotes(boxes.length - drawn.length),
    ],
    summary: `Box plot of ${y.label} by ${x.label}, ${drawn.length} boxes; medians: ${medians.slice(0, 12).join(', ')}.`,
  };
}
