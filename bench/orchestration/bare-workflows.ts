import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-worker.js';

/** The least that Temporal takes: no ids, summaries, heartbeats or details. */
const { noOp } = proxyActivities<BareActivities>({ startToCloseTimeout: '1m' });

/** Activities one after another. */
export async function chain(tasks: number): Promise<void> {
  for (let index = 0; index < tasks; index += 1) await noOp();
}

/** Activities side by side, after one that comes in addition. */
export async function fanOut(tasks: number): Promise<void> {
  await noOp();
  await Promise.all(Array.from({ length: tasks }, () => noOp()));
}
