import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { SparkConnectError } from 'spark-connect-js';
import { Pulse } from './pulse.js';

/**
 * The data root can't be used for now: its disk is full, it can't be written, or it is not there. What could not be done
 * is done when it is back; that is no failure of the task.
 */
export class DataRootUnavailable extends Error {
  override readonly name = 'DataRootUnavailable';
}

/** Codes of the system that say that there is no room, whatever was written. */
const noRoom: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its quota is used up',
};

/** What other codes come to when they are about the data root. */
const refusals: Readonly<Record<string, string>> = {
  EROFS: 'it is read-only',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  ENOENT: 'it is not there',
  ENOTDIR: 'it is no folder',
  EIO: 'its disk does not work',
  ESTALE: 'its volume is not there',
};

/** The same as {@link noRoom}, as Java's exceptions say it. */
const sparkHasNoRoom = /No space left on device|Disk quota exceeded/;

/** Makes the data root, once when a worker starts: one that vanishes later must not be made anew in its place. */
export const makeDataRoot = (dataRoot: string): void => void mkdirSync(dataRoot, { recursive: true });

/** @throws DataRootUnavailable when there is no such folder, so that nobody makes one where a volume was mounted */
export function checkDataRoot(dataRoot: string): void {
  if (statSync(dataRoot, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw unavailable(dataRoot, 'it is not there');
}

/**
 * What an error says of the data root, if the data root is its cause: an error of the file system about it, or any error
 * of Spark, which works there, while it can't be written.
 */
export async function dataRootProblem(
  error: unknown,
  dataRoot: string,
): Promise<DataRootUnavailable | undefined> {
  if (error instanceof DataRootUnavailable) return error;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code = '', path } = each as NodeJS.ErrnoException;
    const room = noRoom[code];
    if (room !== undefined) return unavailable(dataRoot, room, error);
    const isOfSpark = each instanceof SparkConnectError;
    if (isOfSpark && sparkHasNoRoom.test(each.message))
      return unavailable(dataRoot, 'its disk is full', error);
    if (isOfSpark || (code in refusals && path !== undefined && isWithin(dataRoot, path))) {
      const refusal = await probe(dataRoot);
      if (refusal !== undefined) return unavailable(dataRoot, refusal, error);
    }
  }
  return undefined;
}

const unavailable = (dataRoot: string, why: string, cause?: unknown): DataRootUnavailable =>
  new DataRootUnavailable(`the data root ${dataRoot} can't be used: ${why}`, { cause });

const isWithin = (folder: string, path: string): boolean => !relative(folder, path).startsWith('..');

/** Why a small file can't be written into the data root; undefined when it can. */
async function probe(dataRoot: string): Promise<string | undefined> {
  const file = join(dataRoot, `.probe-${randomUUID()}`);
  try {
    await writeFile(file, 'probe');
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return noRoom[code] ?? refusals[code] ?? message;
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** The first wait for the data root, which doubles from one try to the next, and the longest. Milliseconds. */
const firstWait = 1_000;
const longestWait = 30_000;

/**
 * Does a task's work. When the data root fails it, the activity waits, says why in its heartbeats, and does it again: the
 * attempt is the same, and no retry is used up. An `executionTimeout` goes on meanwhile.
 */
export async function withDataRoot<T>(
  activity: Context,
  dataRoot: string,
  work: () => Promise<T>,
  onWait: (problem: DataRootUnavailable, milliseconds: number) => void,
): Promise<T> {
  for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
    try {
      checkDataRoot(dataRoot);
      return await work();
    } catch (error) {
      const problem = await dataRootProblem(error, dataRoot);
      if (problem === undefined) throw error;
      onWait(problem, wait);
      const pulse = new Pulse(activity, activity.info.heartbeatTimeoutMs);
      try {
        pulse.report({ message: `waits: ${problem.message}` });
        await sleep(wait, undefined, { signal: activity.cancellationSignal });
      } catch {
        throw activity.cancellationSignal.reason;
      } finally {
        pulse.stop();
      }
    }
  }
}
