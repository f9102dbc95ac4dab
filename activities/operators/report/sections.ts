import type { FinishedTask, Json } from '../../operator.js';
import { chartFigure } from './chart-figure.js';
import { barChart } from './charts/bar.js';
import { boxplotChart } from './charts/boxplot.js';
import type { Chart, Frame } from './charts/chart.js';
import { histogramChart } from './charts/histogram.js';
import { lineChart } from './charts/line.js';
import { scatterChart } from './charts/scatter.js';
import { formatCell, formatNumber, humanise } from './format.js';
import { type Html, html } from './html.js';
import type { FiguresData, MetricsData, SectionData, TabularData, TabularDataOf } from './report-data.js';
import { rejectsSection, timelineSection } from './stage-sections.js';
import { allColumns, dataDetails, dataTable, emptyNote, type ShownColumn, tableElement } from './tables.js';

/** The content of a section, below its title. `id` is unique in the page. */
export function renderSection(section: SectionData, stages: FinishedTask[], id: string): Html {
  switch (section.kind) {
    case 'figures':
      return figuresSection(section);
    case 'metrics':
      return metricsSection(section);
    case 'timeline':
      return timelineSection(section.title, stages, id);
    case 'rejects':
      return rejectsSection(section.title, stages, id);
    case 'table':
      return tableSection(section);
    default:
      return chartSection(section, id);
  }
}

type ChartData = Exclude<TabularData, { kind: 'table' }>;

function toChart(section: ChartData, frame: Frame): Chart {
  switch (section.kind) {
    case 'bar':
      return barChart(section, frame);
    case 'line':
      return lineChart(section, frame);
    case 'scatter':
      return scatterChart(section, frame);
    case 'boxplot':
      return boxplotChart(section, frame);
    case 'histogram':
      return histogramChart(section, frame);
  }
}

function chartSection(section: ChartData, id: string): Html {
  const { table, query, title } = section;
  if (table.rows.length === 0) return html`${emptyNote('There are no rows to draw.')}${queryDetails(query)}`;
  const cut = `Not all rows are drawn, only the first ${formatNumber(table.rows.length)}: aggregate or sample in the query, or raise maxPoints.`;
  const figure = chartFigure((frame) => toChart(section, frame), id, table.truncated ? [cut] : []);
  return html`${figure}${dataDetails(title, table, encodedColumns(section))}${queryDetails(query)}`;
}

/** The columns that a chart draws, headed like its axes; what else the query returned is in `report.json`. */
function encodedColumns(section: ChartData): ShownColumn[] {
  const series = 'series' in section && section.series !== null ? [plainColumn(section.series)] : [];
  switch (section.kind) {
    case 'bar':
    case 'line':
      return [section.x, ...series, ...section.y];
    case 'scatter':
      return [...series, section.x, section.y];
    case 'boxplot':
      return [section.x, ...section.quantiles.map((name) => plainColumn(name, section.y.unit))];
    case 'histogram':
      return [
        plainColumn(section.x.from, section.x.unit),
        plainColumn(section.x.to, section.x.unit),
        section.y,
      ];
  }
}

const plainColumn = (column: string, unit = ''): ShownColumn => ({ column, label: humanise(column), unit });

function queryDetails(query: string | null): Html {
  if (query === null) return html``;
  return html`<details><summary>Query</summary><pre>${query.trim()}</pre></details>\n`;
}

function tableSection({ table, columns, query, title }: TabularDataOf<'table'>): Html {
  if (table.rows.length === 0) return html`${emptyNote('There are no rows to show.')}${queryDetails(query)}`;
  const cut = html`<p class="note">Not all rows are shown, only the first ${formatNumber(table.rows.length)}.</p>\n`;
  const body = dataTable(table, columns ?? allColumns(table), title);
  return html`${body}${table.truncated ? cut : ''}${queryDetails(query)}`;
}

function figuresSection({ figures, query }: FiguresData): Html {
  const tiles = figures.map(
    ({ label, unit, value }) =>
      html`<div><dt>${label}</dt><dd>${formatCell(value, 'instant', unit)}</dd></div>\n`,
  );
  return html`<dl class="figures">\n${tiles}</dl>\n${queryDetails(query)}`;
}

/** One column a heading, one row a metric; nested objects are flattened to `outer.inner`. */
function metricsSection({ values, title }: MetricsData): Html {
  const models = Object.entries(values).map(([heading, tree]) => ({
    heading,
    metrics: new Map(flatten(tree)),
  }));
  const names = [...new Set(models.flatMap(({ metrics }) => [...metrics.keys()]))];
  return tableElement(
    title,
    [
      { label: 'Metric', type: 'text' },
      ...models.map(({ heading }) => ({ label: heading, type: 'number' as const })),
    ],
    names.map((name) => [name, ...models.map(({ metrics }) => metricText(metrics.get(name)))]),
  );
}

function flatten(tree: { [name: string]: Json }, prefix = ''): [string, Json][] {
  return Object.entries(tree).flatMap(([name, value]): [string, Json][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value]],
  );
}

function metricText(value: Json | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : formatCell(value, 'text');
}
