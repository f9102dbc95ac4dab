#!/usr/bin/env node
import { Command } from 'commander';
import { registerDags } from './commands/dags.js';
import { registerDev } from './commands/dev.js';
import { registerOperators } from './commands/operators.js';
import { registerPools } from './commands/pools.js';
import { registerStart } from './commands/start.js';
import { registerWorker } from './commands/worker.js';
import { reportError } from './report-error.js';

const program = new Command('nightjar')
  .description('Runs DAGs of data and ML work on Temporal and Spark Connect.')
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ sortSubcommands: true })
  // Errors come to the place below where all do; it also decides on the exit code.
  .exitOverride();

registerStart(program);
registerDev(program);
registerWorker(program);
registerDags(program);
registerOperators(program);
registerPools(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
