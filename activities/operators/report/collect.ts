import { checkColumnNames, naming, readSql } from '../../datasets/query.js';
import type { FinishedTask } from '../../operator.js';
import { OperatorError } from '../../operator.js';
import { checkColumns } from './check-columns.js';
import { humanise } from './format.js';
import { isTabular, type ReportParams, type Section, type TabularSection } from './params.js';
import type { Cell, DataTable, FiguresData, ReportData, SectionData, TabularData } from './report-data.js';
import { rowsToTable } from './rows.js';

/** What a report tells of its run. */
export interface RunFacts {
  dagId: string;
  runId: string;
  logicalDate: Date;
  dataInterval: { start: Date; end: Date };
  stages: readonly FinishedTask[];
  generatedAt: Date;
}

/** Where sections get their content from. */
export interface Sources {
  /** The first rows of a query, at most so many, and whether there were more. */
  runQuery(sql: string, maxRows: number): Promise<DataTable>;
  /** Names that queries can read. */
  tables: readonly string[];
  /** Where paths of SQL files start. */
  dagFolder: string;
  /** Told before each section, with the sections done so far. */
  onSection?(title: string, done: number): void;
}

/**
 * Gathers all that the report shows. Queries run one after another, in the order of the sections.
 *
 * @throws OperatorError naming the section: `InvalidParams` when a SQL file cannot be read or the encoding does not fit the
 *   columns that the query returns, `SparkQueryFailed` when Spark refuses the query
 */
export async function collect(params: ReportParams, facts: RunFacts, sources: Sources): Promise<ReportData> {
  const sections: SectionData[] = [];
  for (const [index, section] of params.sections.entries()) {
    sources.onSection?.(section.title, index);
    sections.push(await collectSection(section, `section ${index + 1} "${section.title}"`, sources));
  }
  const figures = sections.flatMap((section) => (section.kind === 'figures' ? section.figures : []));
  return {
    title: params.title,
    description: params.description,
    dagId: facts.dagId,
    runId: facts.runId,
    logicalDate: facts.logicalDate.toISOString(),
    dataInterval: {
      start: facts.dataInterval.start.toISOString(),
      end: facts.dataInterval.end.toISOString(),
    },
    generatedAt: facts.generatedAt.toISOString(),
    inputs: params.inputs,
    stages: [...facts.stages],
    figures: Object.fromEntries(figures.map(({ name, value }) => [name, value])),
    sections,
  };
}

async function collectSection(section: Section, where: string, sources: Sources): Promise<SectionData> {
  if (isTabular(section)) return collectTable(section, where, sources);
  return section.kind === 'figures' ? collectFigures(section, where, sources) : section;
}

async function collectTable(section: TabularSection, where: string, sources: Sources): Promise<TabularData> {
  const { sql, data, ...rest } = section;
  const limit = section.kind === 'table' ? section.maxRows : section.maxPoints;
  const query = sql === undefined ? null : await readSql(sql, sources.dagFolder);
  const table =
    query === null ? rowsToTable(data ?? [], limit) : await runQuery(sources, query, limit, where);
  const collected: TabularData = { ...rest, query, table };
  checkColumns(collected, where);
  return collected;
}

async function runQuery(
  { runQuery, tables }: Sources,
  query: string,
  maxRows: number,
  where: string,
): Promise<DataTable> {
  const table = await naming(where, () => runQuery(query, maxRows), tables);
  checkColumnNames(where, table.columns);
  return table;
}

async function collectFigures(
  { kind, title, text, sql, figures }: Extract<Section, { kind: 'figures' }>,
  where: string,
  sources: Sources,
): Promise<FiguresData> {
  const query = sql === undefined ? null : await readSql(sql, sources.dagFolder);
  const table = query === null ? undefined : await runQuery(sources, query, 1, where);
  const [row] = table?.rows ?? [];
  if (table !== undefined && (row === undefined || table.truncated)) {
    throw new OperatorError(
      'InvalidParams',
      `${where}: the query of figures must return one row, but it returned ${row === undefined ? 'none' : 'several'}`,
    );
  }
  const fromQuery = (name: string): Cell => {
    const columns = table?.columns.map((column) => column.name) ?? [];
    const index = columns.indexOf(name);
    if (index >= 0) return row?.[index] ?? null;
    throw new OperatorError(
      'InvalidParams',
      `${where}: figure "${name}" has no value, and the query returns no column of that name; it returns: ${columns.join(', ')}`,
    );
  };
  return {
    kind,
    title,
    text,
    query,
    figures: Object.entries(figures).map(([name, { label, unit, value }]) => ({
      name,
      label: label ?? humanise(name),
      unit,
      value: value === undefined ? fromQuery(name) : value,
    })),
  };
}
