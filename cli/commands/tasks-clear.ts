import { createInterface } from 'node:readline/promises';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type Command, Option } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { findDag } from '../../activities/run/dag-files.js';
import { planOfReplay, readRun } from '../../activities/run/replay.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import type { Config } from '../../config/loader.js';
import type { DagDocument } from '../../dag/document.js';
import { partsOf } from '../../dag/replay/again.js';
import type { ReplayPlan } from '../../dag/replay/plan.js';
import { type RunUpdateAnswer, type RunUpdateArguments, runUpdates } from '../../dag/run-updates.js';
import { dagSources } from '../../worker/dag-sources.js';
import { withClient, withClientForChanges } from '../connect.js';
import { CliError, exitCodes } from '../exit.js';
import { checkTask, findNamedRun, runArgument } from '../find-run.js';
import type { ListedRun } from '../list-runs.js';
import { type JsonOption, note, print, withJson } from '../output.js';
import { runSettings } from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type ClearOptions = SettingsOptions &
  JsonOption & {
    task?: string;
    onlyFailed?: true;
    upstream?: true;
    downstream?: true;
    dag?: 'original' | 'latest';
    dryRun?: true;
    yes?: true;
  };

/** What the command prints as JSON. */
type Cleared = Pick<ReplayPlan, 'again' | 'reused' | 'decided'> & {
  workflowId: string;
  /** The try whose results are reused, and the one that runs the rest; none for a dry run. */
  replayOfRunId: string;
  temporalRunId?: string;
};

/** `nightjar tasks clear`: runs tasks of an earlier run again, and takes over the results of the others. */
export function registerTasksClear(tasks: Command): void {
  const clear = tasks
    .command('clear')
    .description('run tasks of a run again, whatever became of it, and reuse the results of the others')
    .argument('<run>', runArgument)
    .option('--task <regex>', 'only tasks whose id matches, or one instance such as train[3]; default: all')
    .option('--only-failed', 'of these, only what did not succeed')
    .option('--upstream', 'and what is upstream of them')
    .option('--downstream', 'and what is downstream of them')
    .addOption(
      new Option('--dag <which>', 'the DAG as it was then, or as its file is now (default: latest)').choices([
        'original',
        'latest',
      ]),
    )
    .option('--dry-run', 'say what would run again and what would be reused, and do nothing')
    .option('-y, --yes', 'do not ask');
  withSettings(withJson(clear)).action(clearTasks);
}

async function clearTasks(name: string, options: ClearOptions): Promise<void> {
  const config = readSettings(options);
  await (options.dryRun ? withClient : withClientForChanges)(config, async (client) => {
    const run = await findNamedRun(name, { client, config });
    const { workflowId, dagId, state } = run;
    const isOpen = run.source === 'server' && run.finishedAt === undefined;
    if (isOpen && state !== 'held')
      throw new CliError(`run "${workflowId}" is ${state}: wait for its end, or cancel it and clear it then`);
    const record = await readRun(workflowId, dagId, config.dataRoot);
    if (record === undefined)
      throw new CliError(
        `run "${workflowId}" left no record below ${config.dataRoot}: nothing can be reused`,
      );
    if (isOpen && options.dag === 'latest')
      throw new CliError(
        `run "${workflowId}" is held and goes on with the DAG that it started with; end it first for the latest (Update failRun)`,
      );
    if (isOpen && Object.keys(runSettings(options.set)).length > 0)
      throw new CliError(`run "${workflowId}" is held and goes on with the settings that it started with`);
    const dag = isOpen || options.dag === 'original' ? record.dag : await latestDag(dagId, config);
    const selection = {
      tasks: chosenTasks(dag, record, options.task),
      downstream: options.downstream === true,
      upstream: options.upstream === true,
      onlyFailed: options.onlyFailed === true,
    };
    const plan = planned(dag, record, selection);
    const done: Cleared = {
      workflowId,
      again: plan.again,
      reused: plan.reused,
      decided: plan.decided,
      replayOfRunId: record.temporalRunId,
    };
    if (options.dryRun) {
      print(options, done, describe);
      return;
    }
    note(describe(done));
    if (plan.again.length === 0) throw new CliError('there is nothing to run again');
    if (!options.yes) await confirm();
    if (isOpen) await tell(client, workflowId, selection);
    else done.temporalRunId = await startAgain(client, run, { record, selection, options, config });
    print(options, done, ({ temporalRunId }) =>
      temporalRunId === undefined
        ? `${workflowId} goes on`
        : `${workflowId} runs again: Temporal run ${temporalRunId}, a replay of ${record.temporalRunId}`,
    );
  });
}

