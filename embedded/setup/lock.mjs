import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, parseIdentity } from './process-identity.mjs';

/** @import { ProcessIdentity } from './process-identity.mjs' */

/**
 * A lock between processes: a file that names its holder. A lock whose holder does not run any more is free.
 * @typedef {object} Lock
 * @property {() => void} release Gives the lock back; releasing twice does nothing.
 */

let attempts = 0;

/**
 * Takes a lock if it is free.
 * @param {string} file the lock's path; its folder is made when missing
 * @returns {Lock | undefined} undefined when a running process (this one included) holds it
 */
export function tryLock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const own = JSON.stringify(identify(process.pid));
  if (create(file, own)) return held(file, own);
  const found = read(file);
  if (found && holderOf(found)) return undefined;
  removeStale(file);
  return create(file, own) ? held(file, own) : undefined;
}

/**
 * Takes a lock, waiting until its holder gives it back or dies.
 * @param {string} file
 * @param {{ onWait?: (holder: ProcessIdentity) => void, pollMs?: number, signal?: AbortSignal }} [options]
 *   `onWait` is called once, when there is something to wait for. `pollMs` defaults to 200.
 * @returns {Promise<Lock>}
 */
export async function waitForLock(file, options = {}) {
  for (let told = false; ; ) {
    const lock = tryLock(file);
    if (lock) return lock;
    const holder = lockHolder(file);
    if (holder && !told) {
      options.onWait?.(holder);
      told = true;
    }
    await sleep(options.pollMs ?? 200, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/**
 * The running process that holds a lock.
 * @param {string} file
 * @returns {ProcessIdentity | undefined} undefined when the lock is free
 */
export function lockHolder(file) {
  const text = read(file);
  return text === undefined ? undefined : holderOf(text);
}

/**
 * Removes a lock whose holder is dead. Two processes may find it dead at the same time and the slower one must not
 * remove the lock that the faster one has taken since: so whoever removes holds a second lock while it looks again.
 * @param {string} file
 */
function removeStale(file) {
  const breaker = `${file}.break`;
  const own = JSON.stringify(identify(process.pid));
  if (!create(breaker, own)) {
    // Held for microseconds only; one that stays behind is of a process killed just then.
    const text = read(breaker);
    if (text !== undefined && !holderOf(text)) rmSync(breaker, { force: true });
    return;
  }
  try {
    const text = read(file);
    if (text !== undefined && !holderOf(text)) unlinkSync(file);
  } finally {
    rmSync(breaker, { force: true });
  }
}

/**
 * Makes a file with its content in one atomic step, unless it exists.
 * @param {string} file
 * @param {string} content
 */
function create(file, content) {
  const draft = `${file}.${process.pid}-${attempts++}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} own
 * @returns {Lock}
 */
function held(file, own) {
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    process.off('exit', release);
    if (read(file) === own) rmSync(file, { force: true });
  };
  process.on('exit', release);
  return { release };
}

/** @param {string} text */
function holderOf(text) {
  const holder = parseIdentity(text);
  return holder && isRunning(holder) ? holder : undefined;
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}
