import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  proxyLocalActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { PoolActivities } from '../activities/pools/slots.js';
import { poolAnswer } from '../contract/messages.js';
import { type PoolAnswer, poolMessages } from '../dag/pool/messages.js';
import { readableCause } from './failures.js';
import { reading } from './inbound.js';

export type SlotsOf = {
  pool: string;
  /** What the slots are for, unique within this workflow and the pool: the key of a task instance. */
  key: string;
};

const answerSignal = defineSignal<[unknown]>(poolMessages.answer);

const { requestSlots, returnSlots } = proxyLocalActivities<PoolActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** Answers that have come to requests of this workflow; a request that nobody waits for any more is not in it. */
const answers = new Map<string, PoolAnswer | undefined>();
let isListening = false;

/**
 * Waits until the pool has leased the slots to this workflow. They stay its own until {@link releaseSlots}, or until the
 * workflow closes. Acquiring what is held already returns at once, so that a workflow that continued as new or was
 * reset may ask again. When it is cancelled while it waits, the request is withdrawn.
 * @param wanted.size The pool's size, where the caller sets it: such a pool needn't be known to the settings
 * @throws ApplicationFailure of type UnknownPool or PoolTooSmall, in words for the user
 * @throws CancelledFailure
 */
export async function acquireSlots({
  pool,
  key,
  ...wanted
}: SlotsOf & { slots: number; priority: number; size?: number }): Promise<void> {
  listen();
  const { workflowId, firstExecutionRunId: firstRunId } = workflowInfo();
  // New for every asking, also after a reset: an answer that an earlier one got grants nothing now.
  const request = uuid4();
  answers.set(request, undefined);
  try {
    await CancellationScope.nonCancellable(() =>
      requestSlots({ pool, key, request, workflowId, firstRunId, ...wanted }),
    );
    try {
      await condition(() => answers.get(request) !== undefined);
    } catch (error) {
      await releaseSlots({ pool, key });
      throw error;
    }
    const refused = answers.get(request)?.refused;
    if (refused !== undefined) throw ApplicationFailure.nonRetryable(refused, 'PoolTooSmall');
  } catch (error) {
    throw readableCause(error);
  } finally {
    answers.delete(request);
  }
}

/** Gives slots back, also in a cancelled scope; nothing happens when they aren't held. Never throws. */
export async function releaseSlots({ pool, key }: SlotsOf): Promise<void> {
  const { workflowId } = workflowInfo();
  await CancellationScope.nonCancellable(() => returnSlots({ pool, workflowId, key })).catch(
    // What isn't given back comes free when this workflow has closed.
    () => undefined,
  );
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  setHandler(
    answerSignal,
    reading<PoolAnswer>(poolMessages.answer, poolAnswer, (answer) => {
      if (answers.has(answer.request)) answers.set(answer.request, answer);
    }),
    { description: "A pool's answer to a request for slots" },
  );
}
