import type { Command } from 'commander';
import { readSettings, withSettings } from '../settings.js';

/** `nightjar worker`: a worker for servers that already run. */
export function registerWorker(program: Command): void {
  withSettings(
    program
      .command('worker')
      .description('run a worker for the servers of TEMPORAL_ADDRESS and SPARK_REMOTE'),
  ).action(async (options) => {
    // Loaded on use: no other command needs the worker's native library.
    const { runWorker } = await import('../../worker/run-worker.js');
    await runWorker(readSettings(options));
  });
}
