import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/common';
import { OperatorError } from '../operator.js';
import { forEachLine } from './lines.js';
import { endGroup, guardGroup } from './process-group.js';

export type Program = {
  /** Program and arguments. A name without a slash is looked for in `PATH`. */
  argv: readonly string[];
  /** Absolute. */
  cwd: string;
  /** All of its environment. */
  env: Record<string, string>;
  stdin?: string | undefined;
  /** Ends the program, and everything that it has started, when it aborts. */
  signal: AbortSignal;
  /** Takes a line, or a piece of a long one. */
  onLine(stream: 'stdout' | 'stderr', piece: string, endsLine: boolean): void;
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  grace?: number;
};

/**
 * How long nothing has to come of a program's output, when it and all its group have ended, for it to be at its end, in
 * milliseconds; and how often that is waited for where more comes. Only what left the group can still write then.
 */
const lastWords = { quiet: 2_000, times: 10 };

/** How a program ended: by itself with a code, or by a signal. */
export type Exit = { code: number; signal?: undefined } | { code?: undefined; signal: NodeJS.Signals };

/**
 * Runs a program in a process group of its own and waits for its end. Whatever ends it, nothing of its group is left
 * when this returns or throws; should this process be killed, the group is ended too.
 * @throws OperatorError `InvalidParams` when there is no such program or folder
 * @throws CancelledFailure when the signal aborted
 */
export async function runProgram(program: Program): Promise<Exit> {
  const { argv, cwd, env, stdin, signal, onLine, grace } = program;
  const [file = '', ...args] = argv;
  await checkFolder(cwd);
  signal.throwIfAborted();
  const child = start(file, args, { cwd, env });
  const ended = new Promise<Exit>((resolve, reject) => {
    child.once('error', (error) => reject(startError(file, error)));
    child.once('exit', (code, by) => resolve(by === null ? { code: code ?? 0 } : { signal: by }));
  });
  const output = Promise.all([
    forEachLine(child.stdout, (piece, endsLine) => onLine('stdout', piece, endsLine)),
    forEachLine(child.stderr, (piece, endsLine) => onLine('stderr', piece, endsLine)),
  ]);
  // A program that doesn't read its input closes it: no harm.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  const { pid } = child;
  if (pid === undefined) return ended;

  const guard = guardGroup(pid);
  const onAbort = (): void => void endGroup(pid, grace);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const exit = await ended;
    // What it left running in its group would hold its output open, and outlive the task.
    await endGroup(pid, grace);
    // One that left the group keeps running, but not with our attention.
    await untilQuiet(child, output);
    child.stdout.destroy();
    child.stderr.destroy();
    await output;
    if (signal.aborted) throw cancellation(signal);
    return exit;
  } finally {
    signal.removeEventListener('abort', onAbort);
    guard.dismiss();
  }
}

/** Waits until both streams have ended, or nothing more comes of them. */
async function untilQuiet(
  { stdout, stderr }: ChildProcessWithoutNullStreams,
  output: Promise<unknown>,
): Promise<void> {
  const read = (): number => (stdout as Socket).bytesRead + (stderr as Socket).bytesRead;
  let isOver = false;
  const over = output.then(() => {
    isOver = true;
  });
  for (let times = 0, before = -1; !isOver && read() > before && times < lastWords.times; times++) {
    before = read();
    await Promise.race([over, sleep(lastWords.quiet, undefined, { ref: false })]);
    // On a busy thread the time is over before what has long come was read.
    await setImmediate();
  }
}

function start(
  file: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): ChildProcessWithoutNullStreams {
  try {
    return spawn(file, args, { ...options, detached: true, stdio: 'pipe' });
  } catch (error) {
    throw startError(file, error as NodeJS.ErrnoException);
  }
}

async function checkFolder(cwd: string): Promise<void> {
  const found = await stat(cwd).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new OperatorError('InvalidParams', `cwd: there is no folder ${cwd}`);
}

function startError(file: string, error: NodeJS.ErrnoException): Error {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such program',
    EACCES: 'it is not executable',
    E2BIG: 'its arguments are too long',
  };
  const reason = reasons[error.code ?? ''];
  return reason === undefined
    ? error
    : new OperatorError('InvalidParams', `"${file}" can't be run: ${reason}`, null, { cause: error });
}

const cancellation = ({ reason }: AbortSignal): CancelledFailure =>
  reason instanceof CancelledFailure ? reason : new CancelledFailure(String(reason ?? 'cancelled'));
