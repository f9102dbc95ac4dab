import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { BackfillInput } from '../../activities/backfill/plan.js';
import { defineOperator } from '../../activities/operator.js';
import { backfillWorkflow, backfillWorkflowId } from '../../dag/backfill/messages.js';
import type { RunResult } from '../../workflows/run-view.js';
import { TestWorker } from '../support/test-worker.js';

/** Instances that may end; the others wait for it. */
let isOpen = false;
const atWork = new Set<string>();
/** What began, in order: `<dagId> <logical date>`. */
const begun: string[] = [];

const gate = defineOperator({
  name: 'gate',
  description: 'returns its value when the test lets it',
  params: z.strictObject({ value: z.json(), passes: z.boolean().default(false) }),
  run: async ({ dagId, taskId, mapIndex, logicalDate, signal }, { value, passes }) => {
    const key = `${dagId}.${taskId}[${mapIndex}]`;
    atWork.add(key);
    begun.push(`${dagId} ${logicalDate.toISOString()}`);
    try {
      while (!isOpen && !passes) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      atWork.delete(key);
    }
    return value;
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([gate]);
});
afterAll(() => worker.stop());

/** What the Temporal UI's Reset does: the run goes on from a workflow task that had completed. */
async function reset(workflowId: string, pick: 'first' | 'last'): Promise<void> {
  const handle = worker.client.workflow.getHandle(workflowId);
  const { events = [] } = await handle.fetchHistory();
  const completed = (events ?? []).filter(
    ({ eventType }) => eventType === temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  );
  const event = pick === 'first' ? completed[0] : completed.at(-1);
  await worker.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId: (await handle.describe()).runId },
    workflowTaskFinishEventId: event?.eventId ?? null,
    reason: 'test',
    requestId: crypto.randomUUID(),
  });
}

async function outputsOf(workflowId: string): Promise<RunResult['outputs']> {
  const result = await worker.result(worker.client.workflow.getHandle(workflowId));
  if (typeof result === 'string') throw new Error(`the run failed: ${result}`);
  return (result as RunResult).outputs;
}

it.each(['first', 'last'] as const)(
  'a run that is reset to its %s workflow task while its batches run starts or keeps them, and ends',
  async (pick) => {
    isOpen = false;
    const dagId = `reset-batches-${pick}`;
    await worker.dag(`
dagId: ${dagId}
tasks:
  - id: each
    operator: gate
    heartbeatTimeout: 3s
    expand: { n: "\${{ range(300) }}" }
    with: { value: "\${{ item.n }}", passes: "\${{ item.n < 200 }}" }
  - { id: count, operator: gate, dependsOn: each, with: { value: "\${{ size(tasks.each.output) }}", passes: true } }
`);
    await worker.start(dagId);
    await expect
      .poll(() => [...atWork].filter((key) => key.startsWith(dagId)).length, { timeout: 60_000 })
      .toBeGreaterThan(40);
    await reset(`${dagId}/run`, pick);
    isOpen = true;
    expect(await outputsOf(`${dagId}/run`)).toEqual({ count: 300 });
  },
);

it.each(['first', 'last'] as const)(
  'a run that is reset to its %s workflow task while it waits for another DAG gets its result',
  async (pick) => {
    isOpen = false;
    const inner = `inner-${pick}`;
    await worker.dag(`
dagId: ${inner}
tasks: [{ id: slow, operator: gate, heartbeatTimeout: 3s, with: { value: 7 } }]
`);
    await worker.dag(`
dagId: outer-${pick}
tasks: [{ id: ask, operator: trigger-dag, with: { dagId: ${inner} } }]
`);
    await worker.start(`outer-${pick}`);
    await expect.poll(() => atWork.size, { timeout: 60_000 }).toBeGreaterThan(0);
    await reset(`outer-${pick}/run`, pick);
    isOpen = true;
    expect(await outputsOf(`outer-${pick}/run`)).toMatchObject({ ask: { outputs: { slow: 7 } } });
  },
);

it.each(['first', 'last'] as const)(
  'a backfill that is reset to its %s workflow task while its runs are active runs no date twice, and ends',
  async (pick) => {
    isOpen = false;
    const dagId = `reset-backfill-${pick}`;
    const workflowId = backfillWorkflowId(dagId);
    await worker.dag(`
dagId: ${dagId}
schedule: "@daily"
tasks: [{ id: task, operator: gate, with: { value: 1 } }]
`);
    const input: BackfillInput = { fromDate: '2025-01-01', toDate: '2025-01-05', maxActiveRuns: 2 };
    const { client, taskQueue } = worker;
    await client.workflow.start(backfillWorkflow, { workflowId, taskQueue, args: [input] });
    const ofDag = (): string[] => begun.filter((run) => run.startsWith(`${dagId} `)).sort();
    await expect.poll(ofDag, { timeout: 30_000 }).toHaveLength(2);
    await reset(workflowId, pick);
    isOpen = true;
    const counts = { waiting: 0, active: 0, failed: 0, cancelled: 0 };
    // What was started before the first workflow task is somebody else's to the backfill.
    const own = pick === 'first' ? { success: 3 } : { success: 5, inFlight: 0 };
    const view = await client.workflow.getHandle(workflowId).result();
    expect(view).toMatchObject({ state: 'success', total: 5, counts: { ...counts, ...own } });
    const dates = [1, 2, 3, 4, 5].map((n) => `2025-01-0${n}T00:00:00`);
    for (const date of dates) {
      const run = await client.workflow.getHandle(`${dagId}/${date}Z`).result();
      expect(run).toMatchObject({ state: 'success' });
    }
    expect(ofDag()).toEqual(dates.map((date) => `${dagId} ${date}.000Z`));
  },
);
