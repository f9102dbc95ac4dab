import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { mappedBatchWorkflow } from '../../../contract/workflows.js';
import type { Foreign } from '../../support/foreign-workflow.js';
import { testServers } from '../../support/test-servers.js';
import { TestWorker } from '../../support/test-worker.js';

const fixture = (name: string): string => readFileSync(join('tests/fixtures/hostile', name), 'utf8');

let worker: TestWorker;
beforeAll(async () => {
  process.env.PLANTED_SECRET = 'not-for-strangers';
  worker = await TestWorker.start(builtInOperators);
});
afterAll(async () => {
  delete process.env.PLANTED_SECRET;
  await worker.stop();
});

/** The message of what an error was caused by first. */
function rootMessage(error: unknown): string {
  let each = error;
  while (each instanceof Error && each.cause instanceof Error) each = each.cause;
  return each instanceof Error ? each.message : String(each);
}

const failureOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then((value) => `succeeded with ${JSON.stringify(value)}`, rootMessage);

/** Shows that the worker still does its work. */
async function works(): Promise<void> {
  await worker.dag(`
dagId: alive
tasks: [{ id: say, operator: shell, with: { command: echo yes } }]`);
  expect(await worker.run('alive', undefined, `alive/${crypto.randomUUID()}`)).toMatchObject({
    outputs: { say: 'yes' },
  });
}

describe('an activity that was started on its own', () => {
  const start = (activity: string, input: unknown): Promise<string> =>
    failureOf(
      new Client({ connection: worker.client.connection }).activity.execute(activity, {
        id: crypto.randomUUID(),
        taskQueue: worker.taskQueue,
        args: [input],
        startToCloseTimeout: '20s',
      }),
    );

  it.each(['standalone-activity.json', 'standalone-env.json'])('%s runs nothing', async (name) => {
    expect(await start('shell', JSON.parse(fixture(name)))).toBe(
      'activity "shell" is refused: it was started on its own: only the workflows of DAG runs call it',
    );
    expect(existsSync('/tmp/pwned')).toBe(false);
    expect(existsSync(join(worker.dataRoot, 'anything'))).toBe(false);
  });

  it.each([
    ['prepareRun', { dagId: 'alive', workflowId: 'alive/x' }],
    ['recordRun', { dagId: '..', runId: '..', state: 'success', tasks: [] }],
    ['keepInput', { dag: { id: '..' }, run: { id: 'x' }, task: { id: 'x', key: 'x' }, json: '{}' }],
    ['requestSlots', {}],
    ['findNextRuns', null],
  ])('%s is for local calls', async (activity, input) => {
    expect(await start(activity, input)).toBe(
      `activity "${activity}" is refused: only workflows of Nightjar call it, as a local activity`,
    );
  });

  it.each([
    ['nothing', undefined, 'input: '],
    ['a number', 5, 'input: '],
    [
      'a path as DAG id',
      { dag: { id: '../../etc', folder: '/' }, run: {}, task: {} },
      "dag.id: expected letters, digits, '_', '-' and '.'",
    ],
  ])('says what is wrong with %s', async (_, input, message) => {
    expect(await start('shell', input)).toContain(
      `activity "shell" is refused: its input is not what a run gives it: ${message}`,
    );
  });
});

describe("a stranger's workflow with a worker of its own", () => {
  let foreignQueue: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    foreignQueue = `foreign-${worker.taskQueue}`;
    const connection = await NativeConnection.connect({ address: testServers.temporalAddress });
    const foreign = await Worker.create({
      connection,
      taskQueue: foreignQueue,
      workflowsPath: resolve('tests/support/foreign-workflow.ts'),
    });
    const running = foreign.run();
    stop = async () => {
      foreign.shutdown();
      await running;
      await connection.close();
    };
  });
  afterAll(() => stop());

  const run = (type: string, workflowId: string, what: Omit<Foreign, 'taskQueue'>): Promise<string> =>
    failureOf(
      worker.client.workflow.execute(type, {
        workflowId,
        taskQueue: foreignQueue,
        args: [{ taskQueue: worker.taskQueue, ...what } satisfies Foreign],
      }),
    );

  const input = (runId: string): unknown => ({
    dag: { id: 'alive', folder: '/tmp' },
    run: { id: runId, logicalDate: '2025-01-01T00:00:00Z' },
    task: { id: 'say', key: 'say' },
    params: { command: 'id > /tmp/pwned' },
  });

  it('runs no operator, by whatever names it goes', async () => {
    await works();
    // A run of this DAG, and its record, were there before.
    await worker.run('alive', undefined, 'alive/forged');
    const refused = `activity "shell" is refused: workflow "alive/forged" of type "alive" is not that of run "forged" of DAG "alive"`;
    const activity = { name: 'shell', input: input('forged') };
    expect(await run('alive', 'alive/forged', { activity })).toContain(refused);
    expect(
      await run('alive', 'alive/other', { activity: { name: 'shell', input: input('other') } }),
    ).toContain('is not that of run "other"');
    expect(await run(mappedBatchWorkflow, 'alive/forged', { activity })).toContain(
      'is not that of run "forged"',
    );
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  it('runs no callback', async () => {
    const event = {
      dagId: 'alive',
      runId: 'x',
      workflowId: 'alive/x',
      kind: 'success',
      logicalDate: '',
      at: '',
    };
    const notification = { action: { command: ['touch', '/tmp/pwned'] }, event, folder: '/tmp' };
    expect(
      await run('alive', 'alive/x', { activity: { name: 'notifyEvent', input: notification } }),
    ).toContain('activity "notifyEvent" is refused');
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  it('runs nothing by a batch of instances either', async () => {
    const batch = {
      shared: { ...(input('forged') as object), traits: {}, workflowId: 'alive/forged' },
      task: {
        id: 'say',
        operator: 'shell',
        dependsOn: [],
        retries: 0,
        retryDelay: 0,
        heartbeatTimeout: 10_000,
      },
      starts: [
        { instance: { key: 'say[0]', taskId: 'say', mapIndex: 0 }, params: { command: 'id > /tmp/pwned' } },
      ],
      maxActive: 1,
    };
    const workflowId = `alive/forged/${crypto.randomUUID()}`;
    await run('alive', `alive/${crypto.randomUUID()}`, {
      child: { type: mappedBatchWorkflow, workflowId, args: [batch] },
    });
    const { events } = await worker.client.workflow.getHandle(workflowId).fetchHistory();
    const failures = (events ?? []).flatMap(
      ({ activityTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
    );
    expect(failures).toEqual([expect.stringContaining('activity "shell" is refused')]);
    expect(existsSync('/tmp/pwned')).toBe(false);
  });
});
