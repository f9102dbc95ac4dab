import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Where the build leaves the workflow bundle and workers find it. */
export const bundlePath = fileURLToPath(new URL('workflow-bundle.js', import.meta.url));

/** Bundles the workflow code once, at build time, so that workers start at once and all run the same code. */
async function build(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('index.js', import.meta.url)),
  });
  await mkdir(fileURLToPath(new URL('.', import.meta.url)), { recursive: true });
  await writeFile(`${bundlePath}.tmp`, code);
  await rename(`${bundlePath}.tmp`, bundlePath);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
