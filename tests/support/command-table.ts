import type { Command } from 'commander';

/** A command that does something, with all the words that call it. */
export type Leaf = { words: string; command: Command };

/** All commands that users call, in the order of `--help`. */
export function leavesOf(program: Command, words: readonly string[] = []): Leaf[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .sort((a, b) => a.name().localeCompare(b.name()))
    .flatMap((command) => {
      const all = [...words, command.name()];
      return command.commands.length === 0 ? [{ words: all.join(' '), command }] : leavesOf(command, all);
    });
}

/** The table of docs/cli.md: every command with its arguments and options. */
export function commandTable(program: Command): string {
  const rows = leavesOf(program).map(({ words, command }): string[] => {
    const names = command.registeredArguments.map((argument) => {
      const name = argument.variadic ? `${argument.name()}…` : argument.name();
      return argument.required ? ` <${name}>` : ` [${name}]`;
    });
    const options = command.options
      .filter(({ long, hidden }) => !hidden && long !== '--config' && long !== '--set')
      .map(({ flags }) => `\`${flags}\``);
    return [`\`${words}${names.join('')}\``, command.description(), options.join(' ')];
  });
  return aligned(['Command', 'What it does', 'Options'], rows);
}

/** Markdown as the formatter leaves it. */
function aligned(head: string[], rows: string[][]): string {
  const all = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[], fill = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  const [first = [], ...others] = all;
  return [line(first), rule, ...others.map((cells) => line(cells))].join('\n');
}
