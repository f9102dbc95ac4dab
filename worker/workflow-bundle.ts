import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { repositoryRoot } from '../embedded/setup/layout.mjs';

/** Where the build leaves the workflow code, bundled once so that all workers start at once and run the same. */
export const bundlePath = join(repositoryRoot, 'dist', 'workflow-bundle.js');

async function build(): Promise<void> {
  const workflowsPath = join(repositoryRoot, 'dist', 'workflows', 'index.js');
  const { code } = await bundleWorkflowCode({ workflowsPath });
  await writeFile(`${bundlePath}.tmp`, code);
  await rename(`${bundlePath}.tmp`, bundlePath);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
