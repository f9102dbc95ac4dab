import type { Client } from '@temporalio/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parse } from 'yaml';
import { loadOperators } from '../../activities/load-operators.js';
import type { RunInput } from '../../activities/run/run-input.js';
import { type Config, pipelineSettings } from '../../config/loader.js';
import { pipelineSections } from '../../config/schema.js';
import type { Json, JsonObject } from '../../dag/json.js';
import { resolveParams } from '../../dag/params.js';
import { CliError, exitCodes } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { painter } from '../format.js';
import { ProgressView } from '../progress-view.js';
import { printOutcome } from '../run-summary.js';
import { type Cluster, startCluster } from '../servers.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';
import { watchRun } from '../watch-run.js';

type StartOptions = SettingsOptions & { dag: string; param: JsonObject; replay?: string };

/** `nightjar start`, which is `npm start`: one run of a DAG, on embedded servers unless the settings name others. */
export function registerStart(program: Command): void {
  withSettings(program.command('start').description('run a DAG once and watch it to its end'))
    .addOption(new Option('--dag <id or file>', 'the DAG').default('task-log-analytics'))
    .addOption(
      new Option('--param <name=value>', 'a param of the DAG; repeatable')
        .default({}, 'none')
        .argParser(parseParam),
    )
    .addOption(
      new Option(
        '--replay <workflow id>',
        'run the failed stages of an earlier run again, reusing the others',
      ),
    )
    .action(start);
}

function parseParam(text: string, all: JsonObject): JsonObject {
  const [name = '', ...rest] = text.split('=');
  if (name === '' || rest.length === 0) throw new InvalidArgumentError('expected name=value');
  return { ...all, [name]: parse(rest.join('=')) as Json };
}

async function start(options: StartOptions): Promise<void> {
  const tell = (line: string): boolean => process.stderr.write(`${line}\n`);
  const { bold, dim } = painter(process.stderr.isTTY === true);
  const config = readSettings(options);
  const operators = await loadOperators(config.operators.folder);
  const file = await findNamedDag(options.dag, config, operators);
  const params = resolveParams(file.dag, options.param, {
    config: pipelineSettings(config) as unknown as Json,
  });
  if (!params.ok) throw new CliError(params.errors.join('\n'));

  tell(dim('starting Temporal, Spark Connect and a worker …'));
  const cluster = await startCluster({ config, settings: options, dagFiles: [file.file], tell });
  try {
    const { dagId } = file.dag;
    const workflowId = await startOrResume(cluster.client, dagId, options, config);
    const address = runAddress(cluster, config, workflowId);
    tell(`${bold(workflowId)}${address === undefined ? '' : `\n${dim(address)}`}`);
    const interrupted = cancelOnInterrupt(cluster.client, workflowId, tell);
    const progress = new ProgressView();
    const end = await watchRun(cluster.client, workflowId, (snapshot) => progress.update(snapshot));
    progress.done();
    await printOutcome(end, { workflowId, dagId, config, workerLog: cluster.workerLog });
    process.exitCode = interrupted() ? exitCodes.interrupted : end.ok ? exitCodes.ok : exitCodes.failed;
  } finally {
    await cluster.stop();
  }
}

/** Starts the run; or finds one that an earlier start left unfinished, when nothing else was asked for. */
async function startOrResume(
  client: Client,
  dagId: string,
  options: StartOptions,
  config: Config,
): Promise<string> {
  const isPlain =
    options.set.length === 0 && options.replay === undefined && Object.keys(options.param).length === 0;
  if (isPlain) {
    const query = `WorkflowType = "${dagId}" AND ExecutionStatus = "Running" AND TaskQueue = "${config.temporal.taskQueue}"`;
    for await (const { workflowId } of client.workflow.list({ query })) {
      process.stderr.write(
        'a run that an earlier start left unfinished goes on; cancel it in the UI to start afresh\n',
      );
      return workflowId;
    }
  }
  const settings = Object.fromEntries(
    options.set.flatMap((setting) => {
      const [name = '', ...rest] = setting.split('=');
      return (name.split('.')[0] ?? '') in pipelineSections ? [[name, parse(rest.join('=')) as Json]] : [];
    }),
  );
  const input: RunInput = {
    ...(Object.keys(options.param).length === 0 ? {} : { params: options.param }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(options.replay === undefined ? {} : { replay: { workflowId: options.replay } }),
  };
  const workflowId = options.replay ?? `${dagId}/${new Date().toISOString().replace(/\.\d+/, '')}`;
  await client.workflow.start(dagId, {
    workflowId,
    taskQueue: config.temporal.taskQueue,
    args: Object.keys(input).length === 0 ? [] : [input],
  });
  return workflowId;
}

/** Cancels the run at the first Ctrl-C, so that Spark's work ends too; leaves at once at the second. */
function cancelOnInterrupt(client: Client, workflowId: string, tell: (line: string) => void): () => boolean {
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    tell('cancelling the run …; Ctrl-C again leaves at once');
    client.workflow
      .getHandle(workflowId)
      .cancel()
      .catch((error: unknown) =>
        tell(`the run could not be cancelled: ${error instanceof Error ? error.message : error}`),
      );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => interrupted;
}

const runAddress = ({ temporalUi }: Cluster, { temporal }: Config, workflowId: string): string | undefined =>
  temporalUi && `${temporalUi}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`;
