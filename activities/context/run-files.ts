import { mkdirSync } from 'node:fs';
import type { DestinationStream, Logger } from 'pino';
import { Journal } from './commits.js';
import { createLogger } from './run-log.js';
import { RunLogFile } from './run-log-file.js';

type OpenFiles = { logger: Logger; journal: Journal; users: number; idle: NodeJS.Timeout };

/** What a task or a callback appends to in its run's folder, until it closes it. */
export type RunFile = { log: Logger; journal: Journal; close(): void };

/** How long a run's files stay open when no task uses them, in milliseconds: in a chain the next one starts at once. */
const idleTime = 5_000;

/**
 * The files that the tasks of a run append to. What they log goes to the process's stream and, as JSON lines, to `run.log`
 * in the run's folder; what they commit without data goes to the journal.
 */
export class RunFiles {
  private readonly opened = new Map<string, OpenFiles>();

  constructor(
    private readonly level: string,
    private readonly stream: DestinationStream,
    /** Size at which a run's log is put aside, in bytes. */
    private readonly maxLogBytes: number,
  ) {}

  /** @param bindings what each line of the log is about */
  open(folder: string, bindings: Record<string, unknown>): RunFile {
    const files = this.opened.get(folder) ?? this.openFiles(folder);
    files.users++;
    return {
      log: files.logger.child(bindings),
      journal: files.journal,
      close: () => {
        files.users--;
        files.idle.refresh();
      },
    };
  }

  private openFiles(folder: string): OpenFiles {
    mkdirSync(folder, { recursive: true });
    const file = new RunLogFile(folder, this.maxLogBytes);
    const both: DestinationStream = {
      write: (line) => {
        file.write(line);
        this.stream.write(line);
      },
    };
    const close = (): void => {
      if (files.users > 0) return;
      this.opened.delete(folder);
      file.close();
      files.journal.close();
    };
    const files: OpenFiles = {
      logger: createLogger({ level: this.level }, both),
      journal: new Journal(folder),
      users: 0,
      idle: setTimeout(close, idleTime).unref(),
    };
    this.opened.set(folder, files);
    return files;
  }
}
