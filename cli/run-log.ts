import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { logFileName } from '../activities/context/run-log.js';
import { CliError } from './exit.js';

export const logLevels = Object.keys(pino.levels.values);

/** Which lines of a run's log are wanted. */
export type LogFilter = {
  /** A task with all its instances, or one of them. */
  task?: string;
  /** This level and those above. */
  level?: string;
  /** One try of the task. */
  attempt?: number;
};

const pollIntervalMs = 300;

/**
 * The lines of a run's log, oldest first, as JSON texts. With `isOver`, those that are written from now on too, until
 * the run is over. @throws CliError when there is no log
 */
export async function* logLines(
  folder: string,
  filter: LogFilter,
  isOver?: () => Promise<boolean>,
): AsyncGenerator<string> {
  const file = join(folder, logFileName);
  let known: LogPart | undefined;
  for (;;) {
    // Asked before the file is read: what was written until then is all that there will be.
    const isLast = isOver === undefined || (await isOver());
    // What was put aside since the last look, or before the first one, is older than the file.
    for (const part of [`${file}.1`, file]) {
      const read: LogPart | undefined = await readPart(part, known);
      if (read === undefined) continue;
      known = read;
      for (const line of read.text.split('\n')) if (fits(line, filter)) yield line;
    }
    if (known === undefined && isLast) throw new CliError(`there is no log at ${file}`);
    if (isLast) return;
    await sleep(pollIntervalMs);
  }
}

/** What was read of one of a log's files, which is known by its inode when it has been put aside. */
type LogPart = { inode: number; end: number; text: string };

/** A line for people. */
export function prettyLine(isTerminal: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize: isTerminal && !process.env.NO_COLOR,
    ignore: 'pid,hostname,dag,run,stats',
    translateTime: 'HH:MM:ss',
  });
  return (line) => String(pretty(line));
}

/**
 * What was added to a file since `known`, the part that was read last, as far as its last whole line. Undefined when there is no such
 * file, or when it is older than that part.
 */
async function readPart(file: string, known: LogPart | undefined): Promise<LogPart | undefined> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size, ino: inode } = await handle.stat();
    if (file.endsWith('.1') && known !== undefined && known.inode !== inode) return undefined;
    const start = known?.inode === inode ? known.end : 0;
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const length = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    return { inode, end: start + length, text: buffer.toString('utf8', 0, length) };
  } finally {
    await handle.close();
  }
}

function fits(line: string, { task, level, attempt }: LogFilter): boolean {
  const entry = parseLine(line);
  if (entry === undefined) return false;
  if (level !== undefined && entry.level < (pino.levels.values[level] ?? 0)) return false;
  if (attempt !== undefined && entry.attempt !== attempt) return false;
  return task === undefined || entry.task === task || (entry.task?.startsWith(`${task}[`) ?? false);
}

/** Undefined for what is no line: a full disk, or a worker that was killed, leaves the beginning of one. */
function parseLine(line: string): { level: number; task?: string; attempt?: number } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
