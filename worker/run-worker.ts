import { resolve } from 'node:path';
import { GracefulShutdownPeriodExpiredError } from '@temporalio/worker';
import { loadOperators } from '../activities/load-operators.js';
import { umaskOf } from '../config/file-access.js';
import type { Config } from '../config/loader.js';
import { responsiveDagSources } from './dag-reader.js';
import { openLogFile } from './log-file.js';
import { type Monitoring, startMonitoring } from './monitoring/monitoring.js';
import { wantsTraces } from './tracing/exporter.js';
import { createWorker } from './worker.js';
import { createWorkerLog, logTemporal } from './worker-log.js';

/** Runs a worker in this process until SIGINT or SIGTERM, which stop it in good order. */
export async function runWorker(config: Config, dagFiles: readonly string[] = []): Promise<void> {
  const { logging } = config;
  process.umask(umaskOf(config));
  const log = createWorkerLog(
    logging,
    logging.file === undefined ? undefined : await openLogFile({ ...logging, file: logging.file }),
  );
  const operators = await loadOperators(config.operators.folder);
  const monitoring: Monitoring | undefined =
    config.worker.monitoring === undefined
      ? undefined
      : await startMonitoring(config, config.worker.monitoring, new Set(operators.keys()));
  logTemporal(log, monitoring?.sdkMetrics);
  const names = new Set(operators.keys());
  const tracing = wantsTraces()
    ? await import('./tracing/tracing.js').then(({ startTracing }) =>
        startTracing({ dataRoot: resolve(config.dataRoot), operators: names, log: log.logger }),
      )
    : undefined;
  const observers = [monitoring, tracing].flatMap((each) => each?.observer ?? []);
  try {
    const worker = await createWorker({
      config,
      operators,
      dags: responsiveDagSources(config, operators, dagFiles),
      log,
      observers,
      onOperation: tracing?.onOperation,
    });
    monitoring?.watch(worker);
    await worker.run();
  } catch (error) {
    if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
    log.logger.warn(
      'tasks that did not end in time are cut off: others take them over when their heartbeats are missed',
    );
    // They may hold the process as long as they like.
    process.exit();
  } finally {
    await Promise.all([monitoring?.stop(), tracing?.stop()]);
  }
}
