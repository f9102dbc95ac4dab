import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';
import { pins, sparkJars } from './layout.mjs';
import { npm } from './npm.mjs';

/** Where compiled code comes from. */
const SOURCES = [
  ...['dag', 'contract', 'workflows', 'activities', 'worker'],
  ...['cli', 'config', 'embedded', 'bench', 'conformance'],
  ...['packages', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json'],
];
const COMPILED = /\.(ts|mts|js|mjs|json)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'gen', 'tests']);
/** What must be there for a build to count as whole. */
const PROOFS = ['dist/cli/main.js', 'packages/spark-connect-js/dist/index.js'];
const OUTPUTS = ['dist', 'packages/spark-connect-js/dist'];
const STAMP = path.join('dist', '.stamp');
const UNFINISHED = 'unfinished';

/**
 * Whether the compiled code is that of the sources.
 * @param {string} root
 */
export function isBuilt(root) {
  return readStamp(root) === sourceHash(root) && PROOFS.every((file) => existsSync(path.join(root, file)));
}

/**
 * Generates the protocol code from Spark's jar, compiles, and bundles the workflows.
 * @param {string} root
 * @param {string} home
 * @param {(text: string) => void} note
 */
export async function build(root, home, note) {
  const stamp = path.join(root, STAMP);
  const whole = PROOFS.every((file) => existsSync(path.join(root, file)));
  // The compiler trusts its notes about what it has written: after an interruption or a loss they may be wrong.
  if (readStamp(root) === UNFINISHED || !whole) {
    for (const output of OUTPUTS) rmSync(path.join(root, output), { recursive: true, force: true });
  }
  const hash = sourceHash(root);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, UNFINISHED);
  try {
    note("generating Spark's protocol code");
    await run({
      home,
      name: 'generate',
      what: "generate the code of Spark's protocol",
      command: process.execPath,
      args: [path.join('packages', 'spark-connect-js', 'scripts', 'generate.mjs'), sparkJars(home)],
      cwd: root,
    });
    note('compiling');
    await run({ home, name: 'build', what: 'build Nightjar', ...npm(['run', 'build']), cwd: root });
  } catch (error) {
    // A mistake in the code, not an interruption: what was compiled may stay.
    rmSync(stamp);
    throw error;
  }
  writeFileSync(stamp, hash);
}

/**
 * Hash of everything that the compiled code depends on.
 * @param {string} root
 */
export function sourceHash(root) {
  const hash = createHash('sha256').update(JSON.stringify(pins.spark));
  for (const source of SOURCES) addToHash(hash, root, source);
  return hash.digest('hex');
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} root
 * @param {string} place relative to the root
 */
function addToHash(hash, root, place) {
  const full = path.join(root, place);
  if (COMPILED.test(place)) {
    if (existsSync(full)) hash.update(`${place}\0`).update(readFileSync(full)).update('\0');
    return;
  }
  if (!existsSync(full)) return;
  for (const entry of readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const wanted = entry.isDirectory() ? !SKIPPED.has(entry.name) : COMPILED.test(entry.name);
    if (wanted) addToHash(hash, root, path.join(place, entry.name));
  }
}

/** @param {string} root */
function readStamp(root) {
  const stamp = path.join(root, STAMP);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
}
