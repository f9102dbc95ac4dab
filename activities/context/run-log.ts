import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { mask } from '../secrets.js';

/** Where and how a process logs. */
export type LogSettings = {
  /** pino's levels: trace, debug, info, warn, error, fatal. */
  level: string;
  /** `auto` is pretty on a terminal and JSON otherwise. */
  format: 'auto' | 'pretty' | 'json';
};

export const logFileName = 'run.log';

/** The stream that a process logs to: standard error, so that standard output stays free for results. */
export function logStream({ format }: LogSettings): DestinationStream {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
  return isPretty
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname,dag,run', translateTime: 'HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true });
}

const options = (level: string) => ({
  level,
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  hooks: { streamWrite: mask },
});

/** @param stream a single one, or what hands each line on to several */
export const createLogger = ({ level }: Pick<LogSettings, 'level'>, stream: DestinationStream): Logger =>
  pino(options(level), stream);
