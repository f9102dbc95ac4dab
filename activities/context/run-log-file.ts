import { appendFileSync, closeSync, fstatSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import { logFileName } from './run-log.js';

/** How many bytes are written between two looks at the file's size. */
const bytesPerLook = 64 * 1024;

/**
 * A run's log, which several workers append to, a line at once: lines written before a kill -9 are the ones that matter.
 * When it has grown to `maxBytes` it is put aside as `run.log.1`, in the place of the former one, and begun anew, so the last
 * lines are always there. A line that can't be written is left out: logging fails no task, and the worker's log has it too.
 */
export class RunLogFile implements DestinationStream {
  private readonly path: string;
  private file: number | undefined;
  private unchecked = Number.POSITIVE_INFINITY;
  /** Whether a full disk may have taken the beginning of a line. */
  private isTorn = false;

  constructor(
    folder: string,
    private readonly maxBytes: number,
  ) {
    this.path = join(folder, logFileName);
  }

  write(line: string): void {
    try {
      this.unchecked += line.length;
      if (this.unchecked >= Math.min(bytesPerLook, this.maxBytes)) this.look();
      this.file ??= openSync(this.path, 'a');
      appendFileSync(this.file, this.isTorn ? `\n${line}` : line);
      this.isTorn = false;
    } catch {
      this.isTorn = true;
      this.close();
    }
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
    this.unchecked = Number.POSITIVE_INFINITY;
  }

  /** Puts the file aside when it is large, and lets go of one that another worker has put aside. */
  private look(): void {
    this.unchecked = 0;
    if (this.file === undefined) return;
    const { ino, size } = fstatSync(this.file);
    const isCurrent = statSync(this.path, { throwIfNoEntry: false })?.ino === ino;
    if (isCurrent && size < this.maxBytes) return;
    if (isCurrent) renameSync(this.path, `${this.path}.1`);
    this.close();
    this.unchecked = 0;
  }
}
