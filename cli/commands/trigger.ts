import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type Command, Option } from 'commander';
import { runIdOf } from '../../activities/context/layout.js';
import { loadOperators } from '../../activities/load-operators.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { Config } from '../../config/loader.js';
import type { JsonObject } from '../../dag/json.js';
import { withClient } from '../connect.js';
import { CliError } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { findNamedRun, recordOf } from '../find-run.js';
import { followRun } from '../follow-run.js';
import { isOpen, type ListedRun, runOfRecord, runsAt, serverRun } from '../list-runs.js';
import { type JsonOption, note, print, withJson } from '../output.js';
import {
  checkParams,
  idTime,
  paramOption,
  parseConf,
  parseLogicalDate,
  runInput,
  runSettings,
} from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type TriggerOptions = SettingsOptions &
  JsonOption & {
    param: JsonObject;
    conf?: JsonObject;
    logicalDate?: string;
    runId?: string;
    replay?: true;
    watch?: true;
  };

/** `nightjar dags trigger`: starts a run by hand, on servers and workers that are up. */
export function registerTrigger(dags: Command): void {
  const trigger = dags
    .command('trigger')
    .description('start a run of a DAG')
    .argument('<dag>', 'the DAG, by id or file')
    .addOption(paramOption())
    .addOption(
      new Option(
        '--conf <JSON or file>',
        'params as one JSON object; those of --param go before them',
      ).argParser(parseConf),
    )
    .addOption(
      new Option(
        '--logical-date <time>',
        'the logical date (default: now), such as 2026-03-01T02:00:00Z',
      ).argParser(parseLogicalDate),
    )
    .option('--run-id <id>', 'its Workflow ID becomes <DAG>/<id> (default: <DAG>/<logical date>)')
    .option(
      '--replay',
      'run the one that has this logical date again: what failed, or all of it if nothing did',
    )
    .option('--watch', 'watch the run to its end; the exit code tells how it ended')
    .addHelpText(
      'after',
      `
Examples:
  nightjar dags trigger task-log-analytics
  nightjar dags trigger etl --param day=monday --param limit=10 --watch
  nightjar dags trigger etl --conf '{"day": "monday"}' --logical-date 2026-03-01
  nightjar dags trigger etl --logical-date 2026-03-01 --replay
  nightjar dags trigger task-log-analytics --set generate.records=50000`,
    );
  withSettings(withJson(trigger)).action(start);
}

async function start(name: string, options: TriggerOptions): Promise<void> {
  const config = readSettings(options);
  const { dag } = await findNamedDag(name, config, await loadOperators(config.operators.folder));
  const params = { ...options.conf, ...options.param };
  // The params of a replay add to those of the run before: only the run can check them.
  if (options.replay) requireDate(options);
  else checkParams(dag, params, config);
  await withClient(config, async (client) => {
    const { dagId } = dag;
    const input = { params, settings: runSettings(options.set) };
    const workflowId = options.replay
      ? await replay(client, dagId, input, options, config)
      : await startNew(client, dagId, input, options, config);
    await warnIfUnserved(client, config);
    if (options.watch) {
      note(workflowId);
      process.exitCode = await followRun({ workflowId, dagId, client, config }, options);
      return;
    }
    const started = await findNamedRun(workflowId, { client, config });
    print(options, started, () => `started ${workflowId}\nwatch it: nightjar runs watch ${workflowId}`);
  });
}

function requireDate({ logicalDate, runId }: TriggerOptions): void {
  if (logicalDate === undefined && runId === undefined)
    throw new CliError('--replay needs --logical-date or --run-id: which run is to run again?');
}

async function startNew(
  client: Client,
  dagId: string,
  given: Pick<RunInput, 'params' | 'settings'>,
  { logicalDate, runId }: TriggerOptions,
  config: Config,
): Promise<string> {
  if (logicalDate !== undefined) {
    const [existing] = await runsAt({ client, config }, dagId, logicalDate);
    if (existing !== undefined)
      throw new CliError(alreadyThere(existing, `logical date ${idTime(logicalDate)}`));
  }
  const input: RunInput | undefined = runInput({ ...given, logicalDate });
  const now = new Date().toISOString();
  const taken = await startUnderFreeId(
    client,
    dagId,
    runId !== undefined
      ? [runId]
      : logicalDate !== undefined
        ? [idTime(logicalDate)]
        : [now.replace(/\.\d+/, ''), now],
    { taskQueue: config.temporal.taskQueue, args: input === undefined ? [] : [input] },
  );
  if (typeof taken === 'string') return taken;
  const { workflowId, existing } = taken;
  if (existing === undefined)
    throw new CliError(`Workflow ID ${workflowId} is taken by something else; choose another with --run-id`);
  throw new CliError(alreadyThere(existing, `id ${workflowId}`));
}

