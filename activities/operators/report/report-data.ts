import type { DatasetRef, FinishedTask, Json } from '../../operator.js';
import type { TabularSection } from './params.js';

/**
 * A value of a table. Instants are ISO 8601, in UTC or without a zone, dates are `yyyy-mm-dd`. A number that JSON doesn't hold
 * is text, with all its digits: integers beyond 2^53, long decimals, `NaN`, `Infinity`.
 */
export type Cell = string | number | boolean | null;

/** What a column holds, which decides how it is drawn and formatted. */
export type ColumnType = 'number' | 'text' | 'instant' | 'date' | 'boolean';

export type Column = { name: string; type: ColumnType };

/** Rows that a section shows: the query's result, cut at the section's limit. */
export type DataTable = {
  columns: Column[];
  rows: Cell[][];
  /** The result had more rows than these. */
  truncated: boolean;
};

/** `report.json`: all that the report shows, and the source of `report.html`. */
export type ReportData = {
  title: string;
  description: string;
  dagId: string;
  runId: string;
  /** ISO 8601, UTC, like all instants here. */
  logicalDate: string;
  dataInterval: { start: string; end: string };
  generatedAt: string;
  /** Datasets behind each table that the queries see. */
  inputs: { [name: string]: DatasetRef[] };
  /** The run's tasks that had finished, with their rows, rejects and metrics. */
  stages: FinishedTask[];
  /** Every figure of the report by its name. */
  figures: { [name: string]: Cell };
  sections: SectionData[];
};

type WithoutSource<Section> = Section extends unknown ? Omit<Section, 'sql' | 'data'> : never;

/** A chart or table: its encoding as in the params, the text of its query (null for `data`) and its rows. */
export type TabularData = WithoutSource<TabularSection> & { query: string | null; table: DataTable };
export type TabularDataOf<Kind extends TabularData['kind']> = Extract<TabularData, { kind: Kind }>;

type Heading = { title: string; text: string };

export type FiguresData = Heading & {
  kind: 'figures';
  query: string | null;
  figures: { name: string; label: string; unit: string; value: Cell }[];
};
export type MetricsData = Heading & {
  kind: 'metrics';
  values: { [heading: string]: { [metric: string]: Json } };
};
/** Sections that draw {@link ReportData.stages}. */
export type StagesData = Heading & { kind: 'timeline' | 'rejects' };

export type SectionData = TabularData | FiguresData | MetricsData | StagesData;
