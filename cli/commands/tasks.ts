import type { Command } from 'commander';
import { withClient } from '../connect.js';
import { CliError, exitCodes } from '../exit.js';
import { findNamedRun, runArgument } from '../find-run.js';
import { duration } from '../format.js';
import { type JsonOption, print, table, withJson } from '../output.js';
import { detailsOf } from '../run-details.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';
import { stateText } from './runs.js';

/** What of `nightjar tasks …` looks at the tasks of a run. */
export function registerTasks(tasks: Command): void {
  const list = tasks
    .command('list')
    .description('list the task instances of a run, with their states')
    .argument('<run>', runArgument);
  withSettings(withJson(list)).action(listTasks);
}

async function listTasks(name: string, options: SettingsOptions & JsonOption): Promise<void> {
  const config = readSettings(options);
  const { workflowId, tasks } = await withClient(config, async (client) => {
    const sources = { client, config };
    return detailsOf(await findNamedRun(name, sources), sources);
  });
  if (tasks === undefined) {
    const why = `no worker answers for run "${workflowId}", and it has left no record`;
    throw new CliError(`${why}: start one with \`nightjar worker\``, exitCodes.unavailable);
  }
  print(options, tasks, () =>
    table(tasks, [
      { head: 'Task', of: ({ key }) => key },
      { head: 'Operator', of: ({ operator }) => operator },
      {
        head: 'State',
        of: ({ state, reused }) => stateText(state, process.stdout.isTTY) + (reused ? ' (reused)' : ''),
      },
      { head: 'Tries', of: ({ tries }) => tries, align: 'right' },
      {
        head: 'Time',
        of: ({ startedAt, finishedAt = Date.now() }) =>
          startedAt === undefined ? undefined : duration(finishedAt - startedAt),
        align: 'right',
      },
      { head: 'Reason', of: ({ reason }) => reason?.split('\n')[0] },
    ]),
  );
}
