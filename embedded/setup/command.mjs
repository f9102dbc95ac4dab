import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setupEnvironment } from './environment.mjs';
import { endLeftover, identify, signalGroup } from './process-identity.mjs';
import { SetupError } from './setup-error.mjs';

/** What npm and pip print when the network, a proxy or the index failed them. */
const NETWORK_FAILURE = new RegExp(
  [
    'ECONN(RESET|REFUSED|ABORTED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET',
    'npm (error|ERR!) network|code E5\\d\\d',
    'NewConnectionError|ConnectTimeout|ReadTimeout|ProtocolError|ConnectionError|Connection broken|IncompleteRead',
    'ConnectionReset|RemoteDisconnected|Max retries exceeded|HTTP error 5\\d\\d|timed out|ProxyError',
    'name resolution|Name or service not known|DO NOT MATCH THE HASHES',
  ].join('|'),
);
const DISK_FULL = /ENOSPC|No space left on device/;

/** Process groups that must not outlive this process. */
const running = /** @type {Set<number>} */ (new Set());

/** Ends everything that {@link run} has started, at once. */
export function killRunning() {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
}

/** @param {string} home */
const childFile = (home) => path.join(home, 'tmp', 'child.pid');

/**
 * Ends a command of an earlier set-up that was itself killed and could not end it.
 * @param {string} home
 */
export function killLeftover(home) {
  endLeftover(childFile(home));
}

/**
 * A command of set-up.
 * @typedef {object} Command
 * @property {string} home Nightjar's folder; the output goes to `logs/<name>.log` in it
 * @property {string} name of the log file
 * @property {string} what what is being done, as in "could not <what>"
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} [env] in addition to what set-up passes on of this process's
 * @property {number} [retryMs] pause before the second try. Default 2000.
 */

/**
 * Runs a command to its end, in a process group of its own. When the network failed, it is tried once more.
 * @param {Command} options
 * @returns {Promise<void>}
 * @throws {SetupError} when it fails
 */
export async function run(options) {
  const log = path.join(options.home, 'logs', `${options.name}.log`);
  mkdirSync(path.dirname(log), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const how = await runOnce(options, log);
    if (how === undefined) return;
    const output = readFileSync(log, 'utf8');
    const networkFailed = NETWORK_FAILURE.test(output);
    if (networkFailed && attempt === 1) {
      await sleep(options.retryMs ?? 2000);
      continue;
    }
    const failed = `Could not ${options.what}`;
    if (DISK_FULL.test(output))
      throw new SetupError(`${failed}: the disk is full. Nightjar needs 4 GB. Log: ${log}`);
    if (networkFailed)
      throw new SetupError(
        `${failed}: the network failed, twice. Check the connection or the proxy settings and run the same command again. Log: ${log}`,
      );
    const tail = output.trimEnd().split('\n').slice(-40).join('\n');
    throw new SetupError(`${tail}\n${failed}: ${options.command} ${how}. Log: ${log}`);
  }
}

/**
 * @param {Command} options
 * @param {string} log
 * @returns {Promise<string | undefined>} undefined on success, else how it failed
 */
async function runOnce({ home, command, args, cwd, env }, log) {
  const output = openSync(log, 'w');
  const child = spawn(command, args, {
    cwd,
    env: { ...setupEnvironment(), ...env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const { pid } = child;
  if (pid !== undefined) {
    running.add(pid);
    mkdirSync(path.dirname(childFile(home)), { recursive: true });
    writeFileSync(childFile(home), JSON.stringify(identify(pid) ?? null));
  }
  try {
    return await new Promise((resolve) => {
      child.on('error', (error) => resolve(`could not be started (${error.message})`));
      child.on('exit', (code, signal) => {
        if (code === 0) resolve(undefined);
        else resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
      });
    });
  } finally {
    if (pid !== undefined) running.delete(pid);
    rmSync(childFile(home), { force: true });
  }
}
