import { resolve } from 'node:path';
import { ApplicationFailure, type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { choicesAfter, type DateChoice } from '../../activities/backfill/next-runs.js';
import { type BackfillInput, planBackfill } from '../../activities/backfill/plan.js';
import { loadOperators } from '../../activities/load-operators.js';
import type { Config } from '../../config/loader.js';
import { Backfill } from '../../dag/backfill/backfill.js';
import {
  type BackfillPlan,
  backfillMemo,
  backfillMessages,
  backfillWorkflow,
  backfillWorkflowId,
  defaultMaxActiveRuns,
  maxActiveRunsLimit,
  type ReprocessBehavior,
  reprocessBehaviors,
} from '../../dag/backfill/messages.js';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { answered } from '../answered.js';
import { findBackfill, type ListedBackfill, listBackfills, shownBackfill } from '../backfill/find.js';
import { backfillList, backfillText, countsText, dryRunText, rangeText } from '../backfill/render.js';
import { watchBackfill } from '../backfill/watch.js';
import { withClient, withClientForChanges } from '../connect.js';
import { CliError, exitCodes } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { type JsonOption, note, plural, print, withJson } from '../output.js';
import { type ParamTexts, paramOption, paramValues, parseConf, runSettings } from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption;

type CreateOptions = Options & {
  dagId?: string;
  fromDate: string;
  toDate: string;
  maxActiveRuns: number;
  reprocessBehavior: ReprocessBehavior;
  reprocess?: ReprocessBehavior;
  runBackwards?: true;
  param: ParamTexts;
  dagRunConf?: JsonObject;
  dryRun?: true;
  watch?: true;
};

const backfillArgument = 'the DAG whose backfill it is: it has one at a time';
const datesHelp = "a day, or a time; in the DAG's time zone unless it has one";

/** `nightjar backfill …`: runs of a DAG for dates that have passed. */
export function registerBackfill(backfill: Command): void {
  const create = backfill
    .command('create')
    .description('run a DAG for all logical dates of a range')
    .argument('[dag]', 'the DAG, by id or file')
    .option('--dag-id <dag>', 'the DAG, as Airflow names it')
    .requiredOption('--from-date <date>', `the first date: ${datesHelp}`)
    .requiredOption('--to-date <date>', `the last date, which belongs to the range: ${datesHelp}`)
    .addOption(
      new Option('--max-active-runs <count>', 'how many runs at a time')
        .default(defaultMaxActiveRuns)
        .argParser(parseCount),
    )
    .addOption(
      new Option('--reprocess-behavior <which>', 'which dates that have a run are run again')
        .choices(reprocessBehaviors)
        .default('none'),
    )
    .addOption(new Option('--reprocess <which>', 'the same, for short').choices(reprocessBehaviors))
    .option('--run-backwards', 'the latest date first')
    .addOption(paramOption())
    .addOption(
      new Option(
        '--dag-run-conf <JSON>',
        'params as one JSON object; those of --param go before them',
      ).argParser(parseConf),
    )
    .option('--dry-run', 'print what would be run, and start nothing')
    .option('--watch', 'watch it to its end; the exit code tells how it ended')
    .addHelpText(
      'after',
      `
Examples:
  nightjar backfill create etl --from-date 2026-03-01 --to-date 2026-03-31 --max-active-runs 3
  nightjar backfill create etl --from-date 2026-03-01 --to-date 2026-03-31 --reprocess failed --dry-run`,
    );
  withSettings(withJson(create)).action(createBackfill);

  const list = backfill
    .command('list')
    .description('list backfills, the last started first')
    .argument('[dag]', 'only those of this DAG')
    .addOption(new Option('--limit <count>', 'how many at most').default(20).argParser(parseCount));
  withSettings(withJson(list)).action(listAll);

  const show = backfill
    .command('show')
    .description('show where a backfill stands')
    .argument('<dag>', backfillArgument)
    .option('--watch', 'watch it to its end; the exit code tells how it ended');
  withSettings(withJson(show)).action(showBackfill);

  for (const [name, description] of [
    ['pause', 'start no more runs; those that are active go on'],
    ['resume', 'start runs again after a pause'],
  ] as const) {
    const command = backfill.command(name).description(description).argument('<dag>', backfillArgument);
    withSettings(withJson(command)).action((dag: string, options: Options) => update(name, dag, options));
  }
  const setMaxActiveRuns = backfill
    .command('set-max-active-runs')
    .description('change how many runs of a backfill are active at a time')
    .argument('<dag>', backfillArgument)
    .argument('<count>', 'how many from now on; those that are active go on', parseCount);
  withSettings(withJson(setMaxActiveRuns)).action((dag: string, count: number, options: Options) =>
    update('setMaxActiveRuns', dag, options, count),
  );
  const cancel = backfill
    .command('cancel')
    .description('end a backfill and the runs that are active')
    .argument('<dag>', backfillArgument)
    .option('--wait', 'wait until all of them have ended');
  withSettings(withJson(cancel)).action(cancelBackfill);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > maxActiveRunsLimit)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${maxActiveRunsLimit}`);
  return count;
}

async function createBackfill(name: string | undefined, options: CreateOptions): Promise<void> {
  const wanted = name ?? options.dagId;
  if (wanted === undefined)
    throw new CliError('which DAG is to be backfilled? Name it: nightjar backfill create <dag>');
  const config = readSettings(options);
  const { dag } = await findNamedDag(wanted, config, await loadOperators(config.operators.folder));
  const plan = await planBackfill(dag, inputOf(options, dag), {
    config,
    now: new Date(),
    searchAttributes: true,
  }).catch((error: unknown) => {
    throw error instanceof ApplicationFailure ? new CliError(error.message) : error;
  });
  await (options.dryRun ? withClient : withClientForChanges)(config, async (client) => {
    if (options.dryRun) return dryRun(plan, client, config, options);
    await start(plan, client, config);
    if (options.watch) return watch(client, plan.dagId, config, options);
    const started = await findBackfill(client, plan.dagId, config);
    print(options, { ...started, ...planFacts(plan) }, () =>
      [
        `backfill of ${plan.dagId}: ${plural(plan.total, 'date')}, ${rangeText(plan)}, at most ${plan.maxActiveRuns} at a time`,
        `watch it: nightjar backfill show ${plan.dagId} --watch`,
      ].join('\n'),
    );
  });
}

function inputOf(options: CreateOptions, dag: DagDocument): BackfillInput {
  return {
    fromDate: options.fromDate,
    toDate: options.toDate,
    maxActiveRuns: options.maxActiveRuns,
    reprocess: options.reprocess ?? options.reprocessBehavior,
    runBackwards: options.runBackwards ?? false,
    params: { ...options.dagRunConf, ...paramValues(options.param, dag.params) },
    settings: runSettings(options.set),
  };
}

const planFacts = ({ fromDate, toDate, total, maxActiveRuns, reprocess, runBackwards }: BackfillPlan) => ({
  fromDate,
  toDate,
  total,
  maxActiveRuns,
  reprocess,
  runBackwards,
});

/** How many dates are looked up together. */
const pageSize = 500;

async function dryRun(plan: BackfillPlan, client: Client, config: Config, options: Options): Promise<void> {
  const all: DateChoice[] = [];
  for (let done = false; !done; ) {
    const page = await choicesAfter(plan, all.at(-1)?.logicalDate, pageSize, {
      client,
      dataRoot: resolve(config.dataRoot),
    });
    all.push(...page.choices);
    done = page.done;
  }
  print(options, { dagId: plan.dagId, ...planFacts(plan), dates: all }, () => dryRunText(plan, all));
}

async function start(plan: BackfillPlan, client: Client, config: Config): Promise<void> {
  const { dagId, fromDate, toDate, maxActiveRuns, reprocess, runBackwards, params, settings } = plan;
  const input: BackfillInput = { fromDate, toDate, maxActiveRuns, reprocess, runBackwards, params, settings };
  try {
    await client.workflow.start(backfillWorkflow, {
      workflowId: backfillWorkflowId(dagId),
      taskQueue: config.temporal.taskQueue,
      args: [input],
      // Until it tells more itself.
      memo: { [backfillMemo]: new Backfill(plan).summary() },
      staticSummary: `backfill of ${dagId}, ${rangeText(plan)}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { summary } = await findBackfill(client, dagId, config);
    const what = summary === undefined ? '' : `, of ${rangeText(summary)}`;
    throw new CliError(
      `DAG "${dagId}" has a backfill already${what}, and can have one at a time: see it with \`nightjar backfill show ${dagId}\`, end it with \`nightjar backfill cancel ${dagId}\``,
    );
  }
}

