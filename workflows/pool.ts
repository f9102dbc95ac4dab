import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PoolActivities } from '../activities/pools/slots.js';
import { poolSize, poolStart, slotRelease, slotRequest } from '../contract/messages.js';
import {
  type AddressedAnswer,
  type PoolSize,
  type PoolStart,
  type PoolView,
  poolMessages,
  poolWorkflowId,
  type SlotRelease,
  type SlotRequest,
} from '../dag/pool/messages.js';
import { Semaphore } from '../dag/pool/semaphore.js';
import { showDetails } from './details.js';
import { readInput, reading, refuseInput, withoutInput } from './inbound.js';
import { poolTable } from './pool-details.js';
import { StartQueue } from './start-queue.js';

const { findGone } = proxyLocalActivities<PoolActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** At least so many milliseconds lie between two looks at the holders, however many have to wait. */
const checksApart = 5000;

/** Signals under way at once: Temporal takes 2,000 of a workflow, and a pool that becomes larger may have more to answer. */
const maxSending = 500;

/**
 * A pool of slots: leases them to workflows in order of priority and arrival, and takes back those of workflows that are
 * gone. One that wasn't made by command ends when nobody needs it.
 */
export async function pool(input: unknown): Promise<void> {
  const { workflowId } = workflowInfo();
  const name = workflowId.slice(poolWorkflowId('').length);
  if (name === '' || poolWorkflowId(name) !== workflowId)
    throw refuseInput(`the Workflow ID of a pool is ${poolWorkflowId('<name>')}; this one is ${workflowId}`);
  const start = readInput<PoolStart>('a pool', poolStart, input);
  const { checkInterval, carried } = start;
  const semaphore = new Semaphore(name, start.slots, carried);
  let { description, keep } = start;
  let isChanged = true;
  let isOver = false;
  let mustCheck = false;
  let isChecking = false;
  let checkedAt = 0;
  /** Answers on their way, or about to be. */
  let sending = 0;
  const post = new StartQueue(maxSending);

  const view = (): PoolView => ({
    name,
    slots: semaphore.slots,
    used: semaphore.used,
    queued: semaphore.queued,
    ...(description === undefined ? {} : { description }),
    ...semaphore.view(),
  });
  const { acquire, release, setSlots } = poolMessages;
  setHandler(
    defineSignal<[unknown]>(acquire),
    reading<SlotRequest>(acquire, slotRequest, (request) => {
      semaphore.acquire(request, Date.now());
      isChanged = true;
    }),
  );
  setHandler(
    defineSignal<[unknown]>(release),
    reading<SlotRelease>(release, slotRelease, (released) => {
      semaphore.release(released);
      isChanged = true;
    }),
  );
  setHandler(
    defineSignal<[unknown]>(setSlots),
    reading<PoolSize>(setSlots, poolSize, (size) => {
      semaphore.resize(size.slots);
      description = size.description ?? description;
      isChanged = true;
    }),
    { description: 'Changes the number of slots: { "slots": 4, "description": "…" }' },
  );
  setHandler(
    defineUpdate<void, unknown[]>(poolMessages.delete),
    () => {
      keep = false;
      isOver = true;
    },
    {
      description: 'Ends the pool, when nobody holds or awaits its slots',
      validator: withoutInput(poolMessages.delete, () => {
        if (semaphore.isIdle) return;
        throw new Error(
          `pool "${name}" is in use: ${semaphore.used} slots are held and ${semaphore.queued} are waited for`,
        );
      }),
    },
  );
  setHandler(defineQuery<PoolView>(poolMessages.state), view, { description: 'Who holds and awaits slots' });

  showDetails(() => poolTable(view()));

  const deliver = async ({ to, answer }: AddressedAnswer): Promise<void> => {
    try {
      await getExternalWorkflowHandle(to.workflowId).signal(poolMessages.answer, answer);
    } catch {
      // It closed while it waited.
      semaphore.forget(to);
      isChanged = true;
    }
    sending--;
    post.release(1);
  };
  const send = (answer: AddressedAnswer): void => {
    sending++;
    post.offer({ weight: 1, priority: 0, start: () => void deliver(answer), drop: () => undefined });
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      // No timer runs while a pool that stays has nothing to watch.
      await condition(() => !keep || !semaphore.isIdle);
      await condition(() => mustCheck, checkInterval);
      mustCheck = false;
      if (semaphore.isIdle) {
        isOver = !keep;
        continue;
      }
      isChecking = true;
      checkedAt = Date.now();
      for (const holder of await findGone(semaphore.holders())) semaphore.forget(holder);
      isChecking = false;
      isChanged = true;
    }
  };
  const serve = async (): Promise<void> => {
    let wasWaitedFor = false;
    for (;;) {
      await condition(() => isChanged || isOver);
      isChanged = false;
      for (const answer of semaphore.answer(Date.now())) send(answer);
      // Whoever has to wait may wait for one that is gone.
      if (semaphore.isWaitedFor && !wasWaitedFor && Date.now() - checkedAt >= checksApart) mustCheck = true;
      wasWaitedFor = semaphore.isWaitedFor;
      if (isOver && semaphore.isIdle) return;
      isOver = false;
      if (!workflowInfo().continueAsNewSuggested) continue;
      await condition(() => sending === 0 && !isChecking);
      await continueAsNew<(start: PoolStart) => Promise<void>>({
        slots: semaphore.slots,
        ...(description === undefined ? {} : { description }),
        keep,
        checkInterval,
        carried: semaphore.carry(),
      });
    }
  };
  await Promise.race([serve(), watch()]);
}
