/**
 * Runs DAGs while processes are killed and stopped, connections cut and disks filled, and compares what comes out with
 * undisturbed runs: `npm run chaos -- --runs 100 --seed 1`. docs/reliability.md says what it found.
 */
import { Command } from 'commander';
import { writeFindings } from '../../bench/document.js';
import { asText, type Findings } from '../../bench/figures.js';
import { machineLine } from '../../bench/machine.js';
import { pins } from '../../embedded/setup/layout.mjs';
import { wholeNumber } from '../support/whole-number.js';
import { type ChaosReport, chaos } from './suite.js';

type Options = { runs: number; seed: number; only?: string[]; keep?: true; write?: true };

const began = performance.now();
const elapsed = (): string => ((performance.now() - began) / 1000).toFixed(0);
const tell = (line: string): void => void process.stdout.write(`${elapsed().padStart(5)} s  ${line}\n`);

const options = new Command('npm run chaos --')
  .option('--runs <number>', 'runs under faults, three side by side', wholeNumber, 30)
  .option('--seed <number>', 'the same seed draws the same scenarios and faults', wholeNumber, 1)
  .option('--only <scenario...>', 'only these scenarios')
  .option('--keep', 'leave logs and data where they are')
  .option('--write', 'also put the figures into docs/reliability.md')
  .parse()
  .opts<Options>();

function findingsOf(report: ChaosReport): Findings {
  const faults = Object.values(report.faults).reduce((sum, times) => sum + times, 0);
  const { runs, trials, kills, problems } = report;
  return {
    lines: [
      machineLine({ temporal: pins.temporal.version, spark: pins.spark.version }),
      `seed ${options.seed}: ${runs} runs in ${trials} trials, ${faults} faults, among them ${kills} processes killed, in ${elapsed()} s; ${problems.length} problems`,
      ...report.leftOut.map((line) => `left out: ${line}`),
    ],
    tables: [
      { title: 'Faults', head: ['Fault', 'Times'], rows: rows(report.faults) },
      { title: 'Runs under faults', head: ['Scenario', 'Runs'], rows: rows(report.scenarios) },
    ],
  };
}

const rows = (counts: Record<string, number>): string[][] =>
  Object.entries(counts)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, times]) => [name, String(times)]);

const report = await chaos({ ...options, tell });
const findings = findingsOf(report);
process.stdout.write(`${asText(findings)}\n`);
for (const problem of report.problems) process.stdout.write(`✗ ${problem}\n`);
if (report.problems.length > 0) process.stdout.write(`logs and data are kept in ${report.folder}\n`);
if (options.write) await writeFindings('chaos', findings, 'reliability.md');
process.exit(report.problems.length === 0 ? 0 : 1);
