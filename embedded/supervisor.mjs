/**
 * Keeps one service running: a process of its own between Nightjar and a server or worker.
 *
 * It is started with an IPC channel and gets a {@link ServiceSpec} through it. It starts the service, restarts it when
 * it crashes, and stops it when told so or when its parent is gone, however the parent ended: the channel closes even
 * when that was by SIGKILL. It leads a session of its own, so that Ctrl-C in a terminal reaches the parent only, which
 * decides what to do.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { probeGrpc, probeHttp } from './health.mjs';
import { identify, signalGroup } from './setup/process-identity.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { HealthCheck } from './health.mjs' */

/**
 * What to run, and how to know that it runs.
 * @typedef {object} ServiceSpec
 * @property {string} name shown in messages
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string | undefined>} env all of its environment
 * @property {number} [umask] of the service's files. Default 0o077: nobody else may read them.
 * @property {string} cwd
 * @property {string} logFile Gets what the service prints. Appended to; moved to `<logFile>.1` at a start beyond 10 MB.
 * @property {string} [pidFile] Names the service's process while it runs, so that a leftover can be found.
 * @property {HealthCheck} [health] Without it, the service is ready as soon as it was started.
 * @property {number} [startTimeoutMs] Time to become healthy. Default 90000.
 * @property {number} [stopTimeoutMs] Time to end after SIGTERM, before SIGKILL. Default 10000.
 * @property {number} [maxQuickCrashes] Give up after so many crashes in a row that came within 10 s of being
 *   healthy. Default 5.
 */

/**
 * What the supervisor reports.
 * @typedef {{ type: 'ready', pid: number }
 *   | { type: 'crashed', how: string, restartInMs: number }
 *   | { type: 'restarted', pid: number }
 *   | { type: 'failed', reason: string, output: string }} ServiceEvent `output` is what the last run printed.
 */

/** What the parent sends.
 * @typedef {{ type: 'start', spec: ServiceSpec } | { type: 'stop' }} SupervisorCommand
 */

const MAX_LOG_BYTES = 10_000_000;
const MAX_OUTPUT_BYTES = 100_000;
const QUICK_CRASH_MS = 10_000;
const HEALTH_POLL_MS = 100;

/**
 * Runs a service until `stopping` aborts or it cannot be kept up.
 * @param {ServiceSpec} spec
 * @param {(event: ServiceEvent) => void} report
 * @param {AbortSignal} stopping
 */
async function supervise(spec, report, stopping) {
  let quickCrashes = 0;
  for (let wasReady = false; !stopping.aborted; ) {
    const run = launch(spec);
    const stop = () => void terminate(run.child, spec.stopTimeoutMs ?? 10_000);
    stopping.addEventListener('abort', stop);
    const problem = await waitUntilHealthy(spec, run, stopping);
    const readyAt = performance.now();
    if (problem === undefined && !stopping.aborted) {
      report({ type: wasReady ? 'restarted' : 'ready', pid: run.child.pid ?? 0 });
      wasReady = true;
    } else if (problem !== undefined && run.child.pid) signalGroup(run.child.pid, 'SIGKILL');
    const how = await run.ended;
    stopping.removeEventListener('abort', stop);
    if (run.child.pid) signalGroup(run.child.pid, 'SIGKILL');
    if (spec.pidFile) rmSync(spec.pidFile, { force: true });
    if (stopping.aborted) return;

    const reason = problem ?? how;
    const livedMs = problem === undefined ? performance.now() - readyAt : 0;
    quickCrashes = livedMs < QUICK_CRASH_MS ? quickCrashes + 1 : 0;
    const limit = spec.maxQuickCrashes ?? 5;
    if (!wasReady || quickCrashes >= limit) {
      const times = wasReady ? `, ${quickCrashes} times in a row` : '';
      const output = readFrom(spec.logFile, run.logStart).slice(-MAX_OUTPUT_BYTES);
      report({ type: 'failed', reason: `${reason}${times}`, output });
      return;
    }
    const restartInMs = Math.min(10_000, 250 * 2 ** quickCrashes);
    report({ type: 'crashed', how: reason, restartInMs });
    await sleep(restartInMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/**
 * Starts the service in a process group of its own.
 * @param {ServiceSpec} spec
 */
function launch(spec) {
  if (sizeOf(spec.logFile) > MAX_LOG_BYTES) renameSync(spec.logFile, `${spec.logFile}.1`);
  const logStart = sizeOf(spec.logFile);
  const log = openSync(spec.logFile, 'a', 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  if (spec.pidFile && child.pid) writeFileSync(spec.pidFile, JSON.stringify(identify(child.pid) ?? null));
  /** @type {Promise<string>} how the service ended, in words */
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(`could not be started (${error.message})`));
    child.on('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
  return { child, ended, logStart };
}

/**
 * @param {ServiceSpec} spec
 * @param {ReturnType<typeof launch>} run
 * @param {AbortSignal} stopping
 * @returns {Promise<string | undefined>} undefined when it is healthy or to be stopped, else what went wrong
 */
async function waitUntilHealthy(spec, run, stopping) {
  const timeoutMs = spec.startTimeoutMs ?? 90_000;
  const deadline = performance.now() + timeoutMs;
  /** @type {string | undefined} */
  let outcome;
  void run.ended.then((how) => {
    outcome = how;
  });
  for (let last = 'it has not said that it listens'; ; ) {
    const missing = await check(spec, run.logStart).catch((error) => describe(error));
    if (outcome !== undefined || stopping.aborted) return outcome;
    if (missing === undefined) return undefined;
    last = missing || last;
    if (performance.now() > deadline) return `did not get ready within ${timeoutMs / 1000} s (${last})`;
    await sleep(HEALTH_POLL_MS);
  }
}

/**
 * @param {ServiceSpec} spec
 * @param {number} logStart
 * @returns {Promise<string | undefined>} undefined when healthy, else what is missing, '' when it is too early to say
 */
async function check(spec, logStart) {
  const { logLine, grpc, http } = spec.health ?? {};
  if (logLine && !readFrom(spec.logFile, logStart).includes(logLine)) return '';
  if (grpc) await probeGrpc(grpc);
  if (http) await probeHttp(http);
  return undefined;
}

/**
 * @param {ChildProcess} child
 * @param {number} graceMs
 */
async function terminate(child, graceMs) {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** @param {string} file */
function sizeOf(file) {
  return existsSync(file) ? statSync(file).size : 0;
}

/**
 * @param {string} file
 * @param {number} start
 */
function readFrom(file, start) {
  return existsSync(file) ? readFileSync(file).subarray(start).toString() : '';
}

function main() {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  /** @param {ServiceEvent} event */
  const report = (event) => {
    // The parent may be gone between two looks at it; its end is what stops this process anyway.
    if (process.connected) process.send?.(event, undefined, undefined, () => undefined);
  };
  process.on('disconnect', stop);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, stop);
  process.on('message', (message) => {
    const command = /** @type {SupervisorCommand} */ (message);
    if (command.type === 'stop') stop();
    else {
      process.umask(command.spec.umask ?? 0o077);
      void supervise(command.spec, report, stopping.signal).finally(() => {
        if (process.connected) process.disconnect();
      });
    }
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) main();
