import { readFile } from 'node:fs/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli/exit.js';
import { reportError } from '../cli/report-error.js';
import { type Case, CaseFileError, parseCases } from './case.js';
import { type Difference, describe } from './difference.js';
import { orderCount, runOnMachine } from './machine.js';
import { runOnServer } from './server.js';

type Options = { machineOnly?: true; name?: RegExp; concurrency: number };

const program = new Command('npm run conformance --')
  .description(
    'Compares the states that task graphs end in with those that are expected. See docs/conformance.md.',
  )
  .addArgument(new Argument('<files...>', 'JSON files of cases'))
  .option('--machine-only', 'only drive the state machine: no server, no DAG runs')
  .option('--name <regex>', 'only cases whose name matches', regex)
  .option('--concurrency <number>', 'DAG runs at the same time', positive, 12)
  .exitOverride()
  .action(async (files: string[], options: Options) => {
    const all = (await Promise.all(files.map(readCases))).flat();
    const cases = all.filter(({ name }) => options.name?.test(name) ?? true);
    if (cases.length === 0) throw new CliError(`none of the ${all.length} cases has a name that matches`);
    if (!(await compare(cases, options))) process.exitCode = 1;
  });

/** Prints the differences and how many there are. @returns whether there are none */
async function compare(cases: readonly Case[], { machineOnly, concurrency }: Options): Promise<boolean> {
  const machine = await timed(async () => cases.flatMap(runOnMachine));
  const summary = [`state machine (${orderCount} orders): ${sum(machine)}`];
  let differing = machine.found;
  if (!machineOnly) {
    const server = await timed(() => runOnServer(cases, { concurrency, onEnd: progress(cases.length) }));
    summary.push(`DAG runs: ${sum(server)}`);
    differing = [...differing, ...server.found];
  }
  for (const line of describe(differing)) console.log(line);
  const wrong = new Set(differing.map((each) => each.case)).size;
  console.log(`${cases.length} cases, ${wrong} with differences. ${summary.join('; ')}`);
  return wrong === 0;
}

function sum({ found, seconds }: { found: readonly Difference[]; seconds: number }): string {
  return `${found.length} ${found.length === 1 ? 'difference' : 'differences'} in ${seconds.toFixed(1)} s`;
}

async function timed(work: () => Promise<Difference[]>): Promise<{ found: Difference[]; seconds: number }> {
  const start = performance.now();
  const found = await work();
  return { found, seconds: (performance.now() - start) / 1000 };
}

/** Counts on a terminal how many runs have ended. */
function progress(total: number): () => void {
  let ended = 0;
  return () => {
    ended++;
    if (process.stderr.isTTY)
      process.stderr.write(`\r${ended} of ${total} DAG runs${ended === total ? '\n' : ''}`);
  };
}

async function readCases(file: string): Promise<Case[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(error.code === 'ENOENT' ? `there is no file ${file}` : `${file}: ${error.message}`);
  });
  return parseCases(text, file);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

function regex(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('expected a regular expression');
  }
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error instanceof CaseFileError ? new CliError(error.message) : error);
}
