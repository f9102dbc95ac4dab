import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { run } from './command.mjs';
import { setupEnvironment } from './environment.mjs';
import { folderOf } from './layout.mjs';
import { SetupError } from './setup-error.mjs';

/** @import { Pin } from './layout.mjs' */

const OLDEST = 10;
const CANDIDATES = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`), 'python'];
const AGAIN = 'then run the same command again';

/**
 * Finds a Python 3.10 or newer that has pip. The interpreter itself, not a version manager's shim for it: that of pyenv does work of its own after
 * an installation, and fails it when another one that was killed has left its lock behind.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} its path
 * @throws {SetupError} saying what is missing and how to mend it
 */
export async function findPython(env = process.env) {
  let tooOld = '';
  let withoutPip = '';
  for (const python of CANDIDATES) {
    const about = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';
    const [version, executable] = (await ask(python, ['-c', about], env))?.split(/\r?\n/) ?? [];
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 3 || (major === 3 && minor < OLDEST)) tooOld ||= version;
    else if ((await ask(python, ['-m', 'pip', '--version'], env)) === undefined) withoutPip ||= python;
    else return executable || python;
  }
  if (withoutPip)
    throw new SetupError(
      `Nightjar installs its servers by pip, and ${withoutPip} has none: install it (Debian, Ubuntu: apt-get install python3-pip; elsewhere: ${withoutPip} -m ensurepip), ${AGAIN}.`,
    );
  const found = tooOld ? `found only ${tooOld}` : 'found none';
  throw new SetupError(
    `Nightjar needs Python 3.${OLDEST} or newer with pip to install its servers, and ${found}: install it (Debian, Ubuntu: apt-get install python3-pip; macOS: brew install python3), ${AGAIN}.`,
  );
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} what it prints; undefined when it fails
 */
async function ask(command, args, env) {
  try {
    return (
      await promisify(execFile)(command, args, { env: setupEnvironment(env), timeout: 60_000 })
    ).stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * Whether a pinned package is installed, whole.
 * @param {string} home
 * @param {Pin} pin
 */
export function isInstalled(home, pin) {
  return existsSync(path.join(folderOf(home, pin), pin.proof));
}

/**
 * Installs a pinned package from PyPI into a folder of its own. Nothing but that folder is touched: with `--target`,
 * pip leaves the system's packages alone and works where they are externally managed (PEP 668). The folder appears in
 * one step once it is complete, so that an interrupted installation leaves nothing that looks like one.
 * @param {string} home
 * @param {Pin} pin
 * @param {string} python
 * @param {(text: string) => void} note gets the size so far
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installPin(home, pin, python, note) {
  const requirement = `${pin.package}==${pin.version}`;
  const draft = path.join(home, 'tmp', pin.package);
  const target = path.join(draft, 'target');
  const scratch = path.join(draft, 'scratch');
  await rm(draft, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const timer = setInterval(async () => note(`${Math.round((await sizeOf(draft)) / 1e6)} MB on disk`), 1000);
  try {
    await run({
      home,
      name: pin.package,
      what: `install ${requirement} from PyPI`,
      command: python,
      args: [
        ...[
          '-m',
          'pip',
          'install',
          '--target',
          target,
          '--no-compile',
          '--no-input',
          '--no-warn-script-location',
        ],
        ...['--disable-pip-version-check', '--progress-bar', 'off', requirement],
      ],
      cwd: draft,
      // Settings of the user that contradict --target; and unpacked files stay out of a /tmp that may be small.
      env: { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_ROOT_USER_ACTION: 'ignore', TMPDIR: scratch },
    });
  } finally {
    clearInterval(timer);
  }
  if (!existsSync(path.join(target, pin.proof)))
    throw new SetupError(`${requirement} was installed by pip, but holds no ${pin.proof} for this system.`);
  const folder = folderOf(home, pin);
  await mkdir(path.dirname(folder), { recursive: true });
  for (const name of await readdir(path.dirname(folder))) {
    if (name.startsWith(`${pin.package}-`))
      await rm(path.join(path.dirname(folder), name), { recursive: true, force: true });
  }
  await rename(target, folder);
  await rm(draft, { recursive: true, force: true });
}

/**
 * Bytes in a folder whose content comes and goes.
 * @param {string} folder
 * @returns {Promise<number>}
 */
async function sizeOf(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sizeOf(file);
    return (await stat(file).catch(() => ({ size: 0 }))).size;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
