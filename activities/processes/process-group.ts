import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process group may take to end after SIGTERM, before SIGKILL, in milliseconds. */
const defaultGrace = 5_000;

/** How long the system may take to end what got SIGKILL. */
const killTime = 2_000;

/** From one look whether a group has ended to the next, in milliseconds. */
const look = 20;

/** Sends a signal to all processes of a group. @returns false when there are none left */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Ends all processes of a group: SIGTERM, and after the grace SIGKILL. Resolves when none is left. */
export async function endGroup(group: number, grace = defaultGrace): Promise<void> {
  if (!signalGroup(group, 'SIGTERM') || (await isGone(group, grace))) return;
  signalGroup(group, 'SIGKILL');
  // Not for ever: an orphan that nobody reaps, as in a container without an init, stays in its group when it is dead.
  await isGone(group, killTime);
}

async function isGone(group: number, patience: number): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; await sleep(look)) {
    if (!signalGroup(group, 0)) return true;
  }
  return false;
}

/**
 * Starts a small process that kills the group as soon as this one is gone, even by SIGKILL: its standard input then
 * ends. It waits in a group of its own, so that nobody else's signal reaches it.
 */
export function guardGroup(group: number): { dismiss(): void } {
  const script = `read -r _; kill -TERM -${group}; sleep ${defaultGrace / 1000}; kill -KILL -${group}`;
  const guard: ChildProcess = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH },
  });
  // Without a guard the program still runs; what it guards against is rare.
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  return { dismiss: () => guard.kill('SIGKILL') };
}
