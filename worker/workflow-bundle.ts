import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { payloadConverterPath } from './connection/temporal-options.js';

const dist = join(repositoryRoot, 'dist');

/** Where the build leaves the workflow code, bundled once so that all workers start at once and run the same. */
export const bundlePath = join(dist, 'workflow-bundle.js');
/** The same code for workers that are releases. */
export const versionedBundlePath = join(dist, 'versioned-workflow-bundle.js');

async function build(entry: string, path: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows', entry),
    payloadConverterPath,
    preloadModules: [
      join(dist, 'workflows', 'preload.js'),
      join(dist, 'dag', 'dag-run.js'),
      join(dist, 'dag', 'compact.js'),
    ],
  });
  await writeFile(`${path}.tmp`, code);
  await rename(`${path}.tmp`, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build('index.js', bundlePath);
  await build('versioned.js', versionedBundlePath);
}
