import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';

export const bareTaskQueue = 'bench-bare';

const activities = { noOp: async (): Promise<null> => null };
export type BareActivities = typeof activities;

/** The bare worker's process: plain code on Temporal's SDK, with its default options, as Nightjar's worker has them. */
async function main(address: string): Promise<void> {
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: bareTaskQueue,
    workflowsPath: fileURLToPath(new URL('./bare-workflows.js', import.meta.url)),
    activities,
  });
  await worker.run();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? '127.0.0.1:7233');
