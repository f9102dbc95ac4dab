import { resolve } from 'node:path';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { type DagFile, readDagFile, readDagFiles } from '../../activities/run/dag-files.js';
import type { DagDocument } from '../../dag/document.js';
import { formatSourceError } from '../../dag/source.js';
import { dagSources } from '../../worker/dag-sources.js';
import { CliError, exitCodes } from '../exit.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar dags …`: looks at DAG files; needs no server. */
export function registerDags(program: Command): void {
  const dags = program.command('dags').description('look at DAGs');
  withSettings(dags.command('list').description('list the DAGs of the configured folders')).action(list);
  withSettings(
    dags
      .command('validate')
      .argument('[files...]', 'DAG files; default: all in the configured folders')
      .description('check DAG files and print every error with its place'),
  ).action(validate);
}

async function list(options: SettingsOptions): Promise<void> {
  const files = await readAll([], options);
  const table = new Table({ head: ['DAG', 'Schedule', 'Tasks', 'File'], style: { head: [], border: [] } });
  for (const file of files) {
    if (!file.ok) continue;
    const { dagId, tasks } = file.dag;
    table.push([dagId, describeSchedule(file.dag), tasks.map(({ id }) => id).join(', '), file.file]);
  }
  process.stdout.write(`${table}\n`);
  failOnErrors(files);
}

function describeSchedule({ schedule, timezone }: DagDocument): string {
  if (schedule === undefined) return 'none';
  if ('cron' in schedule) return `${schedule.cron} ${timezone}`;
  return 'every' in schedule ? `every ${schedule.every / 1000} s` : 'by datasets';
}

async function validate(names: string[], options: SettingsOptions): Promise<void> {
  const files = await readAll(names, options);
  for (const file of files) if (file.ok) process.stdout.write(`${file.file}: ${file.dag.dagId}: ok\n`);
  failOnErrors(files);
}

async function readAll(names: string[], options: SettingsOptions): Promise<DagFile[]> {
  const config = readSettings(options);
  const sources = dagSources(config, await loadOperators(config.operators.folder));
  if (names.length === 0) return readDagFiles(sources);
  return Promise.all(
    names.map(async (name) => {
      const file = await readDagFile(resolve(name), sources).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new CliError(`${name}: there is no such file`) : error;
      });
      if (file === undefined) throw new CliError(`${name}: not a DAG: it has no top-level dagId`);
      return file;
    }),
  );
}

function failOnErrors(files: DagFile[]): void {
  const errors = files.flatMap((file) => (file.ok ? [] : file.errors.map(formatSourceError)));
  if (errors.length > 0) throw new CliError(errors.join('\n'), exitCodes.usage);
}
