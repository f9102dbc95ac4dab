import { rmSync } from 'node:fs';
import path from 'node:path';
import { build, isBuilt } from './build.mjs';
import { killLeftover, killRunning } from './command.mjs';
import { findJava } from './java.mjs';
import { defaultHome, pins, repositoryRoot } from './layout.mjs';
import { waitForLock } from './lock.mjs';
import { installPackages, packagesInstalled } from './npm.mjs';
import { Progress } from './progress.mjs';
import { findPython, installPin, isInstalled } from './python.mjs';
import { SetupError } from './setup-error.mjs';

/** @import { Pin } from './layout.mjs' */

/**
 * One part of the set-up. Whether it is done shows in what it leaves behind, which is complete or absent.
 * @typedef {object} Step
 * @property {string} title
 * @property {() => boolean | Promise<boolean>} isDone
 * @property {(note: (text: string) => void) => Promise<void>} run
 * @property {boolean} [needsPython]
 */

const SIGNALS = /** @type {const} */ ({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

/**
 * Brings everything into place that Nightjar needs: npm packages, servers, generated and compiled code. What is there
 * is skipped, what was interrupted is done again. Ends the process with code 1 and one sentence when it cannot.
 * @param {boolean} quiet say only what takes time
 */
export async function setUp(quiet) {
  const progress = new Progress();
  exitOnSignals(progress);
  try {
    await carryOut(stepsFor(repositoryRoot, defaultHome), defaultHome, progress, quiet);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    progress.line(error.message);
    process.exitCode = 1;
  }
}

/**
 * Makes Ctrl-C and the like end the process at once, together with the commands that it runs.
 * @param {Progress} progress
 */
export function exitOnSignals(progress) {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      killRunning();
      progress.line('Interrupted. The next start goes on from here.');
      process.exit(code);
    });
  }
}

/**
 * Runs the steps that are not done. Only one process at a time does so; others wait and then find it done.
 * @param {Step[]} steps
 * @param {string} home
 * @param {Progress} progress
 * @param {boolean} quiet
 */
export async function carryOut(steps, home, progress, quiet) {
  const began = performance.now();
  const elapsed = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if ((await unfinished(steps)).length === 0) {
    if (!quiet) progress.line(`✓ Set-up: everything is in place  ${elapsed()}`);
    return;
  }
  const lock = await waitForLock(path.join(home, 'setup.lock'), {
    onWait: ({ pid }) => progress.line(`• Another set-up is under way here (process ${pid}): waiting for it`),
  });
  try {
    killLeftover(home);
    rmSync(path.join(home, 'tmp'), { recursive: true, force: true });
    // Before anything long: nobody likes to be told of a missing prerequisite after two minutes.
    if ((await unfinished(steps)).some((step) => step.needsPython)) await findPython();
    for (const step of steps) {
      if (!(await step.isDone())) await progress.step(step.title, step.run);
    }
    progress.line(`✓ Set-up: done  ${elapsed()}`);
  } finally {
    lock.release();
  }
}

/** @param {Step[]} steps */
async function unfinished(steps) {
  const done = await Promise.all(steps.map((step) => step.isDone()));
  return steps.filter((_, index) => !done[index]);
}

/**
 * @param {string} root
 * @param {string} home
 * @returns {Step[]}
 */
function stepsFor(root, home) {
  const temporal = pinStep(home, pins.temporal, 'Temporal server (PyPI)');
  // Spark's jars are needed in any case: the protocol code is generated from them.
  const spark = pinStep(home, pins.spark, 'Spark with Connect and MLlib (PyPI, 500 MB)');
  const java = pinStep(home, pins.java, 'Java 21, as there is no 17 or 21 (PyPI)');
  return [
    {
      title: 'npm packages',
      isDone: () => packagesInstalled(root),
      run: () => installPackages(root, home),
    },
    ...(process.env.TEMPORAL_ADDRESS ? [] : [temporal]),
    spark,
    ...(process.env.SPARK_REMOTE
      ? []
      : [{ ...java, isDone: async () => (await findJava(home)) !== undefined }]),
    { title: 'Build', isDone: () => isBuilt(root), run: (note) => build(root, home, note) },
  ];
}

/**
 * @param {string} home
 * @param {Pin} pin
 * @param {string} title
 * @returns {Step}
 */
export function pinStep(home, pin, title) {
  return {
    title: `${title} ${pin.package} ${pin.version}`,
    isDone: () => isInstalled(home, pin),
    run: async (note) => installPin(home, pin, await findPython(), note),
    needsPython: true,
  };
}
