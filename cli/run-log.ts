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
  let position = 0;
  for (;;) {
    // Asked before the file is read: what was written until then is all that there will be.
    const isLast = isOver === undefined || (await isOver());
    const text = await readFrom(file, position);
    if (text === undefined && isLast) throw new CliError(`there is no log at ${file}`);
    if (text !== undefined) {
      position += text.length;
      for (const line of text.toString('utf8').split('\n')) if (fits(line, filter)) yield line;
    }
    if (isLast) return;
    await sleep(pollIntervalMs);
  }
}

/** A line for people. */
export function prettyLine(isTerminal: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize: isTerminal && !process.env.NO_COLOR,
    ignore: 'pid,hostname,dag,run,stats',
    translateTime: 'HH:MM:ss',
  });
  return (line) => String(pretty(line));
}

/** What was added to a file since, as far as its last whole line; undefined when there is no file. */
async function readFrom(file: string, position: number): Promise<Buffer | undefined> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n');
    return buffer.subarray(0, end + 1);
  } finally {
    await handle.close();
  }
}

function fits(line: string, { task, level, attempt }: LogFilter): boolean {
  if (line === '') return false;
  const entry = JSON.parse(line) as { level: number; task?: string; attempt?: number };
  if (level !== undefined && entry.level < (pino.levels.values[level] ?? 0)) return false;
  if (attempt !== undefined && entry.attempt !== attempt) return false;
  return task === undefined || entry.task === task || (entry.task?.startsWith(`${task}[`) ?? false);
}
