import type { Client } from '@temporalio/client';
import { type Command, Option } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { Config } from '../../config/loader.js';
import type { JsonObject } from '../../dag/json.js';
import { findNamedDag } from '../find-dag.js';
import { ProgressView } from '../progress-view.js';
import { runHere } from '../run-here.js';
import {
  checkParams,
  type ParamTexts,
  paramOption,
  paramValues,
  runInput,
  runSettings,
} from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type StartOptions = SettingsOptions & { dag: string; param: ParamTexts; replay?: string };

/** `nightjar start`, which is `npm start`: one run of a DAG, on embedded servers unless the settings name others. */
export function registerStart(program: Command): void {
  withSettings(program.command('start').description('run a DAG once and watch it to its end'))
    .addOption(new Option('--dag <id or file>', 'the DAG').default('task-log-analytics'))
    .addOption(paramOption())
    .addOption(
      new Option(
        '--replay <workflow id>',
        'run the failed stages of an earlier run again, reusing the others',
      ),
    )
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const config = readSettings(options);
  const operators = await loadOperators(config.operators.folder);
  const file = await findNamedDag(options.dag, config, operators);
  const params = paramValues(options.param, file.dag.params);
  checkParams(file.dag, params, config);
  process.exitCode = await runHere({
    config,
    options,
    file,
    start: (client) => startOrResume(client, file.dag.dagId, params, options, config),
    display: () => new ProgressView(),
  });
}

/** Starts the run; or finds one that an earlier start left unfinished, when nothing else was asked for. */
async function startOrResume(
  client: Client,
  dagId: string,
  params: JsonObject,
  options: StartOptions,
  config: Config,
): Promise<string> {
  const isPlain =
    options.set.length === 0 && options.replay === undefined && Object.keys(params).length === 0;
  if (isPlain) {
    const query = `WorkflowType = "${dagId}" AND ExecutionStatus = "Running" AND TaskQueue = "${config.temporal.taskQueue}"`;
    for await (const { workflowId } of client.workflow.list({ query })) {
      process.stderr.write(
        'a run that an earlier start left unfinished goes on; cancel it in the UI to start afresh\n',
      );
      return workflowId;
    }
  }
  const input: RunInput | undefined = runInput({
    params,
    settings: runSettings(options.set),
    replay: options.replay === undefined ? undefined : { workflowId: options.replay },
  });
  const workflowId = options.replay ?? `${dagId}/${new Date().toISOString().replace(/\.\d+/, '')}`;
  await client.workflow.start(dagId, {
    workflowId,
    taskQueue: config.temporal.taskQueue,
    args: input === undefined ? [] : [input],
  });
  return workflowId;
}
