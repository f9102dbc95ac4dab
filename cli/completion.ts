import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { claimedDagIds, dagFilesIn } from '../activities/run/dag-files.js';
import { loadConfig } from '../config/loader.js';

/** Names of arguments that a DAG's id may stand for: a DAG, or its latest run. */
const namedByDag = new Set(['dag', 'run', 'id or file']);

/** `nightjar completion <shell>`, which prints a script, and the hidden `nightjar complete` that the script calls. */
export function registerCompletion(program: Command): void {
  const completions = tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print a script that completes commands, options and DAG ids')
    .addHelpText(
      'after',
      `
Examples:
  source <(nightjar completion bash)                                          # in ~/.bashrc
  source <(nightjar completion zsh)                                           # in ~/.zshrc
  nightjar completion fish > ~/.config/fish/completions/nightjar.fish`,
    );
  let dagIds: string[] = [];
  for (const command of completions.commands.values()) {
    for (const argument of command.arguments.values()) {
      if (!namedByDag.has(argument.name)) continue;
      argument.handler = (complete) => {
        for (const dagId of dagIds) complete(dagId, '');
      };
    }
  }
  program.commands
    .find((command) => command.name() === 'complete')
    ?.hook('preAction', async () => {
      dagIds = await knownDagIds();
    });
}

/** DAG ids by a look at the files: reading them properly would take longer than somebody waits for a completion. */
async function knownDagIds(): Promise<string[]> {
  const { folders } = loadConfig({ env: process.env }).dags;
  const files = (await Promise.all(folders.map((folder) => dagFilesIn(resolve(folder))))).flat();
  const ids = files.map(async (file) => claimedDagIds(file, await readFile(file, 'utf8')));
  return (await Promise.all(ids)).flat().sort();
}
