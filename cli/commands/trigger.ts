import type { Client } from '@temporalio/client';
import { type Command, Option } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import type { Config } from '../../config/loader.js';
import type { JsonObject } from '../../dag/json.js';
import { withClientForChanges } from '../connect.js';
import { CliError } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { findNamedRun } from '../find-run.js';
import { followRun } from '../follow-run.js';
import { type JsonOption, note, print, withJson } from '../output.js';
import { replayRun } from '../replay-run.js';
import {
  checkParams,
  type ParamTexts,
  paramOption,
  paramValues,
  parseConf,
  parseLogicalDate,
  runSettings,
} from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';
import { type RunName, startRun } from '../start-run.js';

type TriggerOptions = SettingsOptions &
  JsonOption &
  RunName & {
    param: ParamTexts;
    conf?: JsonObject;
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
  const params = { ...options.conf, ...paramValues(options.param, dag.params) };
  // The params of a replay add to those of the run before: only the run can check them.
  if (options.replay) requireDate(options);
  else checkParams(dag, params, config);
  await withClientForChanges(config, async (client) => {
    const { dagId } = dag;
    const input = { params, settings: runSettings(options.set) };
    const workflowId = options.replay
      ? await replayRun(client, dagId, input, options, config)
      : await startRun(client, dagId, input, options, config);
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
