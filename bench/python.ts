import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '../embedded/setup/command.mjs';
import { defaultHome, folderOf, pins, repositoryRoot } from '../embedded/setup/layout.mjs';
import { Progress } from '../embedded/setup/progress.mjs';
import { findPython } from '../embedded/setup/python.mjs';
import { carryOut } from '../embedded/setup/setup.mjs';

/** What PySpark's Connect client needs besides PySpark itself, which set-up installs for its jars. */
const requirements = [
  'pandas==2.3.3',
  'pyarrow==26.0.1',
  'grpcio==1.85.1',
  'grpcio-status==1.85.1',
  'googleapis-common-protos==1.76.0',
  'zstandard==0.25.0',
];

/** A Python with PySpark's Connect client. */
export type Python = {
  version: string;
  /** Runs a script of bench/ and gives what it prints to stdout; its stderr goes to ours. @throws Error when it fails */
  run(script: string, args: string[]): Promise<string>;
};

/** Finds Python and installs what PySpark's Connect client needs, unless it is there. @throws SetupError */
export async function preparePython(): Promise<Python> {
  const { python, folder } = await installFromPyPI({
    name: 'bench-python',
    what: 'packages of the PySpark client',
    size: '100 MB',
    requirements,
  });
  const askVersion = ['-c', 'import platform; print(platform.python_version())'];
  const { stdout } = await promisify(execFile)(python, askVersion);
  return { version: stdout.trim(), run: (script, args) => runScript(python, folder, script, args) };
}

/**
 * Installs Python packages into a git-ignored folder of their own, unless they are there: the command of Python, and the
 * folder. @throws SetupError
 */
export async function installFromPyPI(wanted: {
  /** Of the folder, to which a digest of the requirements is added. */
  name: string;
  what: string;
  size: string;
  requirements: readonly string[];
}): Promise<{ python: string; folder: string }> {
  const { name, what, size } = wanted;
  const python = await findPython();
  const digest = createHash('sha256').update(wanted.requirements.join()).digest('hex').slice(0, 8);
  const folder = join(defaultHome, 'servers', `${name}-${digest}`);
  const step = {
    title: `${what[0]?.toUpperCase()}${what.slice(1)} (PyPI, ${size})`,
    isDone: () => existsSync(folder),
    run: async () => {
      const draft = join(defaultHome, 'tmp', name);
      await mkdir(draft, { recursive: true });
      await run({
        home: defaultHome,
        name,
        what: `install the ${what} from PyPI`,
        command: python,
        args: [
          ...['-m', 'pip', 'install', '--target', draft, '--no-input', '--no-warn-script-location'],
          ...['--disable-pip-version-check', '--progress-bar', 'off', ...wanted.requirements],
        ],
        cwd: draft,
        env: { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_ROOT_USER_ACTION: 'ignore' },
      });
      await rename(draft, folder);
    },
  };
  await carryOut([step], defaultHome, new Progress(), true);
  return { python, folder };
}

function runScript(python: string, packages: string, script: string, args: string[]): Promise<string> {
  const child = spawn(python, [join(repositoryRoot, 'bench', script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PYTHONPATH: [packages, folderOf(defaultHome, pins.spark)].join(delimiter),
      // Set-up installs PySpark uncompiled: its compiled modules are kept elsewhere, so that later runs find them.
      PYTHONPYCACHEPREFIX: join(defaultHome, 'servers', 'bench-pycache'),
    },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${script} failed (${signal ?? `exit code ${code}`}): what it said is above`));
    });
  });
}
