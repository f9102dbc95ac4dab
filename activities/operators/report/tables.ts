import { columnFormat, formatCell, formatNumber, humanise, isAppended } from './format.js';
import { type Html, html } from './html.js';
import type { Cell, ColumnType, DataTable } from './report-data.js';

/** Rows of a chart's data that the page lists; `report.json` has them all. */
export const maxListed = 200;

/** How a column of a table is headed and formatted. */
export interface ShownColumn {
  column: string;
  label: string;
  unit: string;
}

export const rowsText = (count: number) => `${formatNumber(count)} ${count === 1 ? 'row' : 'rows'}`;

export const emptyNote = (text: string): Html => html`<p class="empty">${text}</p>\n`;

/** All columns of a table, headed by their names. */
export function allColumns(table: DataTable): ShownColumn[] {
  return table.columns.map(({ name }) => ({ column: name, label: humanise(name), unit: '' }));
}

/** A table of the named columns. */
export function dataTable(table: DataTable, shown: ShownColumn[], label: string, maxRows = Infinity): Html {
  const rows = table.rows.slice(0, maxRows);
  const columns = shown.flatMap(({ column, label, unit }) => {
    const index = table.columns.findIndex(({ name }) => name === column);
    const type = table.columns[index]?.type;
    if (type === undefined) return [];
    // A unit that is only appended stands once in the heading, not in each cell.
    const inHeading = isAppended(unit);
    const cells = rows.map((row) => row[index] ?? null);
    return [
      {
        label: inHeading ? `${label} (${unit})` : label,
        type,
        texts: columnTexts(cells, type, inHeading ? '' : unit),
      },
    ];
  });
  return tableElement(
    label,
    columns,
    rows.map((_, row) => columns.map(({ texts }) => texts[row] ?? '')),
  );
}

function columnTexts(cells: Cell[], type: ColumnType, unit: string): string[] {
  const format = columnFormat(
    cells.filter((cell) => typeof cell === 'number'),
    unit,
  );
  return cells.map((cell) => (typeof cell === 'number' ? format(cell) : formatCell(cell, type)));
}

/** The data of a chart, folded away below it. */
export function dataDetails(title: string, table: DataTable, shown: ShownColumn[]): Html {
  const count = table.rows.length;
  const rest =
    count > maxListed
      ? html`<p class="note">${rowsText(maxListed)} of ${rowsText(count)}; report.json has them all.</p>\n`
      : '';
  return html`<details><summary>Data (${rowsText(count)})</summary>
${dataTable(table, shown, `Data of ${title}`, maxListed)}
${rest}</details>
`;
}

/** A table of texts that scrolls sideways by itself; numbers are set to the right. The first cell of a row heads it. */
export function tableElement(
  label: string,
  columns: { label: string; type: ColumnType }[],
  rows: string[][],
): Html {
  const style = (index: number) => {
    const type = columns[index]?.type ?? 'text';
    return type === 'text' ? '' : html` class="${type}"`;
  };
  const body = rows.map((row) => {
    const cells = row.map((text, index) =>
      index === 0 ? html`<th scope="row"${style(index)}>${text}</th>` : html`<td${style(index)}>${text}</td>`,
    );
    return html`<tr>${cells}</tr>\n`;
  });
  const heads = columns.map(({ label }, index) => html`<th scope="col"${style(index)}>${label}</th>`);
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}
