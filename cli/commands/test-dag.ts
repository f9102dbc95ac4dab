import type { Command } from 'commander';
import { runIdOf } from '../../activities/context/layout.js';
import { loadOperators } from '../../activities/load-operators.js';
import type { RunInput } from '../../activities/run/run-input.js';
import { CliError } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { runFolderOf } from '../find-run.js';
import { isOpen, runsAt } from '../list-runs.js';
import { note } from '../output.js';
import { type RunDisplay, runHere } from '../run-here.js';
import { logLines, prettyLine } from '../run-log.js';
import {
  checkParams,
  idTime,
  type ParamTexts,
  paramOption,
  paramValues,
  parseLogicalDate,
  runInput,
  runSettings,
} from '../run-options.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar dags test`: one run here and now, with its log on the terminal. */
export function registerTest(dags: Command): void {
  const test = dags
    .command('test')
    .description('run a DAG once, here and now, with its log on the terminal')
    .argument('<dag>', 'the DAG, by id or file')
    .argument('[logical date]', 'its logical date (default: now)', parseLogicalDate)
    .addOption(paramOption())
    .addHelpText(
      'after',
      `
Servers and a worker are started for it, unless TEMPORAL_ADDRESS and SPARK_REMOTE name servers. The run of a logical date
that was there before is run again, all of it.

Examples:
  nightjar dags test examples/penguins/penguins.yaml
  nightjar dags test etl 2026-03-01 --param limit=10`,
    );
  withSettings(test).action(run);
}

async function run(
  name: string,
  logicalDate: string | undefined,
  options: SettingsOptions & { param: ParamTexts },
): Promise<void> {
  const config = readSettings(options);
  const file = await findNamedDag(name, config, await loadOperators(config.operators.folder));
  const params = paramValues(options.param, file.dag.params);
  checkParams(file.dag, params, config);
  const { dagId } = file.dag;
  const input: RunInput | undefined = runInput({
    params,
    settings: runSettings(options.set),
    logicalDate,
  });
  process.exitCode = await runHere({
    config,
    options,
    file,
    async start(client) {
      const [earlier] = logicalDate === undefined ? [] : await runsAt({ client, config }, dagId, logicalDate);
      const workflowId = earlier?.workflowId ?? `${dagId}/${idTime(logicalDate ?? new Date().toISOString())}`;
      if (earlier !== undefined && isOpen(earlier))
        throw new CliError(`run ${workflowId} goes on (state ${earlier.state}): nothing was started`);
      const args = input === undefined ? [] : [input];
      await client.workflow.start(dagId, { workflowId, taskQueue: config.temporal.taskQueue, args });
      return workflowId;
    },
    display: (workflowId) => logDisplay(runFolderOf({ dagId, runId: runIdOf(dagId, workflowId) }, config)),
  });
}

/** The run's log on standard error, as it is written. */
function logDisplay(folder: string): RunDisplay {
  let isOver = false;
  const pretty = prettyLine(process.stderr.isTTY === true);
  const printed = (async () => {
    for await (const line of logLines(folder, {}, async () => isOver)) process.stderr.write(pretty(line));
  })();
  return {
    update: () => {},
    async done() {
      isOver = true;
      // A run whose tasks never began has no log.
      await printed.catch((error: unknown) => note(error instanceof Error ? error.message : String(error)));
    },
  };
}
