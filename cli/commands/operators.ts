import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { controlOperators } from '../../dag/control/index.js';
import { CliError } from '../exit.js';
import { operatorFiles } from '../operator-template.js';
import { type JsonOption, print, table, withJson } from '../output.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar operators …`: what tasks can do, and how to add to it; needs no server. */
export function registerOperators(program: Command): void {
  const operators = program.command('operators').description('look at operators, and write new ones');
  withSettings(
    withJson(operators.command('list').description('list the operators that DAGs can use')),
  ).action(list);
  withSettings(
    operators
      .command('new')
      .description('write a new operator, with a test and an example DAG, into the folder of your own')
      .argument('<name>', 'name of the operator, such as copy-files', parseName),
  )
    .option('--sensor', 'one that waits for something')
    .action(create);
}

function parseName(text: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text))
    throw new InvalidArgumentError(
      'expected small letters and digits, with - between words, such as copy-files',
    );
  return text;
}

/** An operator as `operators list --json` prints it. */
type Listed = {
  name: string;
  description: string;
  from: 'nightjar' | 'own';
  sensor: boolean;
  needsWorker: boolean;
};

async function listed(options: SettingsOptions): Promise<Listed[]> {
  const operators = await loadOperators(readSettings(options).operators.folder);
  const control = [...controlOperators.values()].map(({ name, description }): Listed => {
    return { name, description, from: 'nightjar', sensor: name.endsWith('-sensor'), needsWorker: false };
  });
  const { builtInOperators } = await import('../../activities/built-in-operators.js');
  const builtIn = new Set(builtInOperators.map(({ name }) => name));
  const others = [...operators.values()].map(({ name, description, sensor }): Listed => {
    const from = builtIn.has(name) ? 'nightjar' : 'own';
    return { name, description, from, sensor: sensor === true, needsWorker: true };
  });
  return [...control, ...others].sort((a, b) => a.name.localeCompare(b.name));
}

async function list(options: SettingsOptions & JsonOption): Promise<void> {
  print(options, await listed(options), (operators) =>
    table(operators, [
      { head: 'Operator', of: ({ name }) => name },
      { head: 'What it does', of: ({ description }) => description },
      { head: 'From', of: ({ from }) => from },
    ]),
  );
}

async function create(
  name: string,
  { sensor, ...options }: SettingsOptions & { sensor?: true },
): Promise<void> {
  const { folder } = readSettings(options).operators;
  if (folder === undefined) {
    throw new CliError(
      'there is no folder for operators of your own yet: set operators.folder in config/config.yaml, for example to ./operators',
    );
  }
  const files = operatorFiles(name, sensor ? 'sensor' : 'operator').map((file) => ({
    ...file,
    path: join(resolve(folder), file.name),
  }));
  await mkdir(resolve(folder), { recursive: true });
  const taken = (await listed(options)).some((operator) => operator.name === name);
  if (taken) throw new CliError(`there is already an operator named "${name}"; choose another name`);
  await writeAll(files);

  const shown = files.map(({ path }) => relative('.', path));
  const [code, test, dag] = shown;
  process.stdout.write(`Written:
  ${shown.join('\n  ')}

Next:
  npx tsx --test ${test}          # its test
  npm run nightjar -- dags validate ${dag}
  npm start -- --dag ${dag}       # a run of the example
Then make ${code} do what you need. Workers that run already learn of a new operator when they are started again.
`);
}

/** Writes new files, all or none: what is there already stays as it is. */
async function writeAll(files: readonly { path: string; text: string }[]): Promise<void> {
  const there = files.find(({ path }) => existsSync(path));
  if (there !== undefined)
    throw new CliError(`${relative('.', there.path)} is there already; remove it, or choose another name`);
  for (const { path, text } of files) await writeFile(path, text, { flag: 'wx' });
}
