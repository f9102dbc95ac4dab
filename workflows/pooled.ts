import { isCancellation } from '@temporalio/workflow';
import type { TaskSpec } from '../dag/document.js';
import { readableCause } from './failures.js';
import { acquireSlots, releaseSlots } from './pool-slots.js';
import type { EndedTask } from './task-run.js';

/**
 * Performs a task instance while it holds the slots of its pool, if it has one. Never throws: an instance that gets no slots
 * ends as failed, or as skipped when it was cancelled while it waited.
 */
export async function withSlots<T>(
  { pool, poolSlots: slots, priority }: TaskSpec,
  key: string,
  perform: () => Promise<T>,
): Promise<T | EndedTask> {
  if (pool === undefined) return perform();
  const askedAt = Date.now();
  try {
    await acquireSlots({ pool, key, slots, priority });
  } catch (error) {
    const cause = readableCause(error);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return {
      outcome: isCancellation(error)
        ? { state: 'skipped', reason: 'cancelled before it started' }
        : { state: 'failed', reason },
      startedAt: askedAt,
      finishedAt: Date.now(),
    };
  }
  try {
    return await perform();
  } finally {
    await releaseSlots({ pool, key });
  }
}
