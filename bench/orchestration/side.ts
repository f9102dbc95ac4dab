import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { cpuSeconds } from '../process-cpu.js';

/** One of the two that are compared: where its workflows run, and whose CPU they cost. */
export type Side = {
  name: 'Nightjar' | 'bare';
  client: Client;
  taskQueue: string;
  serverPid: number | undefined;
  workerPid: number | undefined;
};

/** What is started: workflows of one type, all at once. */
export type Load = { type: string; args: unknown[]; workflowIds: string[] };

/** From the first start to the last result, as the client sees them. */
export type Measured = {
  seconds: number;
  /** Of the server and of the worker meanwhile; undefined where there is no Linux /proc, or the server is not ours. */
  serverCpu: number | undefined;
  workerCpu: number | undefined;
};

/** Starts the workflows, waits for their ends, and tells what that took. @throws WorkflowFailedError */
export async function measure(side: Side, { type, args, workflowIds }: Load): Promise<Measured> {
  await untilIdle(side);
  const before = cpuOf(side);
  const start = performance.now();
  await Promise.all(
    workflowIds.map((workflowId) =>
      side.client.workflow.execute(type, { workflowId, taskQueue: side.taskQueue, args }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const after = cpuOf(side);
  return {
    seconds,
    serverCpu: difference(after.server, before.server),
    workerCpu: difference(after.worker, before.worker),
  };
}

const cpuOf = ({ serverPid, workerPid }: Side) => ({
  server: serverPid === undefined ? undefined : cpuSeconds(serverPid),
  worker: workerPid === undefined ? undefined : cpuSeconds(workerPid),
});

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before;

/** What the server and the worker have left to do of the measurement before is not to count in the next. */
async function untilIdle(side: Side): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const before = cpuOf(side);
    await sleep(250);
    const after = cpuOf(side);
    const used =
      (difference(after.server, before.server) ?? 0) + (difference(after.worker, before.worker) ?? 0);
    if (used < 0.05) return;
  }
}
