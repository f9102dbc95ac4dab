import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
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

export const createLogger = ({ level }: LogSettings, stream: DestinationStream): Logger =>
  pino(options(level), stream);

type OpenLog = { logger: Logger; users: number; idle: NodeJS.Timeout };

/** How long a run's file stays open when no task uses it, in milliseconds: in a chain the next one starts at once. */
const idleTime = 5_000;

/** A run's logs: what its tasks say goes to the process's stream and, as JSON lines, to `run.log` in the run's folder. */
export class RunLogs {
  private readonly open = new Map<string, OpenLog>();

  constructor(
    private readonly level: string,
    private readonly stream: DestinationStream,
  ) {}

  /** Calls `body` with a logger that also writes the run's file, which is closed some time after its last use. */
  async use<T>(
    folder: string,
    bindings: Record<string, unknown>,
    body: (log: Logger) => Promise<T>,
  ): Promise<T> {
    const entry = this.open.get(folder) ?? this.openFile(folder);
    entry.users++;
    try {
      return await body(entry.logger.child(bindings));
    } finally {
      entry.users--;
      entry.idle.refresh();
    }
  }

  private openFile(folder: string): OpenLog {
    mkdirSync(folder, { recursive: true });
    // Synchronous: lines written before a kill -9 are the ones that matter.
    const file = pino.destination({ dest: join(folder, logFileName), append: true, sync: true });
    const streams = [file, this.stream].map((stream) => ({ level: 'trace' as const, stream }));
    const close = (): void => {
      if (entry.users > 0) return;
      this.open.delete(folder);
      file.end();
    };
    const entry: OpenLog = {
      logger: pino(options(this.level), pino.multistream(streams)),
      users: 0,
      idle: setTimeout(close, idleTime).unref(),
    };
    this.open.set(folder, entry);
    return entry;
  }
}
