import { axisTitle, formatCell, formatNumber, formatTick } from '../format.js';
import type { ColumnType, TabularDataOf } from '../report-data.js';
import { horizontalAxis, verticalAxis } from './axes.js';
import { belowBars, besideBars, liesDown, maxHorizontal } from './categories.js';
import type { Chart, Frame } from './chart.js';
import { columnIndex, numberAt, seriesNameAt } from './points.js';
import { chartStyle, plotHeight, seriesColour, seriesStyle, valueLabel } from './style.js';

export function barChart(section: TabularDataOf<'bar'>, frame: Frame): Chart {
  const { categories, series, xType } = toBars(section);
  const labels = categories.map((category) => category.label);
  const horizontal = liesDown(labels, xType, frame, section.horizontal);
  const [first] = section.y;
  const look = {
    label: section.y.length === 1 ? (first?.label ?? '') : '',
    unit: first?.unit ?? '',
  };
  const grouped = series.length > 1 && !section.stacked;
  const showValues = series.length === 1 && labels.length <= (horizontal ? maxHorizontal : 12);
  const bars = series.map((entry, index) => ({
    ...seriesStyle,
    type: 'bar' as const,
    ...(section.stacked ? { stack: 'all' } : {}),
    data: categories.map(({ key }) => entry.values.get(key) ?? null),
    itemStyle: { color: seriesColour(index) },
    barMaxWidth: 44,
    barCategoryGap: labels.length > 60 ? '12%' : '30%',
    label: {
      ...valueLabel,
      show: showValues,
      position: horizontal ? ('right' as const) : ('top' as const),
      formatter: ({ value }: { value: unknown }) =>
        typeof value === 'number' ? formatTick(value, look.unit) : '',
    },
  }));
  const x = axisTitle(section.x);
  const values = categories.map(({ total }) => total);
  const barHeight = grouped ? 13 * series.length + 14 : 28;
  return {
    option: {
      ...chartStyle,
      ...(horizontal
        ? { yAxis: besideBars(labels, frame), xAxis: horizontalAxis(look, frame) }
        : { xAxis: belowBars(labels, xType, x), yAxis: verticalAxis(look) }),
      series: bars,
    },
    height: horizontal ? labels.length * barHeight + 64 : plotHeight(frame),
    verticalTitle: horizontal ? x : axisTitle(look),
    legend:
      series.length > 1
        ? series.map(({ name }, index) => ({ name, colour: seriesColour(index), mark: 'box' as const }))
        : [],
    notes: [],
    summary: summarise(section, labels, values, series.length),
  };
}

interface Bars {
  categories: { key: string; label: string; total: number }[];
  series: { name: string; values: Map<string, number> }[];
  xType: ColumnType;
}

/** Groups rows by category and series; values of the same bar are added up. */
function toBars({ table, x, y, series, sort }: TabularDataOf<'bar'>): Bars {
  const xIndex = columnIndex(table, x.column);
  const xType = table.columns[xIndex]?.type ?? 'text';
  const seriesIndex = series === null ? -1 : columnIndex(table, series);
  const categories = new Map<string, { key: string; label: string; total: number }>();
  const byName = new Map<string, Map<string, number>>();
  for (const field of y) {
    const yIndex = columnIndex(table, field.column);
    for (const row of table.rows) {
      const label = formatCell(row[xIndex] ?? null, xType, x.unit);
      const category = categories.get(label) ?? { key: label, label, total: 0 };
      categories.set(label, category);
      const name = seriesIndex < 0 ? field.label : seriesNameAt(table, row, seriesIndex);
      const values = byName.get(name) ?? new Map<string, number>();
      byName.set(name, values);
      const value = numberAt(row, yIndex);
      if (value === null) continue;
      values.set(label, (values.get(label) ?? 0) + value);
      category.total += value;
    }
  }
  const ordered = [...categories.values()];
  if (sort !== 'none') {
    const sign = sort === 'ascending' ? 1 : -1;
    ordered.sort((a, b) => sign * (a.total - b.total));
  }
  return { categories: ordered, series: [...byName].map(([name, values]) => ({ name, values })), xType };
}

function summarise(
  { x, y }: TabularDataOf<'bar'>,
  labels: string[],
  totals: number[],
  seriesCount: number,
): string {
  const what = `Bar chart of ${y.map((field) => field.label).join(' and ')} by ${x.label}`;
  const most = totals.indexOf(Math.max(...totals));
  const least = totals.indexOf(Math.min(...totals));
  const value = (index: number) => `${labels[index]} (${formatNumber(totals[index] ?? 0, y[0]?.unit)})`;
  const among = seriesCount > 1 ? `, ${seriesCount} series` : '';
  return `${what}: ${labels.length} bars${among}; largest ${value(most)}, smallest ${value(least)}.`;
}