async function watch(client: Client, dagId: string, config: Config, options: Options): Promise<void> {
  if (process.stderr.isTTY) note(`Ctrl-C leaves it running; see it with \`nightjar backfill show ${dagId}\``);
  const last = await watchBackfill(client, dagId, config);
  print(options, last, () => backfillText(last, process.stdout.isTTY === true));
  if (last.state !== 'success') process.exitCode = exitCodes.failed;
}

async function listAll(dagId: string | undefined, options: Options & { limit: number }): Promise<void> {
  const config = readSettings(options);
  const { limit } = options;
  const backfills = await withClient(config, async (client) => {
    const found = await listBackfills(client, config, { limit, ...(dagId === undefined ? {} : { dagId }) });
    return Promise.all(found.map((each) => (each.finishedAt === undefined ? current(client, each) : each)));
  });
  print(options, backfills, () => backfillList(backfills, process.stdout.isTTY === true));
}

/** An open backfill with its counts of this moment, if a worker can tell them. */
async function current(client: Client, listed: ListedBackfill): Promise<ListedBackfill> {
  const { counts, state } = await shownBackfill(client, listed);
  const { summary } = listed;
  return { ...listed, state, ...(summary && counts ? { summary: { ...summary, state, counts } } : {}) };
}

async function showBackfill(name: string, options: Options & { watch?: true }): Promise<void> {
  const config = readSettings(options);
  await withClient(config, async (client) => {
    const found = await findBackfill(client, name, config);
    if (options.watch) return watch(client, found.dagId, config, options);
    const shown = await shownBackfill(client, found);
    print(options, shown, () => backfillText(shown, process.stdout.isTTY === true));
    if (shown.active === undefined) note('no worker answers for the backfill: this is what it told last');
  });
}

