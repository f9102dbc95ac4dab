import { type Command, InvalidArgumentError, Option } from 'commander';
import { InexactJsonError, parseExactJson } from '../../dag/exact-json.js';
import type { Json, JsonObject } from '../../dag/json.js';
import { type RunUpdateAnswer, type RunUpdateName, runUpdates } from '../../dag/run-updates.js';
import { answered } from '../answered.js';
import { withClientForChanges } from '../connect.js';
import { CliError } from '../exit.js';
import { findNamedRun, runArgument } from '../find-run.js';
import { isOpen } from '../list-runs.js';
import { type JsonOption, print, withJson } from '../output.js';
import { type ParamTexts, paramOption, paramValues } from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption;
type TaskOptions = Options & { allFailed?: true; param?: ParamTexts; startOver?: true; output?: Json };

/** `nightjar tasks retry|skip|mark-success` and `nightjar runs fail`: what a held run can be told, the Updates of the Temporal UI. */
export function registerTaskUpdates(runs: Command, tasks: Command): void {
  const retry = onTasks(tasks, 'retry', 'run failed tasks of a held run again, and what follows from them')
    .addOption(paramOption())
    .option('--start-over', "don't take up what the failed try had done")
    .addHelpText(
      'after',
      `
A retry resumes: finished steps and running Spark operations are taken up. With --param the run goes on with these
params, and the tasks start over.

Examples:
  nightjar tasks retry etl --all-failed
  nightjar tasks retry etl/2026-03-01 train
  nightjar tasks retry etl/2026-03-01 train --param trees=50`,
    );
  action(retry, runUpdates.retryTask, 'run again');
  action(
    onTasks(tasks, 'skip', 'mark failed tasks of a held run as skipped, and go on'),
    runUpdates.skipTask,
    'skipped',
  );
  const mark = onTasks(
    tasks,
    'mark-success',
    'mark failed tasks of a held run as succeeded, and go on',
  ).addOption(
    new Option('--output <JSON>', 'what tasks.<id>.output gives then (default: null)').argParser(parseJson),
  );
  action(mark, runUpdates.markSuccess, 'marked as succeeded');

  const fail = runs
    .command('fail')
    .description('end a held run as failed')
    .argument('<run>', runArgument)
    .option('--reason <text>', 'why');
  withSettings(withJson(fail)).action(async (run: string, options: Options & { reason?: string }) => {
    const { reason } = options;
    const argument: JsonObject = reason === undefined ? {} : { reason };
    await update(
      run,
      runUpdates.failRun,
      argument,
      options,
      (workflowId) => `run ${workflowId} ends as failed`,
    );
  });
}

const onTasks = (tasks: Command, name: string, description: string): Command =>
  tasks
    .command(name)
    .description(description)
    .argument('<run>', runArgument)
    .argument('[tasks...]', 'tasks or instances of mapped ones, such as train or train[3]')
    .option('--all-failed', 'all tasks that have failed');

function action(command: Command, name: RunUpdateName, done: string): void {
  withSettings(withJson(command)).action(async (run: string, tasks: string[], options: TaskOptions) => {
    if ((tasks.length === 0) === (options.allFailed !== true))
      throw new CliError('name the tasks, or say --all-failed');
    const { startOver, output } = options;
    const params = paramValues(options.param ?? {});
    const argument = {
      ...(tasks.length === 0 ? {} : { tasks }),
      ...(Object.keys(params).length === 0 ? {} : { params }),
      ...(startOver ? { startOver } : {}),
      ...(output === undefined ? {} : { output }),
    };
    await update(run, name, argument, options, (_, keys) => `${done}: ${keys.join(', ')}`);
  });
}

function parseJson(text: string): Json {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof InexactJsonError) throw new InvalidArgumentError(error.message);
    throw new InvalidArgumentError(`expected JSON, such as '{"rows": 5}' or '"text"'`);
  }
}

async function update(
  name: string,
  what: RunUpdateName,
  argument: JsonObject,
  options: Options,
  text: (workflowId: string, tasks: string[]) => string,
): Promise<void> {
  const config = readSettings(options);
  await withClientForChanges(config, async (client) => {
    const run = await findNamedRun(name, { client, config });
    const { workflowId, state } = run;
    if (!isOpen(run)) {
      const hint = `\`nightjar tasks clear ${workflowId}\` runs tasks of it again`;
      throw new CliError(`run ${workflowId} has ended, state ${state}: ${hint}`);
    }
    const handle = client.workflow.getHandle(workflowId);
    const answer = await answered(client, `run ${workflowId} is carried on by workers`, () =>
      handle.executeUpdate<RunUpdateAnswer, [JsonObject]>(what, {
        args: [argument],
      }),
    );
    print(options, { workflowId, tasks: answer.tasks }, () => text(workflowId, answer.tasks));
  });
}
