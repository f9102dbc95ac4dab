import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { DestinationStream, Logger } from 'pino';
import { createLogger, type LogSettings, logStream } from '../activities/context/run-log.js';

/** Where a worker logs. */
export type WorkerLog = { level: string; logger: Logger; stream: DestinationStream };

export function createWorkerLog(settings: LogSettings, stream = logStream(settings)): WorkerLog {
  return { level: settings.level, logger: createLogger(settings, stream), stream };
}

/** Failures of users' tasks and runs, which our own log tells in better words. */
const reportedByUs = new Set(['Activity failed', 'Activity cancelled', 'Workflow failed']);

/**
 * Sends what the Temporal SDK logs into ours, its chatter about routine matters as debug. Once per process.
 * @param metricsAddress `host:port` where the SDK is to show its metrics; without it, it keeps none
 */
export function logTemporal({ logger }: WorkerLog, metricsAddress?: string): void {
  const child = logger.child({ source: 'temporal' });
  const temporalLogger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const fields = meta ?? {};
    if (reportedByUs.has(message)) child.debug(fields, message);
    else if (level === 'WARN') child.warn(fields, message);
    else if (level === 'ERROR') child.error(fields, message);
    else child.debug(fields, message);
  });
  Runtime.install({
    logger: temporalLogger,
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    ...(metricsAddress === undefined
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAddress } } } }),
  });
}
