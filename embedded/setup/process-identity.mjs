import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

/**
 * A process that can be recognised later. A pid alone may belong to another process by then, so the time the process
 * started, in the system's own notation, goes with it.
 * @typedef {{ pid: number, startedAt: string }} ProcessIdentity
 */

/**
 * Identity of a running process.
 * @param {number} pid
 * @returns {ProcessIdentity | undefined} undefined when no such process runs (a zombie does not count as running)
 */
export function identify(pid) {
  const found = process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  return found && !found.state.startsWith('Z') ? { pid, startedAt: found.startedAt } : undefined;
}

/**
 * Whether that very process still runs.
 * @param {ProcessIdentity} identity
 */
export function isRunning(identity) {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Reads an identity from JSON.
 * @param {string} text
 * @returns {ProcessIdentity | undefined} undefined when the text is none, for instance cut short
 */
export function parseIdentity(text) {
  try {
    const value = JSON.parse(text);
    return Number.isInteger(value?.pid) && typeof value.startedAt === 'string'
      ? { pid: value.pid, startedAt: value.startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sends a signal to the process group led by a process; a group that is gone is fine.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // macOS answers EPERM when nothing but zombies are left of the group.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * Ends the process group that a pid file names, when it still runs: its parent was killed before it could.
 * @param {string} pidFile holds a {@link ProcessIdentity} as JSON; it is removed
 */
export function endLeftover(pidFile) {
  if (!existsSync(pidFile)) return;
  const identity = parseIdentity(readFileSync(pidFile, 'utf8'));
  if (identity && isRunning(identity)) signalGroup(identity.pid, 'SIGKILL');
  rmSync(pidFile, { force: true });
}

/** @param {number} pid */
function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold spaces; the state is the first one after it,
    // the start time (in clock ticks since boot) the twentieth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function fromPs(pid) {
  try {
    const [state = '', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/);
    return { state, startedAt: started.join(' ') };
  } catch {
    return undefined;
  }
}
