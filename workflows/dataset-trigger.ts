import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { datasetUpdate, triggerMemory } from '../contract/messages.js';
import {
  type DatasetEvent,
  type DatasetUpdate,
  datasetsIn,
  datasetTriggerWorkflow,
  datasetUpdatedSignal,
  isFulfilled,
} from '../dag/dataset-event.js';
import { isId } from '../dag/schema/scalars.js';
import { showDetails } from './details.js';
import { readCarried, reading, refuseInput } from './inbound.js';

/** What a trigger remembers when it continues as new. */
type Memory = {
  /** Updates since the last run, the last one of each dataset. */
  updates: Record<string, DatasetEvent>;
  /** Ids of the updates that were taken in last: one that comes again counts once. */
  seen: string[];
  /** When the last run was started, in milliseconds. */
  startedAt: number;
};

/** Update ids that are remembered, and for how long after the last one. A repeated one comes within minutes. */
const maxSeen = 2000;
const quietTime = '1 day';

/** Starts a DAG whenever the datasets that it is scheduled by have been updated as its condition wants. */
export async function datasetTrigger(carried?: unknown): Promise<void> {
  const { workflowId } = workflowInfo();
  const dagId = workflowId.slice(datasetTriggerWorkflow.length + 1);
  if (!isId(dagId) || workflowId !== `${datasetTriggerWorkflow}/${dagId}`)
    throw refuseInput(
      `the Workflow ID of a trigger by datasets is ${datasetTriggerWorkflow}/<dagId>; this one is ${workflowId}`,
    );
  const memory = readCarried<Memory>('a trigger by datasets', triggerMemory, carried, 'InvalidInput');
  let updates = new Map(Object.entries(memory?.updates ?? {}));
  const seen = new Set(memory?.seen ?? []);
  let startedAt = memory?.startedAt ?? 0;
  const arrived: DatasetUpdate[] = [];
  setHandler(
    defineSignal<[unknown]>(datasetUpdatedSignal),
    reading<DatasetUpdate>(datasetUpdatedSignal, datasetUpdate, (update) => {
      arrived.push(update);
    }),
  );
  setHandler(defineQuery<DatasetEvent[]>('state'), () => [...updates.values()], {
    description: 'Updates of datasets since the last run',
  });

  showDetails(() => details(dagId, [...updates.values()]));

  for (;;) {
    if (updates.size > 0) await condition(() => arrived.length > 0);
    else if (!(await condition(() => arrived.length > 0, quietTime))) return;
    for (let next = arrived.shift(); next !== undefined; next = arrived.shift()) {
      const { id, event, condition: wanted } = next;
      if (seen.has(id)) continue;
      remember(seen, id);
      updates.set(event.dataset, event);
      // The DAG may have changed since the others came.
      const named = new Set(datasetsIn(wanted));
      updates = new Map([...updates].filter(([dataset]) => named.has(dataset)));
      if (!isFulfilled(wanted, new Set(updates.keys()))) continue;
      startedAt = await startRun(dagId, [...updates.values()], startedAt);
      updates.clear();
    }
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<(memory: Memory) => Promise<void>>({
        updates: Object.fromEntries(updates),
        seen: [...seen],
        startedAt,
      });
    }
  }
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > maxSeen && oldest !== undefined) seen.delete(oldest);
}

/** Starts a run that goes on by itself. @returns the time in its id, in milliseconds */
async function startRun(dagId: string, datasetEvents: DatasetEvent[], lastAt: number): Promise<number> {
  for (let at = Math.max(Date.now(), lastAt + 1); ; at++) {
    try {
      await startChild(dagId, {
        workflowId: `${dagId}/dataset__${new Date(at).toISOString()}`,
        args: [{ datasetEvents }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `started by ${datasetEvents.map(({ dataset }) => dataset).join(', ')}`,
      });
      return at;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

function details(dagId: string, updates: readonly DatasetEvent[]): string {
  return [
    `Starts **${dagId}** when its datasets have been updated. Since its last run:`,
    '',
    '| Dataset | Updated | By |',
    '| --- | --- | --- |',
    ...updates.map(
      ({ dataset, publishedAt, dagId: by, runId, task }) =>
        `| \`${dataset}\` | ${publishedAt} | \`${task}\` of \`${by}/${runId}\` |`,
    ),
  ].join('\n');
}
