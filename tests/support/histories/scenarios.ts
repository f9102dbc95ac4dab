import type { Client, WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { RunInput } from '../../../activities/run/run-input.js';
import { backfillMessages, backfillWorkflow, backfillWorkflowId } from '../../../dag/backfill/messages.js';
import { datasetTriggerWorkflow } from '../../../dag/dataset-event.js';
import { mappedBatchSize } from '../../../dag/expansion.js';
import { poolWorkflowId, runsPool } from '../../../dag/pool/messages.js';
import { type RunUpdateArguments, type RunUpdateName, runUpdates } from '../../../dag/run-updates.js';
import type { RunView } from '../../../workflows/run-view.js';
import { gates } from './operators.js';

/** A run of a DAG whose history is kept. */
export type Scenario = {
  /** The DAG's id is the same. */
  name: string;
  dag: string;
  input?: RunInput;
  /** The status it must end with, or nothing is recorded. */
  ends: 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** What is done to the run while it is open. */
  meanwhile?: (run: WorkflowHandle, client: Client) => Promise<void>;
  /** Runs the DAG once more, when it has ended. */
  again?: (run: WorkflowHandle, client: Client) => Promise<WorkflowHandle>;
  /** Which executions of the run are kept, when there are several. Default all. */
  keeps?: 'last';
  /** Workflow IDs of more that is recorded; batches are anyway. */
  also?: string[];
};

/** Settings of the worker. */
export const settings = ['pools.narrow.slots=1', 'leases.checkInterval=1s'];

const taskQueue = 'nightjar';

/** Waits for the first task to be in a state. */
async function firstTaskIs(run: WorkflowHandle, state: string): Promise<void> {
  for (;;) {
    const view = await run.query<RunView | undefined>('state');
    if (view?.tasks[0]?.state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Sends an Update when the run is held. */
async function tellHeld<Name extends RunUpdateName>(
  run: WorkflowHandle,
  name: Name,
  argument: RunUpdateArguments[Name],
): Promise<void> {
  while ((await run.query<RunView | undefined>('state'))?.state !== 'held')
    await new Promise((resolve) => setTimeout(resolve, 50));
  await run.executeUpdate(runUpdates[name], { args: [argument] });
}

const isChildStarted = (event: temporal.api.history.v1.IHistoryEvent): boolean =>
  Boolean(event.childWorkflowExecutionStartedEventAttributes);

const cancel = async (run: WorkflowHandle): Promise<void> => {
  await firstTaskIs(run, 'running');
  await run.cancel();
};

export const scenarios: Scenario[] = [
  {
    name: 'chain-and-map',
    ends: 'COMPLETED',
    input: { params: { greeting: 'hi' }, logicalDate: '2026-03-01T00:00:00Z' },
    dag: `
params: { greeting: { type: string, default: hello } }
tasks:
  - { id: first, operator: echo, with: { value: "\${{ params.greeting }}" } }
  - { id: each, operator: echo, dependsOn: first, expand: { n: "\${{ range(4) }}" }, maxActiveMapped: 4, with: { value: "\${{ item.n }}" } }
  - { id: none, operator: echo, dependsOn: first, expand: { n: [] }, with: { value: "\${{ item.n }}" } }
  - { id: last, operator: echo, dependsOn: [each, none], triggerRule: none_failed, with: { value: "\${{ tasks.each.output }}" } }
`,
  },
  {
    name: 'retries-and-failures',
    ends: 'FAILED',
    dag: `
defaults: { retries: 1, retryDelay: 10ms }
tasks:
  - { id: mends, operator: flaky, with: { times: 1 } }
  - { id: stays, operator: flaky, with: { times: 9 } }
  - { id: bad, operator: count, with: { bad: 50 }, errorThreshold: { maxRejectedRatio: 0.1 } }
  - { id: slow, operator: hang, retries: 0, executionTimeout: 1s }
  - { id: after, operator: echo, dependsOn: [mends, stays], with: { value: 1 } }
  - { id: anyway, operator: echo, dependsOn: [stays, bad], triggerRule: all_done, with: { value: 1 } }
`,
  },
  {
    name: 'branches-and-skips',
    ends: 'COMPLETED',
    dag: `
tasks:
  - { id: choose, operator: branch, with: { choose: left } }
  - { id: left, operator: echo, dependsOn: choose, with: { value: 1 } }
  - { id: right, operator: echo, dependsOn: choose, with: { value: 2 } }
  - { id: joined, operator: noop, dependsOn: [left, right], triggerRule: none_failed_min_one_success }
  - { id: gate, operator: short-circuit, dependsOn: joined, with: { condition: false } }
  - { id: shut, operator: echo, dependsOn: gate, with: { value: 3 } }
  - { id: never, operator: echo, when: "1 > 2", with: { value: 4 } }
  - { id: skips, operator: skip, dependsOn: joined }
  - { id: newest, operator: latest-only, dependsOn: joined }
  - { id: last, operator: echo, dependsOn: newest, with: { value: 5 } }
`,
  },
  {
    name: 'setup-and-teardown',
    ends: 'FAILED',
    dag: `
groups: { inside: {} }
tasks:
  - { id: create, operator: echo, setup: true, with: { value: 1 } }
  - { id: works, operator: echo, group: inside, dependsOn: create, with: { value: 2 } }
  - { id: fails, operator: flaky, group: inside, dependsOn: works, with: { times: 9 } }
  - { id: remove, operator: echo, dependsOn: inside, teardown: { setups: create }, with: { value: 3 } }
`,
  },
  {
    name: 'cancelled',
    ends: 'CANCELLED',
    meanwhile: cancel,
    dag: `
tasks:
  - { id: slow, operator: hang, heartbeatTimeout: 3s, dependsOn: create }
  - { id: create, operator: noop, setup: true }
  - { id: next, operator: echo, dependsOn: slow, with: { value: 1 } }
  - { id: remove, operator: echo, dependsOn: slow, teardown: { setups: create }, with: { value: 2 } }
`,
  },
  {
    name: 'timed-out',
    ends: 'FAILED',
    dag: `
dagrunTimeout: 1s
tasks: [{ id: slow, operator: hang, heartbeatTimeout: 3s }]
`,
  },
  {
    name: 'waits-and-sensors',
    ends: 'COMPLETED',
    dag: `
tasks:
  - { id: sleeps, operator: sleep, with: { for: 100ms } }
  - { id: sees, operator: never, dependsOn: sleeps, with: { pokeInterval: 20ms, timeout: 200ms, softFail: true } }
  - { id: last, operator: echo, dependsOn: sees, triggerRule: all_done, with: { value: 1 } }
`,
  },
  {
    name: 'pooled',
    ends: 'COMPLETED',
    also: [poolWorkflowId('narrow')],
    meanwhile: async (run, client) => {
      await run.result();
      await client.workflow.getHandle(poolWorkflowId('narrow')).result();
    },
    dag: `
defaults: { pool: narrow }
tasks:
  - { id: one, operator: echo, with: { value: 1 } }
  - { id: two, operator: echo, priority: 5, with: { value: 2 } }
  - { id: three, operator: echo, dependsOn: [one, two], with: { value: 3 } }
`,
  },
  {
    name: 'one-at-a-time',
    ends: 'CANCELLED',
    also: ['one-at-a-time/second', poolWorkflowId(runsPool('one-at-a-time'))],
    meanwhile: async (run, client) => {
      await firstTaskIs(run, 'running');
      const second = await client.workflow.start('one-at-a-time', {
        workflowId: 'one-at-a-time/second',
        taskQueue,
      });
      for (;;) if ((await second.query<RunView | undefined>('state'))?.state === 'queued') break;
      await run.cancel();
      await firstTaskIs(second, 'running');
      await second.cancel();
      await second.result().catch(() => undefined);
    },
    dag: `
maxActiveRuns: 1
tasks: [{ id: slow, operator: hang, heartbeatTimeout: 3s }]
`,
  },
  {
    name: 'batches',
    ends: 'FAILED',
    dag: `
tasks:
  - { id: each, operator: flaky, expand: { n: "\${{ range(${mappedBatchSize + 1}) }}" }, with: { times: "\${{ item.n == 3 ? 9 : 0 }}" } }
  - { id: all, operator: echo, dependsOn: each, with: { value: 1 } }
`,
  },
  {
    name: 'continued',
    ends: 'COMPLETED',
    keeps: 'last',
    meanwhile: async (run) => {
      await gates.reached('continued');
      // More events than a run keeps to one history.
      const noise = (): Promise<void> => run.signal('noise');
      for (let sent = 0; sent < 4500; sent += 20) await Promise.all(Array.from({ length: 20 }, noise));
      gates.open('continued');
    },
    dag: `
tasks:
  - { id: first, operator: echo, with: { value: { some: output } } }
  - { id: long, operator: gate, dependsOn: first }
  - { id: last, operator: echo, dependsOn: [first, long], with: { value: "\${{ tasks.first.output }}" } }
`,
  },
  {
    name: 'triggers',
    ends: 'FAILED',
    dag: `
tasks:
  - { id: waits, operator: trigger-dag, with: { dagId: chain-and-map, params: { greeting: hey } } }
  - { id: retries, operator: trigger-dag, dependsOn: waits, retries: 1, retryDelay: 10ms, with: { dagId: setup-and-teardown } }
  - { id: leaves, operator: trigger-dag, dependsOn: waits, with: { dagId: branches-and-skips, wait: false } }
`,
  },
  {
    name: 'follows',
    ends: 'COMPLETED',
    dag: `
schedule: { datasets: { all: [histories/one, histories/two] } }
tasks: [{ id: task, operator: noop }]
`,
  },
  {
    name: 'publishes',
    ends: 'COMPLETED',
    // It waits for more updates, so its history has no end.
    also: [`${datasetTriggerWorkflow}/follows`],
    meanwhile: async (run, client) => {
      await run.result();
      const trigger = client.workflow.getHandle(`${datasetTriggerWorkflow}/follows`);
      for (;;) {
        const { events } = await trigger.fetchHistory();
        if (events?.at(-1)?.workflowTaskCompletedEventAttributes && events.some(isChildStarted)) break;
      }
    },
    dag: `
tasks:
  - { id: one, operator: echo, publishes: histories/one, with: { value: 1 } }
  - { id: two, operator: echo, publishes: histories/two, dependsOn: one, with: { value: 2 } }
`,
  },
  {
    name: 'tells',
    ends: 'FAILED',
    dag: `
deadline: 100ms
callbacks: { onFailure: { command: ["true"] }, onDeadline: { command: ["true"] } }
defaults: { callbacks: { onSuccess: { command: ["true"] }, onRetry: { command: ["true"] }, onFailure: { command: ["true"] } } }
tasks:
  - { id: sleeps, operator: sleep, with: { for: 300ms } }
  - { id: good, operator: echo, dependsOn: sleeps, with: { value: 1 } }
  - { id: bad, operator: flaky, dependsOn: sleeps, retries: 1, retryDelay: 10ms, with: { times: 9 } }
`,
  },
  {
    name: 'replayed',
    ends: 'FAILED',
    keeps: 'last',
    again: (run, client) =>
      client.workflow.start('replayed', {
        workflowId: run.workflowId,
        taskQueue,
        args: [{ replay: { workflowId: run.workflowId }, params: { times: 0 } } satisfies RunInput],
      }),
    dag: `
params: { times: { type: integer, default: 9 } }
tasks:
  - { id: stands, operator: echo, with: { value: 1 } }
  - { id: again, operator: flaky, dependsOn: stands, with: { times: "\${{ params.times }}" } }
`,
  },
  {
    name: 'held',
    ends: 'COMPLETED',
    meanwhile: async (run) => {
      await tellHeld(run, 'retryTask', { tasks: 'again', params: { times: 0 } });
      await tellHeld(run, 'skipTask', 'stays');
    },
    dag: `
onFailure: hold
holdFor: 1h
params: { times: { type: integer, default: 9 } }
callbacks: { onFailure: { command: ["true"] } }
tasks:
  - { id: stands, operator: echo, with: { value: 1 } }
  - { id: again, operator: flaky, dependsOn: stands, with: { times: "\${{ params.times }}" } }
  - { id: stays, operator: flaky, dependsOn: stands, with: { times: 9 } }
  - { id: last, operator: echo, dependsOn: [again, stays], triggerRule: none_failed, with: { value: 2 } }
`,
  },
  {
    name: 'reset',
    ends: 'FAILED',
    keeps: 'last',
    again: async ({ workflowId }, client) => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const ended = events?.findLast(({ workflowTaskCompletedEventAttributes: task }) => task);
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId },
        workflowTaskFinishEventId: ended?.eventId ?? null,
        reason: 'once more',
        requestId: workflowId,
      });
      return client.workflow.getHandle(workflowId, runId);
    },
    dag: `
tasks:
  - { id: stands, operator: echo, with: { value: 1 } }
  - { id: fails, operator: flaky, dependsOn: stands, with: { times: 9 } }
`,
  },
  {
    name: 'backfilled',
    ends: 'COMPLETED',
    meanwhile: async (_run, client) => {
      const backfill = await client.workflow.start(backfillWorkflow, {
        workflowId: backfillWorkflowId('backfilled'),
        taskQueue,
        args: [{ fromDate: '2026-03-01', toDate: '2026-03-05', maxActiveRuns: 2 }],
      });
      await backfill.executeUpdate(backfillMessages.pause);
      await backfill.executeUpdate(backfillMessages.setMaxActiveRuns, { args: [3] });
      await backfill.executeUpdate(backfillMessages.resume);
      await backfill.result().catch(() => undefined);
    },
    also: [backfillWorkflowId('backfilled')],
    dag: `
schedule: "@daily"
tasks:
  - { id: sleeps, operator: sleep, with: { for: 500ms } }
  - { id: fails, operator: fail, dependsOn: sleeps, when: "ds(run.logicalDate) == '2026-03-02'", with: { message: bad } }
`,
  },
  {
    name: 'refused',
    ends: 'FAILED',
    input: { params: { unknown: 1 } },
    dag: `
tasks: [{ id: task, operator: noop }]
`,
  },
];