async function update(
  name: 'pause' | 'resume' | 'setMaxActiveRuns',
  dag: string,
  options: Options,
  maxActiveRuns?: number,
): Promise<void> {
  const config = readSettings(options);
  await withClientForChanges(config, async (client) => {
    const { dagId, workflowId } = await openBackfill(client, dag, config);
    const handle = client.workflow.getHandle(workflowId);
    await answered(client, 'backfills are kept by workers', () =>
      maxActiveRuns === undefined
        ? handle.executeUpdate(backfillMessages[name])
        : handle.executeUpdate(backfillMessages[name], { args: [maxActiveRuns] }),
    );
    const shown = await shownBackfill(client, await findBackfill(client, dagId, config));
    const counts = shown.counts === undefined ? '' : `: ${countsText(shown.counts)}`;
    const limit = maxActiveRuns === undefined ? '' : `, at most ${plural(maxActiveRuns, 'run')} at a time`;
    print(options, shown, () => `backfill of ${dagId} is ${shown.state}${limit}${counts}`);
  });
}

async function cancelBackfill(dag: string, options: Options & { wait?: true }): Promise<void> {
  const config = readSettings(options);
  await withClientForChanges(config, async (client) => {
    const found = await openBackfill(client, dag, config);
    await client.workflow.getHandle(found.workflowId).cancel();
    if (options.wait) {
      const last = await watchBackfill(client, found.dagId, config);
      print(options, last, () => backfillText(last, process.stdout.isTTY === true));
      return;
    }
    print(options, found, () => `backfill of ${found.dagId} is being cancelled, with its active runs`);
  });
}

/** @throws CliError when there is none, or it has ended */
async function openBackfill(client: Client, dag: string, config: Config): Promise<ListedBackfill> {
  const found = await findBackfill(client, dag, config);
  if (found.finishedAt === undefined) return found;
  throw new CliError(`the backfill of DAG "${found.dagId}" has ended: ${found.state}`, exitCodes.failed);
}
