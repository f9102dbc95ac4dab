import { stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { loadOperators } from '../../activities/load-operators.js';
import { type DagFile, dagFilesIn, readDagFiles } from '../../activities/run/dag-files.js';
import { controlOperators } from '../../dag/control/index.js';
import type { DagDocument } from '../../dag/document.js';
import { formatDuration } from '../../dag/duration.js';
import { dagJsonSchema } from '../../dag/json-schema.js';
import { mermaid } from '../../dag/mermaid.js';
import { formatSourceError } from '../../dag/source.js';
import { dagSources } from '../../worker/dag-sources.js';
import { CliError, exitCodes } from '../exit.js';
import { findNamedDag, notADag } from '../find-dag.js';
import { type JsonOption, plural, print, table, withJson } from '../output.js';
import { calendarText } from '../schedules/times.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** Where editors look for the schema, by the comments in the repository's DAG files. */
const schemaFile = 'config/dag.schema.json';

/** What of `nightjar dags …` looks at DAG files; needs no server. */
export function registerDagFiles(dags: Command): void {
  const list = dags.command('list').description('list the DAGs of the configured folders');
  withSettings(withJson(list)).action(listDags);
  const validate = dags
    .command('validate')
    .argument('[files...]', 'DAG files, or folders of them; default: those configured')
    .option('--strict', 'fail on warnings, too')
    .description('check DAG files and print every error and warning with its place');
  withSettings(withJson(validate)).action(validateFiles);
  const show = dags
    .command('show')
    .argument('<id or file>', 'the DAG')
    .description('print a DAG as runs see it, with all defaults, and its hash');
  withSettings(withJson(show, 'print JSON instead of YAML')).action(showDag);
  const graph = dags
    .command('graph')
    .argument('<id or file>', 'the DAG')
    .description("print a DAG's graph as text for Mermaid");
  withSettings(withJson(graph, 'print JSON, with each task and what it depends on')).action(showGraph);
  withSettings(
    dags
      .command('schema')
      .option('--write [file]', `write it to a file (default: ${schemaFile})`)
      .description('print the JSON Schema of DAG files in YAML, for editors'),
  ).action(schema);
}

type Options = SettingsOptions & JsonOption;

async function listDags(options: Options): Promise<void> {
  const files = await readAll([], options);
  const good = files.filter((file) => file.ok);
  const dags = good.map(({ dag: { dagId, description, tasks, ...dag }, file }) => ({
    dagId,
    ...(description === undefined ? {} : { description }),
    schedule: describeSchedule(dag),
    tasks: tasks.map(({ id }) => id),
    file,
  }));
  const errors = errorsOf(files);
  print(options, { dags, errors }, () =>
    table(dags, [
      { head: 'DAG', of: ({ dagId }) => dagId },
      { head: 'Schedule', of: ({ schedule }) => schedule },
      { head: 'Tasks', of: ({ tasks }) => tasks.join(', ') },
      { head: 'File', of: ({ file }) => file },
    ]),
  );
  if (errors.length > 0) throw new CliError(errorText(files), exitCodes.usage);
}

function describeSchedule({ schedule, timezone }: Pick<DagDocument, 'schedule' | 'timezone'>): string {
  if (schedule === undefined) return 'none';
  if ('datasets' in schedule) return 'by datasets';
  if ('every' in schedule) return `every ${formatDuration(schedule.every)}`;
  const calendars = 'cron' in schedule ? [schedule.cron] : schedule.calendars;
  return `${calendars.map(calendarText).join('; ')} ${timezone}`;
}

async function validateFiles(names: string[], options: Options & { strict?: true }): Promise<void> {
  const files = await readAll(names, options);
  const errors = errorsOf(files);
  const warnings = files.flatMap((file) => (file.ok ? file.warnings : []));
  const isRefused = options.strict === true && warnings.length > 0;
  if (options.json) {
    const dags = files.flatMap((each) =>
      each.ok ? [{ dagId: each.dag.dagId, hash: each.hash, file: each.file }] : [],
    );
    print(options, { dags, errors, warnings }, String);
    if (errors.length > 0 || isRefused) process.exitCode = exitCodes.usage;
    return;
  }
  for (const file of files) if (file.ok) process.stdout.write(`${file.file}: ${file.dag.dagId}: ok\n`);
  for (const warning of warnings) process.stdout.write(`warning: ${formatSourceError(warning)}\n`);
  if (errors.length > 0) throw new CliError(errorText(files), exitCodes.usage);
  if (isRefused) throw new CliError(`${plural(warnings.length, 'warning')}, with --strict`, exitCodes.usage);
  process.stdout.write(`no errors in ${plural(new Set(files.map(({ file }) => file)).size, 'file')}\n`);
}

async function showDag(name: string, options: Options): Promise<void> {
  const { dag, hash, file } = await named(name, options);
  print(options, { file, hash, dag }, (shown) => stringify(shown).trimEnd());
}

async function showGraph(name: string, options: Options): Promise<void> {
  const { dag } = await named(name, options);
  const tasks = dag.tasks.map(({ id, operator, dependsOn }) => ({ id, operator, dependsOn }));
  print(options, { dagId: dag.dagId, tasks }, () => mermaid(dag).trimEnd());
}

async function schema(options: SettingsOptions & { write?: true | string }): Promise<void> {
  const operators = await loadOperators(readSettings(options).operators.folder);
  const text = `${JSON.stringify(dagJsonSchema([...operators.values(), ...controlOperators.values()]), null, 1)}\n`;
  if (options.write === undefined) process.stdout.write(text);
  else await writeFile(options.write === true ? schemaFile : options.write, text);
}

async function named(name: string, options: SettingsOptions): ReturnType<typeof findNamedDag> {
  const config = readSettings(options);
  return findNamedDag(name, config, await loadOperators(config.operators.folder));
}

async function readAll(names: string[], options: SettingsOptions): Promise<DagFile[]> {
  const config = readSettings(options);
  const sources = dagSources(config, await loadOperators(config.operators.folder));
  if (names.length === 0) return readDagFiles(sources);
  const given = await Promise.all(
    names.map(async (name) => {
      const path = resolve(name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) throw new CliError(`${name}: there is no such file`);
      return found.isDirectory() ? { folder: path } : { file: path };
    }),
  );
  const named = given.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const below = given.flatMap(({ folder }) => (folder === undefined ? [] : [dagFilesIn(folder)]));
  const files = await readDagFiles(sources, [...named, ...(await Promise.all(below)).flat()]);
  const read = new Set(files.map(({ file }) => file));
  const empty = named.find((file) => !read.has(file));
  if (empty !== undefined) throw new CliError(`${empty}: ${notADag(empty)}`);
  return files;
}

const errorsOf = (files: readonly DagFile[]) => files.flatMap((file) => (file.ok ? [] : file.errors));

/** Every error, and how many there are. */
function errorText(files: readonly DagFile[]): string {
  const errors = errorsOf(files);
  const count = (some: readonly DagFile[]): number => new Set(some.map(({ file }) => file)).size;
  const broken = count(files.filter(({ ok }) => !ok));
  const total = `${plural(errors.length, 'error')} in ${broken} of ${plural(count(files), 'file')}`;
  return [...errors.map(formatSourceError), total].join('\n');
}
