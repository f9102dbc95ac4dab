import type { Command } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { type DagFile, readDagFiles } from '../../activities/run/dag-files.js';
import { formatSourceError } from '../../dag/source.js';
import { dagSources } from '../../worker/dag-sources.js';
import { withClient, withClientForChanges } from '../connect.js';
import { exitCodes } from '../exit.js';
import { type JsonOption, note, print, withJson } from '../output.js';
import { deploySchedules } from '../schedules/deploy.js';
import type { Step } from '../schedules/plan.js';
import { stepText, summary } from '../schedules/step-text.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption & { dryRun?: true; prune?: true };

/** `nightjar deploy`: makes the server's schedules those of the DAGs. */
export function registerDeploy(program: Command): void {
  const command = program
    .command('deploy')
    .description("make the server's schedules those of the DAG files")
    .option('--dry-run', 'print what would change, and change nothing')
    .option('--prune', 'delete the schedules of DAGs that are gone, instead of pausing them');
  withSettings(withJson(command)).action(deploy);
}

async function deploy(options: Options): Promise<void> {
  const config = readSettings(options);
  const files = await readDagFiles(dagSources(config, await loadOperators(config.operators.folder)));
  const isDry = options.dryRun === true;
  const steps = await (isDry ? withClient : withClientForChanges)(config, (client) =>
    deploySchedules(client, files, config, { isDry, prune: options.prune === true }),
  );
  print(options, { dryRun: isDry, schedules: steps.map(shown), errors: errorsOf(files) }, () =>
    [...steps.map(stepText), summary(steps, isDry)].join('\n'),
  );
  if (!options.json) for (const error of errorsOf(files)) note(formatSourceError(error));
  const left = steps.filter(({ action }) => action === 'refuse' || action === 'keep');
  if (left.length > 0 || errorsOf(files).length > 0) process.exitCode = exitCodes.usage;
}

const errorsOf = (files: readonly DagFile[]) => files.flatMap((file) => (file.ok ? [] : file.errors));

/** Of a step, what is for users. */
const shown = ({ wanted: _inner, catchUp, ...step }: Step) => ({
  ...step,
  ...(catchUp && { catchUpRuns: catchUp.runs }),
});
