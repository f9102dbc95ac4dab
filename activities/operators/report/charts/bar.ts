import { axisTitle, formatCell, formatNumber, formatTick } from '../format.js';
import type { ColumnType, TabularDataOf } from '../report-data.js';
import { horizontalAxis, verticalAxis } from './axes.js';
import { belowBars, besideBars, liesDown, maxHorizontal } from './categories.js';
import type { Chart, Frame } from './chart.js';
import { columnIndex, numberAt, seriesNameAt } from './points.js';
import { chartStyle, grid, plotHeight, seriesColour, seriesStyle, textWidth, valueLabel } from './style.js';

export function barChart(section: TabularDataOf<'bar'>, frame: Frame): Chart {
  const { categories, series, xType } = toBars(section);
  const labels = categories.map(({ label }) => label);
  const horizontal = liesDown(labels, xType, frame, section.horizontal);
  const [first] = section.y;
  const look = { label: section.y.length === 1 ? (first?.label ?? '') : '', unit: first?.unit ?? '' };
  const showValues = series.length === 1 && labels.length <= (horizontal ? maxHorizontal : 12);
  const valueText = (value: number) => formatTick(value, look.unit);
  const x = axisTitle(section.x);
  const widestValue = Math.max(...categories.map(({ total }) => textWidth(valueText(total))));
  const rowHeight = series.length > 1 && !section.stacked ? 13 * series.length + 14 : 28;
  return {
    option: {
      ...chartStyle,
      grid: { ...grid, right: horizontal && showValues ? widestValue + 10 : grid.right },
      ...(horizontal
        ? { yAxis: besideBars(labels, frame), xAxis: horizontalAxis(look, frame) }
        : { xAxis: belowBars(labels, xType, x), yAxis: verticalAxis(look) }),
      series: series.map(({ values }, index) => ({
        ...seriesStyle,
        type: 'bar' as const,
        ...(section.stacked ? { stack: 'all' } : {}),
        data: labels.map((label) => values.get(label) ?? null),
        itemStyle: { color: seriesColour(index) },
        barMaxWidth: 44,
        barCategoryGap: labels.length > maxHorizontal ? '12%' : '30%',
        label: {
          ...valueLabel,
          show: showValues,
          position: horizontal ? ('right' as const) : ('top' as const),
          formatter: ({ value }: { value: unknown }) => (typeof value === 'number' ? valueText(value) : ''),
        },
      })),
    },
    height: horizontal ? labels.length * rowHeight + 64 : plotHeight(frame),
    verticalTitle: horizontal ? x : axisTitle(look),
    legend:
      series.length > 1
        ? series.map(({ name }, index) => ({ name, colour: seriesColour(index), mark: 'box' }))
        : [],
    notes: [],
    summary: summarise(section, categories, series.length),
  };
}

interface Category {
  label: string;
  total: number;
}

interface Bars {
  categories: Category[];
  /** Values by the category's label. */
  series: { name: string; values: Map<string, number> }[];
  xType: ColumnType;
}

/** Groups rows by category and series; values of the same bar are added up. */
function toBars({ table, x, y, series, sort }: TabularDataOf<'bar'>): Bars {
  const xIndex = columnIndex(table, x.column);
  const xType = table.columns[xIndex]?.type ?? 'text';
  const seriesIndex = series === null ? -1 : columnIndex(table, series);
  const categories = new Map<string, Category>();
  const byName = new Map<string, Map<string, number>>();
  for (const field of y) {
    const yIndex = columnIndex(table, field.column);
    for (const row of table.rows) {
      const label = formatCell(row[xIndex] ?? null, xType, x.unit);
      const category = categories.get(label) ?? { label, total: 0 };
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
  if (sort === 'ascending') ordered.sort((a, b) => a.total - b.total);
  if (sort === 'descending') ordered.sort((a, b) => b.total - a.total);
  return { categories: ordered, series: [...byName].map(([name, values]) => ({ name, values })), xType };
}

function summarise({ x, y }: TabularDataOf<'bar'>, categories: Category[], seriesCount: number): string {
  const sorted = categories.toSorted((a, b) => b.total - a.total);
  const value = (category: Category | undefined) =>
    category === undefined ? '' : `${category.label} (${formatNumber(category.total, y[0]?.unit)})`;
  const what = `Bar chart of ${y.map(({ label }) => label).join(' and ')} by ${x.label}`;
  const among = seriesCount > 1 ? ` in ${seriesCount} series` : '';
  return `${what}: ${categories.length} bars${among}; largest ${value(sorted[0])}, smallest ${value(sorted.at(-1))}.`;
}
