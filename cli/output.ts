import Table from 'cli-table3';
import type { Command } from 'commander';

/** The option of every command that prints data. */
export type JsonOption = { json?: true };

/** Adds `--json` to a command. */
export const withJson = (command: Command, what = 'print JSON'): Command => command.option('--json', what);

/** A column of a table: its head, and what it shows of a row. */
export type Column<Row> = {
  head: string;
  of: (row: Row) => string | number | undefined;
  align?: 'left' | 'right';
};

/** Rows in aligned columns. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const drawn = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align = 'left' }) => align),
    style: { head: [], border: [] },
  });
  for (const row of rows) drawn.push(columns.map(({ of }) => of(row) ?? ''));
  return drawn.toString();
}

/** Prints what a command found, which is all that it prints on standard output: one JSON value, or a text for people. */
export function print<Value>({ json }: JsonOption, value: Value, text: (value: Value) => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text(value)}\n`);
}

/** Tells something beside the result: on standard error, so that results can be piped. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `1 file`, `2 files`. */
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
