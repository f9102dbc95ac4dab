import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunResult } from '../../workflows/run-view.js';
import { TestWorker } from '../support/test-worker.js';

/** Instances that may end; the others wait for it. */
let isOpen = false;
const atWork = new Set<string>();

const gate = defineOperator({
  name: 'gate',
  description: 'returns its value when the test lets it',
  params: z.strictObject({ value: z.json(), passes: z.boolean().default(false) }),
  run: async ({ dagId, taskId, mapIndex, signal }, { value, passes }) => {
    const key = `${dagId}.${taskId}[${mapIndex}]`;
    atWork.add(key);
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
