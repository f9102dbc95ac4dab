import { OperatorError } from '../../operator.js';
import type { ColumnType, TabularData } from './report-data.js';

/** A column that a section's encoding names: in which param, and whether it has to hold numbers. */
interface Use {
  param: string;
  column: string;
  numeric: boolean;
}

/**
 * Checks that the columns that a section draws are in its table and can be drawn.
 *
 * @throws OperatorError `InvalidParams`
 */
export function checkColumns(section: TabularData, where: string): void {
  const { columns, rows } = section.table;
  // Rows given as `data` tell their columns themselves, so no rows means no columns.
  if (rows.length === 0 && columns.length === 0) return;
  for (const { param, column, numeric } of usesOf(section)) {
    const found = columns.find(({ name }) => name === column);
    if (found === undefined) {
      const names = columns.map(({ name }) => name).join(', ');
      throw new OperatorError(
        'InvalidParams',
        `${where}: ${param} names the column "${column}", but the rows have: ${names}`,
      );
    }
    if (numeric && found.type !== 'number' && rows.length > 0) {
      throw new OperatorError(
        'InvalidParams',
        `${where}: ${param} needs numbers, but the column "${column}" holds ${typeNames[found.type]}`,
      );
    }
  }
}

const typeNames: Record<ColumnType, string> = {
  number: 'numbers',
  text: 'text',
  instant: 'timestamps',
  date: 'dates',
  boolean: 'booleans',
};

function usesOf(section: TabularData): Use[] {
  const label = (param: string, column: string): Use => ({ param, column, numeric: false });
  const number = (param: string, column: string): Use => ({ param, column, numeric: true });
  const series = 'series' in section && section.series !== null ? [label('series', section.series)] : [];
  switch (section.kind) {
    case 'bar':
    case 'line':
      return [label('x', section.x.column), ...section.y.map(({ column }) => number('y', column)), ...series];
    case 'scatter':
      return [label('x', section.x.column), number('y', section.y.column), ...series];
    case 'boxplot':
      return [
        label('x', section.x.column),
        ...section.quantiles.map((column) => number('quantiles', column)),
      ];
    case 'histogram':
      return [number('x.from', section.x.from), number('x.to', section.x.to), number('y', section.y.column)];
    case 'table':
      return (section.columns ?? []).map(({ column }) => label('columns', column));
  }
}
