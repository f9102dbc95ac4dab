import { Context, getClient } from '@temporalio/activity';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { Config } from '../../config/loader.js';
import { parseDuration } from '../../dag/duration.js';
import {
  type Holder,
  type PoolStart,
  poolMessages,
  poolWorkflow,
  poolWorkflowId,
  type SlotRelease,
  type SlotRequest,
} from '../../dag/pool/messages.js';
import { tooLarge } from '../../dag/pool/semaphore.js';

export type SlotsWanted = SlotRequest & { pool: string };
export type SlotsReturned = SlotRelease & { pool: string };

/** The activities of pools: as local activities, so that they cost the asking run little history. */
export type PoolActivities = {
  requestSlots(wanted: SlotsWanted): Promise<void>;
  returnSlots(returned: SlotsReturned): Promise<void>;
  findGone(holders: Holder[]): Promise<Holder[]>;
};

export type PoolSettings = Pick<Config, 'pools' | 'leases'>;

/** How many workflows are asked about at the same time. */
const concurrentLookups = 20;

export function poolActivities(settings: PoolSettings): PoolActivities {
  return {
    requestSlots: (wanted) => requestSlots(wanted, settings),
    returnSlots,
    findGone,
  };
}

/**
 * Asks a pool for slots; its answer comes to the asking workflow as a signal. A pool of the settings, or one whose size
 * is given, is started when it isn't running. @throws ApplicationFailure of type UnknownPool, PoolTooSmall
 */
async function requestSlots({ pool, ...request }: SlotsWanted, settings: PoolSettings): Promise<void> {
  const configured = settings.pools[pool];
  const size = request.size ?? configured?.slots;
  const { workflow } = getClient();
  if (size === undefined) {
    try {
      await workflow.getHandle(poolWorkflowId(pool)).signal(poolMessages.acquire, request);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw ApplicationFailure.nonRetryable(unknownPool(pool, Object.keys(settings.pools)), 'UnknownPool');
    }
    return;
  }
  if (request.slots > size)
    throw ApplicationFailure.nonRetryable(tooLarge(pool, request, size), 'PoolTooSmall');
  const start: PoolStart = {
    slots: size,
    ...(configured?.description === undefined ? {} : { description: configured.description }),
    keep: false,
    checkInterval: checkInterval(settings),
  };
  await workflow.signalWithStart(poolWorkflow, {
    workflowId: poolWorkflowId(pool),
    taskQueue: Context.current().info.taskQueue,
    args: [start],
    signal: poolMessages.acquire,
    signalArgs: [{ ...request, size }],
  });
}

/** A pool that is gone has nothing to get back. */
async function returnSlots({ pool, ...release }: SlotsReturned): Promise<void> {
  try {
    await getClient().workflow.getHandle(poolWorkflowId(pool)).signal(poolMessages.release, release);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Which of these no longer run. A workflow that was reset or continued as new still does. */
async function findGone(holders: Holder[]): Promise<Holder[]> {
  const { workflow } = getClient();
  const gone: Holder[] = [];
  for (let start = 0; start < holders.length; start += concurrentLookups) {
    const batch = holders.slice(start, start + concurrentLookups);
    const open = await Promise.all(
      batch.map(async ({ workflowId, firstRunId }) => {
        try {
          const { status, raw } = await workflow.getHandle(workflowId).describe();
          return status.name === 'RUNNING' && raw.workflowExecutionInfo?.firstRunId === firstRunId;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return false;
          throw error;
        }
      }),
    );
    gone.push(...batch.filter((_, index) => !open[index]));
  }
  return gone;
}

export const checkInterval = ({ leases }: Pick<Config, 'leases'>): number =>
  parseDuration(leases.checkInterval) ?? 0;

function unknownPool(pool: string, configured: readonly string[]): string {
  const known =
    configured.length === 0 ? 'the settings have none' : `the settings have ${configured.join(', ')}`;
  return `there is no pool "${pool}" (${known}): add it to pools in config.yaml, or make it with: nightjar pools set ${pool} 4`;
}
