import Table from 'cli-table3';

/** A table of figures. The first column is text, the others are numbers. */
export type FigureTable = { title: string; head: string[]; rows: string[][] };

/** What one benchmark found, ready to be shown: lines of text, then tables. */
export type Findings = { lines: string[]; tables: FigureTable[] };

export function asText({ lines, tables }: Findings): string {
  const drawn = tables.map(({ title, head, rows }) => {
    const table = new Table({
      head,
      colAligns: alignments(head),
      style: { head: [], border: [] },
      // No lines between rows.
      chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    });
    table.push(...rows);
    return `${title}\n${table}`;
  });
  return [...lines, ...drawn].join('\n');
}

export function asMarkdown({ lines, tables }: Findings): string {
  return [...lines, ...tables.map((table) => `**${table.title}**\n\n${markdownTable(table)}`)].join('\n\n');
}

/** Aligned in the source as well, as the formatter of this repository wants it. */
function markdownTable({ head, rows }: FigureTable): string {
  const sides = alignments(head);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const pad = (cells: string[]): string[] =>
    cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return sides[column] === 'left' ? cell.padEnd(width) : cell.padStart(width);
    });
  const ruler = widths.map((width, column) =>
    sides[column] === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(pad(head)), line(ruler), ...rows.map((cells) => line(pad(cells)))].join('\n');
}

const alignments = (head: string[]): ('left' | 'right')[] =>
  head.map((_, index) => (index === 0 ? 'left' : 'right'));

/** Middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
