/**
 * Feeds documents, expressions, params, settings, messages and files of all kinds into the code that reads them, and
 * compares with other readers where there are some: `npm run fuzz -- --seconds 1800`. docs/reliability.md says what it found.
 */
import { Command } from 'commander';
import { writeFindings } from '../../bench/document.js';
import { asText, type Findings } from '../../bench/figures.js';
import { machineLine } from '../../bench/machine.js';
import { wholeNumber } from '../support/whole-number.js';
import { pureTargets } from './pure-targets.js';
import { fuzz, type Target } from './target.js';

type Options = { seconds: number; seed: number; only?: string[]; write?: true };

const options = new Command('npm run fuzz --')
  .option('--seconds <number>', 'in all, shared by the targets', wholeNumber, 60)
  .option('--seed <number>', 'the same seed draws the same inputs', wholeNumber, 1)
  .option('--only <target...>', 'only these targets')
  .option('--write', 'also put the figures into docs/reliability.md')
  .parse()
  .opts<Options>();

const chosen = pureTargets.filter(({ name }) => options.only === undefined || options.only.includes(name));
const failures: string[] = [];
const rows: string[][] = [];
for (const target of chosen) await one(target);

async function one(target: Target): Promise<void> {
  const seconds = options.seconds / chosen.length;
  const { inputs, failure } = await fuzz(target, { seed: options.seed, seconds });
  process.stdout.write(`${target.name}: ${inputs.toLocaleString('en-US')} inputs, ${failure ? '✗' : '✓'}\n`);
  rows.push([target.name, inputs.toLocaleString('en-US'), failure === undefined ? '0' : '1']);
  if (failure !== undefined) failures.push(`${target.name}: ${failure}`);
}

const findings: Findings = {
  lines: [machineLine({}), `seed ${options.seed}, ${options.seconds} s; ${failures.length} faults`],
  tables: [{ title: 'Inputs', head: ['What', 'Inputs', 'Faults'], rows }],
};
process.stdout.write(`${asText(findings)}\n`);
for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
if (options.write) await writeFindings('fuzz', findings, 'reliability.md');
process.exit(failures.length === 0 ? 0 : 1);
