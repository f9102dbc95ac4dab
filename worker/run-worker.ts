import { loadOperators } from '../activities/load-operators.js';
import type { Config } from '../config/loader.js';
import { createWorker } from './worker.js';
import { createWorkerLog, logTemporal } from './worker-log.js';

/** Runs a worker in this process until SIGINT or SIGTERM, which stop it in good order. */
export async function runWorker(config: Config, dagFiles: readonly string[] = []): Promise<void> {
  const log = createWorkerLog(config.logging);
  logTemporal(log);
  const worker = await createWorker({
    config,
    operators: await loadOperators(config.operators.folder),
    dagFiles,
    log,
  });
  await worker.run();
}
