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
  const rows = leavesOf(program).map(({ words, command }) => {
    const names = command.registeredArguments.map((argument) => {
      const name = argument.variadic ? `${argument.name()}…` : argument.name();
      return argument.required ? ` <${name}>` : ` [${name}]`;
    });
    const options = command.options
      .filter(({ long, hidden }) => !hidden && long !== '--config' && long !== '--set')
      .map(({ flags }) => `\`${flags}\``);
    const cells = [`\`${words}${names.join('')}\``, command.description(), options.join(' ')];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| Command | What it does | Options |', '| --- | --- | --- |', ...rows].join('\n');
}