/** Two that are triggered at once must not both become the run of their id: only the server can tell. */
async function startUnderFreeId(
  client: Client,
  dagId: string,
  ids: readonly string[],
  how: { taskQueue: string; args: RunInput[] },
): Promise<string | { workflowId: string; existing: ListedRun | undefined }> {
  let taken: { workflowId: string; existing: ListedRun | undefined } | undefined;
  for (const id of ids) {
    const workflowId = `${dagId}/${id}`;
    try {
      await client.workflow.start(dagId, { ...how, workflowId, workflowIdReusePolicy: 'REJECT_DUPLICATE' });
      return workflowId;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const existing = await serverRun(client, workflowId);
      // It refused its input, so there is nothing of it that could be replayed.
      if (existing?.state === 'failed' && existing.logicalDate === undefined) {
        await client.workflow.start(dagId, { ...how, workflowId });
        return workflowId;
      }
      taken = { workflowId, existing };
    }
  }
  if (taken === undefined) throw new Error('no id was given');
  return taken;
}

/** Runs the run of this logical date or id again under the Workflow ID that it has. */
async function replay(
  client: Client,
  dagId: string,
  given: Pick<RunInput, 'params' | 'settings'>,
  { logicalDate, runId }: TriggerOptions,
  config: Config,
): Promise<string> {
  const named = runId === undefined ? `logical date ${idTime(logicalDate ?? '')}` : `id ${dagId}/${runId}`;
  const runs =
    runId === undefined
      ? await runsAt({ client, config }, dagId, logicalDate ?? '')
      : [await runOfId(client, dagId, runId, config)];
  const [earlier] = runs;
  if (earlier === undefined)
    throw new CliError(`DAG "${dagId}" has no run with ${named} to replay; without --replay one is started`);
  const { workflowId, state } = earlier;
  const all =
    state === 'success' ? (await recordOf(earlier, config))?.dag.tasks.map(({ id }) => id) : undefined;
  const input = {
    ...given,
    replay: { workflowId, ...(all === undefined ? {} : { tasks: all }) },
  };
  try {
    await client.workflow.start(dagId, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      args: [runInput(input)],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CliError(
      `run ${workflowId} goes on (state ${state}): \`nightjar tasks clear ${workflowId}\` runs some of its tasks again, \`nightjar runs cancel ${workflowId}\` ends it`,
    );
  }
  note(
    all === undefined
      ? 'what failed runs again, all other results are reused'
      : 'it had succeeded: all of it runs again',
  );
  return workflowId;
}

async function runOfId(
  client: Client,
  dagId: string,
  runId: string,
  config: Config,
): Promise<ListedRun | undefined> {
  const workflowId = `${dagId}/${runId}`;
  const record = await recordOf({ dagId, runId: runIdOf(dagId, workflowId) }, config);
  return (await serverRun(client, workflowId)) ?? (record && runOfRecord(record));
}

function alreadyThere(run: ListedRun, what: string): string {
  const { workflowId, state } = run;
  const again = isOpen(run)
    ? `\`nightjar runs watch ${workflowId}\` shows it`
    : `--replay, or \`nightjar tasks clear ${workflowId}\` for some of its tasks, runs it again`;
  return `there is a run with ${what} already: ${workflowId}, state ${state}; ${again}`;
}

/** A run that no worker takes up would wait without a word. */
async function warnIfUnserved(client: Client, { temporal }: Config): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: temporal.taskQueue },
    taskQueueType: 1,
  });
  if ((pollers ?? []).length === 0)
    note(
      `no worker serves task queue "${temporal.taskQueue}" yet: the run waits; start one with \`nightjar worker\``,
    );
}
