import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { serverEnvironment } from './environment.mjs';
import { folderOf, pins } from './layout.mjs';

/** Java versions that Spark 4.3 supports and that were tried. */
const SUPPORTED = new Set([17, 21]);

/**
 * Finds a Java for Spark: in JAVA_HOME, on PATH, or the one that set-up installed.
 * @param {string} home
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} the `java` to run; undefined when there is none of version 17 or 21
 */
export async function findJava(home, env = process.env) {
  const own = path.join(folderOf(home, pins.java), pins.java.proof);
  const candidates = env.JAVA_HOME ? [path.join(env.JAVA_HOME, 'bin', 'java'), 'java'] : ['java'];
  for (const candidate of candidates) {
    if (SUPPORTED.has(await majorVersion(candidate, env))) return candidate;
  }
  return existsSync(own) ? own : undefined;
}

/**
 * @param {string} java
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} 0 when it does not run
 */
async function majorVersion(java, env) {
  try {
    // Java prints its version to stderr: `openjdk version "17.0.15" …`, before Java 9 `java version "1.8.0_392"`.
    const { stderr } = await promisify(execFile)(java, ['-version'], {
      env: serverEnvironment([], env),
      timeout: 20_000,
    });
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
