import type { Command } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { createWorker } from '../../worker/worker.js';
import { readSettings, withSettings } from '../settings.js';

/** `nightjar worker`: a worker for servers that already run. */
export function registerWorker(program: Command): void {
  withSettings(
    program
      .command('worker')
      .description('run a worker for the servers of TEMPORAL_ADDRESS and SPARK_REMOTE'),
  ).action(async (options) => {
    const config = readSettings(options);
    const worker = await createWorker({ config, operators: await loadOperators(config.operators.folder) });
    await worker.run();
  });
}
