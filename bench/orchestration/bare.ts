import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startService } from '../../embedded/service.js';
import { bareTaskQueue } from './bare-worker.js';
import type { Side } from './side.js';

/** Starts the bare worker as a process of its own. */
export async function startBareWorker(
  temporalAddress: string,
  folder: string,
  nodeFlags: readonly string[],
): Promise<{ side: Pick<Side, 'name' | 'taskQueue' | 'workerPid'>; stop(): Promise<void> }> {
  const worker = await startService({
    name: 'bare worker',
    command: process.execPath,
    args: [...nodeFlags, fileURLToPath(new URL('./bare-worker.js', import.meta.url)), temporalAddress],
    cwd: folder,
    logFile: join(folder, 'bare-worker.log'),
    env: process.env,
    stopTimeoutMs: 20_000,
  });
  return {
    side: { name: 'bare', taskQueue: bareTaskQueue, workerPid: worker.pid() },
    stop: () => worker.stop(),
  };
}