async function latestDag(dagId: string, config: Config): Promise<DagDocument> {
  const operators = await loadOperators(config.operators.folder);
  const found = await findDag(dagId, dagSources(config, operators));
  if (typeof found === 'string')
    throw new CliError(`${found}; \`--dag original\` takes the DAG as it was then`);
  return found.dag;
}

/** Ids that match, or an instance that is named exactly. */
function chosenTasks(dag: DagDocument, { tasks }: RunRecord, pattern: string | undefined): string[] {
  const ids = dag.tasks.map(({ id }) => id);
  if (pattern === undefined) return ids;
  if (ids.includes(pattern) || tasks.some(({ key }) => key === pattern)) return [pattern];
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new CliError(`--task: ${error instanceof Error ? error.message : error}`);
  }
  const matching = ids.filter((id) => expression.test(id));
  if (matching.length === 0) checkTask(pattern, ids, `DAG "${dag.dagId}"`);
  return matching;
}

type Selection = { tasks: string[]; downstream: boolean; upstream: boolean; onlyFailed: boolean };

function planned(dag: DagDocument, record: RunRecord, selection: Selection): ReplayPlan {
  try {
    return planOfReplay(dag, record.tasks, selection);
  } catch (error) {
    if (error instanceof ApplicationFailure) throw new CliError(error.message);
    throw error;
  }
}

/** Instances of a mapped task are counted. */
function describe({ again, reused, decided }: Cleared): string {
  const line = (what: string, keys: readonly string[]): string[] =>
    keys.length === 0 ? [] : [`${what.padEnd(13)} ${summed(keys).join(', ')}`];
  return [...line('runs again:', again), ...line('reused:', reused), ...line('found anew:', decided)].join(
    '\n',
  );
}

function summed(keys: readonly string[]): string[] {
  const byTask = new Map<string, string[]>();
  for (const key of keys) {
    const { taskId } = partsOf(key);
    byTask.set(taskId, [...(byTask.get(taskId) ?? []), key]);
  }
  return [...byTask].flatMap(([id, instances]) =>
    instances.length > 5 ? [`${id} (${instances.length} instances)`] : instances,
  );
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CliError('nobody to ask: say --yes to run these tasks again, or --dry-run to see only');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asked.question('Run these tasks again? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was changed', exitCodes.interrupted);
  } finally {
    asked.close();
  }
}

async function tell(client: Client, workflowId: string, selection: Selection): Promise<void> {
  const argument: RunUpdateArguments['clearTasks'] = selection;
  try {
    await client.workflow
      .getHandle(workflowId)
      .executeUpdate<RunUpdateAnswer, [RunUpdateArguments['clearTasks']]>(runUpdates.clearTasks, {
        args: [argument],
      });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw new CliError(error.cause?.message ?? error.message);
    throw error;
  }
}

/** @returns Temporal's id of the new try */
async function startAgain(
  client: Client,
  { workflowId, dagId }: ListedRun,
  {
    record,
    selection,
    options,
    config,
  }: { record: RunRecord; selection: Selection; options: ClearOptions; config: Config },
): Promise<string> {
  const replay = { workflowId, runId: record.temporalRunId, ...selection, dag: options.dag ?? 'latest' };
  const settings = runSettings(options.set);
  const input: RunInput = { replay, ...(Object.keys(settings).length === 0 ? {} : { settings }) };
  try {
    const handle = await client.workflow.start(dagId, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      args: [input],
      staticSummary: `replay of Temporal run ${record.temporalRunId}`,
      memo: { replayOf: record.temporalRunId },
    });
    return handle.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new CliError(`run "${workflowId}" has been started again by somebody else`);
    throw error;
  }
}
