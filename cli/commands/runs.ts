import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../dag/duration.js';
import { isDate, isDateTime } from '../../dag/instant.js';
import { withClient } from '../connect.js';
import { findNamedRun, runArgument } from '../find-run.js';
import { duration, painter } from '../format.js';
import { type ListedRun, listRuns, type RunState, runStates } from '../list-runs.js';
import { type JsonOption, note, print, table, withJson } from '../output.js';
import { detailsOf, type RunDetails } from '../run-details.js';
import { shortPath, stageTable } from '../run-summary.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption;

/** What of `nightjar runs …` looks at runs. */
export function registerRuns(runs: Command): void {
  const list = runs
    .command('list')
    .description('list runs, the last started first')
    .argument('[dag]', 'only runs of this DAG')
    .addOption(new Option('--state <state>', 'only runs in this state').choices(runStates))
    .option(
      '--since <time>',
      'only runs started since a time, or a while ago: 2026-03-01, 12h, 7d',
      parseSince,
    )
    .addOption(new Option('--limit <count>', 'how many at most').default(20).argParser(parseCount));
  withSettings(withJson(list)).action(listAll);
  const show = runs
    .command('show')
    .description('show a run: its state, tasks and figures, and why it failed')
    .argument('<run>', runArgument);
  withSettings(withJson(show)).action(showRun);
}

/** A time, or how long ago. */
export function parseSince(text: string): Date {
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(Date.now() - ago);
  if (isDate(text) || isDateTime(text)) return new Date(text);
  throw new InvalidArgumentError(
    'expected a day, a time with its zone or a duration, such as 2026-03-01, 2026-03-01T06:00:00Z or 12h',
  );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return count;
}

async function listAll(
  dagId: string | undefined,
  options: Options & { state?: RunState; since?: Date; limit: number },
): Promise<void> {
  const { state, since, limit } = options;
  const config = readSettings(options);
  const runs = await withClient(config, (client) =>
    listRuns(
      { client, config },
      {
        limit,
        ...(dagId === undefined ? {} : { dagId }),
        ...(state === undefined ? {} : { state }),
        ...(since === undefined ? {} : { since }),
      },
    ),
  );
  const { isTTY } = process.stdout;
  print(options, runs, () =>
    table(runs, [
      { head: 'Run', of: ({ workflowId }) => workflowId },
      { head: 'State', of: ({ state: each }) => stateText(each, isTTY) },
      { head: 'Logical date', of: ({ logicalDate }) => logicalDate && shortTime(logicalDate) },
      { head: 'Started', of: ({ startedAt }) => shortTime(startedAt) },
      { head: 'Took', of: took, align: 'right' },
    ]),
  );
  if (runs.length === limit && !options.json) note(`the last ${limit}; --limit shows more`);
}

async function showRun(name: string, options: Options): Promise<void> {
  const config = readSettings(options);
  const details = await withClient(config, async (client) => {
    const sources = { client, config };
    return detailsOf(await findNamedRun(name, sources), sources);
  });
  print(options, details, describe);
  if (details.tasks === undefined)
    note('no worker answers for the run, and it has left no record: its tasks are unknown');
}

function describe(run: RunDetails): string {
  const { bold } = painter(process.stdout.isTTY === true);
  const params = Object.entries(run.params ?? {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const facts: [string, string | undefined][] = [
    ['state', stateText(run.state, process.stdout.isTTY)],
    ['logical date', run.logicalDate && shortTime(run.logicalDate)],
    ['started', shortTime(run.startedAt)],
    ['took', took(run)],
    ['replay of', run.replayOf],
    ['params', params.length === 0 ? undefined : params.join(' ')],
    ['folder', shortPath(run.folder)],
    ['', run.source === 'record' ? 'the server has forgotten it: this is what its record tells' : undefined],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(13)} ${value}`],
  );
  const tasks = run.tasks === undefined || run.tasks.length === 0 ? [] : [stageTable(run.tasks)];
  const running = (run.running ?? []).flatMap(({ key, progress, lastFailure }) => {
    const doing = progress?.message ?? lastFailure;
    return doing === undefined ? [] : [`  ▶ ${key}: ${doing}`];
  });
  const ends = [run.problem, run.error].filter((text) => text !== undefined);
  return [bold(run.workflowId), ...lines, ...tasks, ...running, ...ends].join('\n');
}

/** A state in its colour. */
export function stateText(state: string, isTerminal = false): string {
  const { green, red, cyan, yellow } = painter(isTerminal);
  const paint = { success: green, failed: red, cancelled: red, running: cyan, held: yellow }[state];
  return paint === undefined ? state : paint(state);
}

function took({ startedAt, finishedAt }: Pick<ListedRun, 'startedAt' | 'finishedAt'>): string {
  return duration((finishedAt === undefined ? Date.now() : Date.parse(finishedAt)) - Date.parse(startedAt));
}

/** Without fractions of a second that are zero. */
export const shortTime = (iso: string): string => iso.replace('.000Z', 'Z');
