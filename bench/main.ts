import { resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli/exit.js';
import { reportError } from '../cli/report-error.js';
import { SetupError } from '../embedded/setup/setup-error.mjs';
import { writeFindings } from './document.js';
import type { Findings } from './figures.js';
import { benchGenerator } from './generator.js';
import { generatorFindings } from './generator-findings.js';
import { benchIngest } from './ingest.js';
import { benchMemory } from './memory.js';
import { benchOrchestration } from './orchestration/orchestration.js';
import { benchPipeline } from './pipeline.js';

type Options = { records: number; rounds: number; airflow?: true; cpuProf?: string; write?: true };

/** Each prints what it finds. */
const benchmarks: Record<string, (options: Options) => Promise<Findings>> = {
  generator: async () => generatorFindings(await benchGenerator()),
  orchestration: benchOrchestration,
  pipeline: benchPipeline,
  ingest: benchIngest,
  memory: ({ records }) => benchMemory(records),
};

const program = new Command('npm run bench --')
  .description('Measures Nightjar. docs/benchmarks.md says how.')
  .addArgument(new Argument('[benchmark]', 'default: all').choices(Object.keys(benchmarks)))
  .option('--records <number>', 'task logs of pipeline, ingest and memory', positive, 1_000_000)
  .option(
    '--rounds <number>',
    'measured rounds of orchestration, pipeline and ingest, after one that warms up',
    positive,
    4,
  )
  .option('--airflow', 'also install and measure Apache Airflow in orchestration')
  .option('--cpu-prof <folder>', "also write CPU profiles of orchestration's workers there", resolve)
  .option('--write', 'also put the figures into docs/benchmarks.md')
  .action(async (chosen: string | undefined, options: Options) => {
    for (const [name, measure] of Object.entries(benchmarks)) {
      if (chosen !== undefined && chosen !== name) continue;
      const findings = await measure(options);
      if (options.write) await writeFindings(name, findings);
    }
  });

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error instanceof SetupError ? new CliError(error.message) : error);
}
