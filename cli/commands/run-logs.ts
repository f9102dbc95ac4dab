import { type Command, InvalidArgumentError, Option } from 'commander';
import { withClient } from '../connect.js';
import { checkTask, findNamedRun, recordOf, runArgument, runFolderOf } from '../find-run.js';
import { isOpen, type ListedRun, type RunSources, serverRun } from '../list-runs.js';
import type { JsonOption } from '../output.js';
import { type LogFilter, logLevels, logLines, prettyLine } from '../run-log.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type LogOptions = SettingsOptions &
  JsonOption & { follow?: true; task?: string; level?: string; try?: number };

/** `nightjar runs logs` and `nightjar tasks logs`: what the tasks of a run have said. */
export function registerLogs(runs: Command, tasks: Command): void {
  const ofRun = runs
    .command('logs')
    .description("print a run's log")
    .argument('<run>', runArgument)
    .option('--task <task>', 'only what this task has said, with its instances if it is mapped');
  withLogOptions(ofRun).action((run: string, options: LogOptions) => printLog(run, options));
  const ofTask = tasks
    .command('logs')
    .description('print what a task of a run has said')
    .argument('<run>', runArgument)
    .argument('<task>', 'the task, such as train, or one instance of it, such as train[3]')
    .option('--try <number>', 'only this try', parseTry);
  withLogOptions(ofTask).action((run: string, task: string, options: LogOptions) =>
    printLog(run, { ...options, task }),
  );
}

const withLogOptions = (command: Command): Command =>
  withSettings(
    command
      .option('-f, --follow', 'go on until the run is over')
      .addOption(new Option('--level <level>', 'only this level and those above').choices(logLevels))
      .option('--json', 'print the lines as they were written: a JSON object each'),
  );

function parseTry(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return number;
}

async function printLog(name: string, options: LogOptions): Promise<void> {
  const { task, level, try: attempt, follow, json } = options;
  const config = readSettings(options);
  await withClient(config, async (client) => {
    const sources = { client, config };
    const run = await findNamedRun(name, sources);
    if (task !== undefined) await checkTaskOf(run, task, sources);
    const filter: LogFilter = {
      ...(task === undefined ? {} : { task }),
      ...(level === undefined ? {} : { level }),
      ...(attempt === undefined ? {} : { attempt }),
    };
    const pretty = prettyLine(process.stdout.isTTY === true);
    const lines = logLines(runFolderOf(run, config), filter, follow && (() => hasEnded(run, sources)));
    for await (const line of lines) process.stdout.write(json ? `${line}\n` : pretty(line));
  });
}

async function checkTaskOf(run: ListedRun, task: string, { config }: RunSources): Promise<void> {
  const record = await recordOf(run, config);
  if (record === undefined) return;
  const ids = record.dag.tasks.map(({ id }) => id);
  checkTask(task.replace(/\[\d+\]$/, ''), ids, `run "${run.workflowId}"`);
}

async function hasEnded({ workflowId, source }: ListedRun, { client }: RunSources): Promise<boolean> {
  if (source === 'record') return true;
  const now = await serverRun(client, workflowId);
  return now === undefined || !isOpen(now);
}
