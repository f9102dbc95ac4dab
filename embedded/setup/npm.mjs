import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';

/**
 * Whether node_modules holds what the lockfile asks for. npm writes a lockfile of its own into node_modules as the
 * last thing of an installation; the two are compared, so that packages that a developer has added count as well.
 * @param {string} root
 */
export function packagesInstalled(root) {
  const installed = lockedPackages(installedFile(root));
  if (!installed) return false;
  const wanted = lockedPackages(path.join(root, 'package-lock.json'));
  if (!wanted) return true;
  return Object.entries(wanted).every(([place, entry]) => {
    const found = installed[place];
    // The root itself is not listed; packages for other systems are optional and left out.
    if (!found) return place === '' || entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Installs what the lockfile asks for. `npm ci` would refuse a lockfile that leaves out optional packages of other
 * systems, as one written behind a registry mirror does, so it is `npm install`, kept from changing the lockfile.
 * @param {string} root
 * @param {string} home
 */
export async function installPackages(root, home) {
  const modules = path.join(root, 'node_modules');
  // npm takes a package that is half there for whole. Its own lockfile goes first, so that it is missing after an
  // interruption, and what is found without one is not trusted.
  if (existsSync(installedFile(root))) rmSync(installedFile(root));
  else rmSync(modules, { recursive: true, force: true });
  // Types, tools and tests are needed, also where NODE_ENV=production would leave them out.
  await run({
    home,
    name: 'npm',
    what: 'install the npm packages',
    ...npm(['install', '--no-save', '--include=dev', '--no-audit', '--no-fund']),
    cwd: root,
  });
}

/**
 * How to run npm: the one that runs this, if any.
 * @param {string[]} args
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.c?js$/.test(script)
    ? { command: process.execPath, args: [script, ...args] }
    : { command: 'npm', args };
}

/** @param {string} root */
function installedFile(root) {
  return path.join(root, 'node_modules', '.package-lock.json');
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }> | undefined}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
