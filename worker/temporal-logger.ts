import { DefaultLogger, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Sends what the Temporal SDK logs into ours. Its chatter about routine matters counts as debug. */
export function temporalLogger(log: Logger): TemporalLogger {
  const child = log.child({ source: 'temporal' });
  return new DefaultLogger('INFO', ({ level, message, meta }) => {
    const fields = meta ?? {};
    if (level === 'WARN') child.warn(fields, message);
    else if (level === 'ERROR') child.error(fields, message);
    else child.debug(fields, message);
  });
}
