import type { Command } from 'commander';
import { runWorker } from '../../worker/run-worker.js';
import { readSettings, withSettings } from '../settings.js';

/** `nightjar worker`: a worker for servers that already run. */
export function registerWorker(program: Command): void {
  withSettings(
    program
      .command('worker')
      .description('run a worker for the servers of TEMPORAL_ADDRESS and SPARK_REMOTE'),
  ).action((options) => runWorker(readSettings(options)));
}
