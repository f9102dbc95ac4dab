/**
 * Feeds documents, expressions, params, settings, messages and files of all kinds into the code that reads them, and
 * compares with other readers where there are some: `npm run fuzz -- --seconds 1800`. docs/reliability.md says what it found.
 */
import { Command } from 'commander';
import { pino } from 'pino';
import { writeFindings } from '../../bench/document.js';
import { asText, type Findings } from '../../bench/figures.js';
import { machineLine } from '../../bench/machine.js';
import { startEmbedded } from '../../embedded/servers.js';
import { wholeNumber } from '../support/whole-number.js';
import { liveTargets } from './live-targets.js';
import { pureTargets } from './pure-targets.js';
import { fuzz, type Target } from './target.js';

type Options = { seconds: number; seed: number; only?: string[]; write?: true };

/** Milliseconds between two lines about a target that runs long. */
const progressEvery = 15_000;

const options = new Command('npm run fuzz --')
  .option('--seconds <number>', 'in all, shared by the targets', wholeNumber, 60)
  .option('--seed <number>', 'the same seed draws the same inputs', wholeNumber, 1)
  .option('--only <target...>', 'only these targets')
  .option('--write', 'also put the figures into docs/reliability.md')
  .parse()
  .opts<Options>();

const isChosen = ({ name }: Target): boolean => options.only === undefined || options.only.includes(name);
const pure = pureTargets.filter(isChosen);
const live = liveTargets.filter(isChosen);
const seconds = options.seconds / (pure.length + live.length);
const failures: string[] = [];
const rows: string[][] = [];
for (const target of pure) await one(target);
if (live.length > 0) await withSpark(live);

async function one(target: Target): Promise<void> {
  let told = performance.now();
  const { inputs, failure } = await fuzz(target, {
    seed: options.seed,
    seconds,
    onProgress: (tried) => {
      if (performance.now() - told < progressEvery) return;
      told = performance.now();
      process.stdout.write(`${target.name}: ${tried.toLocaleString('en-US')} inputs so far\n`);
    },
  });
  process.stdout.write(`${target.name}: ${inputs.toLocaleString('en-US')} inputs, ${failure ? '✗' : '✓'}\n`);
  rows.push([target.name, inputs.toLocaleString('en-US'), failure === undefined ? '0' : '1']);
  if (failure !== undefined) failures.push(`${target.name}: ${failure}`);
}

/** With the server that SPARK_REMOTE names, or one of its own. To start it is not part of the time. */
async function withSpark(targets: readonly Target[]): Promise<void> {
  const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }));
  const servers = await startEmbedded({ temporal: false, instance: 'ephemeral', log });
  const stopOnSignal = (): void => void servers.stop().finally(() => process.exit(130));
  // Each time: tsx passes on a Ctrl-C that this process gets as well.
  process.on('SIGINT', stopOnSignal);
  try {
    process.env.SPARK_REMOTE = servers.spark?.remote ?? '';
    for (const target of targets) await one(target);
  } finally {
    process.off('SIGINT', stopOnSignal);
    await servers.stop();
  }
}

const findings: Findings = {
  lines: [machineLine({}), `seed ${options.seed}, ${options.seconds} s; ${failures.length} faults`],
  tables: [{ title: 'Inputs', head: ['What', 'Inputs', 'Faults'], rows }],
};
process.stdout.write(`${asText(findings)}\n`);
for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
if (options.write) await writeFindings('fuzz', findings, 'reliability.md');
process.exit(failures.length === 0 ? 0 : 1);
