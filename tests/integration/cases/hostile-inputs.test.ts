import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { RawValue } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { mappedBatchWorkflow } from '../../../contract/workflows.js';
import { backfillWorkflow, backfillWorkflowId } from '../../../dag/backfill/messages.js';
import { datasetTriggerWorkflow, datasetUpdatedSignal } from '../../../dag/dataset-event.js';
import type { Json } from '../../../dag/json.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { type PoolView, poolMessages, poolWorkflow, poolWorkflowId } from '../../../dag/pool/messages.js';
import { formatSourceError } from '../../../dag/source.js';
import type { Foreign } from '../../support/foreign-workflow.js';
import { HttpServer } from '../../support/http-server.js';
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

const deepText = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** A list in a list in a list … */
const deep = (levels: number): Json => JSON.parse(deepText(levels)) as Json;

/** The same so deep that no stack takes it: as the bytes that a client sends. */
const bottomless = (): RawValue =>
  RawValue.fromPayload({
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(deepText(400_000)),
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

  it.each<[string, unknown, string]>([
    ['nothing', null, 'expected a map of keys and values, got null'],
    ['a number', 5, 'expected a map of keys and values, got 5'],
    [
      'a path as DAG id',
      { dag: { id: '../../etc', folder: '/' }, run: {}, task: {} },
      "dag.id: expected letters, digits, '_', '-' and '.'",
    ],
  ])('is told what is wrong with %s', async (_, given, message) => {
    expect(await run('alive', 'alive/x', { activity: { name: 'shell', input: given } })).toContain(
      `activity "shell" is refused: its input is not what a run gives it: ${message}`,
    );
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

describe('a workflow that is started with garbage', () => {
  /** How it ends; it must end, and by itself. */
  const start = (type: string, workflowId: string, args: unknown[]): Promise<string> =>
    failureOf(
      worker.client.workflow.execute(type, {
        workflowId,
        taskQueue: worker.taskQueue,
        args,
        workflowExecutionTimeout: '60s',
      }),
    );

  it.each<[string, unknown[], string]>([
    ['a number', [5], 'or nothing — input: expected a map of keys and values, got 5'],
    ['a list as params', [{ params: [] }], 'or nothing — params: expected a map of keys and values, got []'],
    ['two inputs', [{}, {}], 'a run takes one input, this one was given more'],
    ['a long text', ['x'.repeat(1_900_000)], "expected a map of keys and values, got 'xxx"],
    ['lists in lists', [{ params: { a: deep(500) } }], 'nested more than 100 levels deep'],
    ['lists in lists without end', [bottomless()], 'nested more than 5000 levels deep'],
    ['bytes', [new Uint8Array([1, 2])], 'input'],
    [
      'an id of a run that is a path',
      [{ replay: { workflowId: 'alive/x', runId: '../../x' } }],
      'replay.runId: ',
    ],
    ['a run of another that is a path', [{ replay: { workflowId: '../../../etc' } }], 'nothing to replay'],
  ])('a run, by %s', async (_, args, message) => {
    await works();
    const failure = await start('alive', `alive/${crypto.randomUUID()}`, args);
    expect(failure).toContain(message);
    expect(failure).not.toContain('\n');
  });

  it.each(['../../etc', '..', 'a/b', 'a\\b', 'x'.repeat(300), 'а-cyrillic', 'nul\0', '.datasets'])(
    'a run of a type that is no id: %j',
    async (type) => {
      const failure = await start(type, `${type.slice(0, 20)}/x`, [{ logicalDate: '2026-01-01T00:00:00Z' }]);
      expect(failure).toContain("the workflow's type is the id of a DAG");
    },
  );

  const batch = { shared: {}, task: {}, starts: [], maxActive: 1 };
  it.each<[string, string, unknown[], string]>([
    [poolWorkflow, poolWorkflowId('garbage'), [JSON.parse(fixture('garbage-pool.json'))], 'slots: missing'],
    [poolWorkflow, poolWorkflowId('garbage'), [], 'missing: expected a map'],
    [
      poolWorkflow,
      poolWorkflowId('garbage'),
      [{ slots: 'many', keep: true, checkInterval: 1 }],
      "got 'many'",
    ],
    [
      poolWorkflow,
      poolWorkflowId('garbage'),
      [{ slots: 1, keep: true, checkInterval: 1, carried: { leases: 5 } }],
      'carried.',
    ],
    [poolWorkflow, 'nowhere', [{ slots: 1, keep: true, checkInterval: 1 }], 'the Workflow ID of a pool is'],
    [datasetTriggerWorkflow, `${datasetTriggerWorkflow}/alive`, [{}], 'takes one input'],
    [datasetTriggerWorkflow, `${datasetTriggerWorkflow}/nightjar/pool`, [], 'the Workflow ID of a trigger'],
    [backfillWorkflow, backfillWorkflowId('alive'), [5], "a backfill's input is one JSON object"],
    [backfillWorkflow, backfillWorkflowId('alive'), [bottomless()], 'nested more than 5000 levels deep'],
    [backfillWorkflow, backfillWorkflowId('alive'), [{}, {}], 'a backfill takes one input'],
    [backfillWorkflow, backfillWorkflowId('../..'), [{}], 'the Workflow ID of a backfill is'],
    [mappedBatchWorkflow, 'batch', [], 'is started by a DAG run'],
    [mappedBatchWorkflow, 'batch', [batch], 'is started by a DAG run'],
  ])('%s as %s, by %j', async (type, workflowId, args, message) => {
    expect(await start(type, `${workflowId}`, args)).toContain(message);
  });
});

describe('a message of garbage', () => {
  const garbage: unknown[][] = [
    [],
    [null],
    [5],
    ['text'],
    [[]],
    [{}],
    [{ slots: -1 }],
    [bottomless()],
    [new Uint8Array([1])],
  ];

  it('is ignored by a pool, or refused', async () => {
    const handle = await worker.client.workflow.start(poolWorkflow, {
      workflowId: poolWorkflowId(`kept-${worker.taskQueue}`),
      taskQueue: worker.taskQueue,
      args: [{ slots: 3, keep: true, checkInterval: 60_000 }],
    });
    for (const args of garbage) {
      for (const signal of [poolMessages.acquire, poolMessages.release, poolMessages.setSlots, 'unknown'])
        await handle.signal(signal, ...args);
    }
    const view = await handle.query<PoolView, unknown[]>(poolMessages.state, { of: 'no use' }, 5);
    expect(view).toMatchObject({ slots: 3, used: 0, queued: 0, holders: [], queue: [] });
    await expect(handle.executeUpdate(poolMessages.delete, { args: [{}] })).rejects.toThrow(
      WorkflowUpdateFailedError,
    );
    await handle.executeUpdate(poolMessages.delete);
    await handle.result();
    await expect
      .poll(() => readFileSync(join(worker.folder, 'worker.log'), 'utf8'))
      .toContain('signal setSlots is ignored: slots: expected at least 1, got -1');
  });

  it('is ignored by a trigger of datasets', async () => {
    const handle = await worker.client.workflow.signalWithStart(datasetTriggerWorkflow, {
      workflowId: `${datasetTriggerWorkflow}/alive`,
      taskQueue: worker.taskQueue,
      signal: datasetUpdatedSignal,
      signalArgs: [{ id: 'x', event: {}, condition: {} }],
    });
    for (const args of garbage) await handle.signal(datasetUpdatedSignal, ...args);
    expect(await handle.query('state')).toEqual([]);
    await handle.terminate();
  });

  it('changes nothing about a run', async () => {
    await worker.dag(`
dagId: listening
onFailure: hold
maxActiveRuns: 1
defaults: { retryDelay: 1s }
tasks:
  - { id: wait, operator: sleep, with: { for: 5s } }
  - id: each
    operator: shell
    expand: { n: [1, 2, 3] }
    maxActiveMapped: 1
    callbacks: { onRetry: { command: ['true'] } }
    with: { command: echo }
  - { id: fails, operator: fail, dependsOn: [wait, each], with: { message: on purpose } }
`);
    const handle = await worker.start('listening');
    for (const args of garbage) {
      for (const signal of ['batchResults', 'attemptFailed', poolMessages.answer, 'unknown'])
        await handle.signal(signal, ...args);
    }
    await expect
      .poll(async () => (await handle.query<{ state: string }>('state'))?.state, { timeout: 60_000 })
      .toBe('held');
    for (const argument of [
      5,
      { tasks: 5 },
      { tasks: [] },
      { params: deep(2_000) },
      bottomless(),
      { nope: 1 },
    ]) {
      for (const update of ['retryTask', 'skipTask', 'markSuccess', 'clearTasks', 'failRun']) {
        const refused = await failureOf(handle.executeUpdate(update, { args: [argument] }));
        expect(refused, `${update} ${JSON.stringify(argument).slice(0, 50)}`).toContain(update);
      }
    }
    expect(await failureOf(handle.executeUpdate('nope'))).toContain('nope');
    await handle.executeUpdate('skipTask');
    expect(await worker.result(handle)).toMatchObject({ state: 'success' });
  });
});

describe('what looks like a reference to a secret', () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await HttpServer.start(({ path }, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(path === '/feed' ? '{"id":{"env":"PLANTED_SECRET"}}' : '"echo"');
    });
    for (const name of ['inj-http.yaml', 'inj-feed.yaml', 'inj-shell.yaml', 'inj-sql.yaml'])
      await worker.dag(fixture(name).replaceAll('http://127.0.0.1:28999', server.url));
  });
  afterAll(() => server.close());

  const run = async (dagId: string, params: { [name: string]: Json }): Promise<string> =>
    JSON.stringify(await worker.run(dagId, { params }, `${dagId}/${crypto.randomUUID()}`));

  it('inj-http.yaml, inj-feed.yaml, inj-shell.yaml: params and answers name no variable', async () => {
    const secret = { env: 'PLANTED_SECRET' };
    const refused = 'came from a template, so it is data and names no variable or file';
    expect(await run('inj-http', { customer: secret })).toContain(refused);
    expect(await run('inj-http', { customer: { ...secret, prefix: 'x' } })).toContain(refused);
    expect(await run('inj-feed', {})).toContain(refused);
    expect(await run('inj-shell', { name: secret })).toContain(refused);
    expect(await run('inj-http', { customer: 'acme' })).toContain('"state":"success"');
    const encoded = [...Buffer.from('acme').toString('base64')].reverse().join('');
    expect(await run('inj-shell', { name: 'acme' })).toContain(`"call":"${encoded}"`);
    const sent = server.received
      .map(({ headers }) => headers['x-customer'] ?? headers['x-id'])
      .filter(Boolean);
    expect(sent).toEqual(['acme']);
  });

  it('inj-sql.yaml: a param in SQL is a text and no more, and dags validate warns of it', async () => {
    const parsed = parseDag(fixture('inj-sql.yaml'), {
      file: 'inj-sql.yaml',
      operators: new Map(builtInOperators.map(({ name, params }) => [name, params])),
    });
    const warnings = parsed.ok ? parsed.warnings.map(formatSourceError) : [];
    expect(warnings).toEqual(
      [
        '6:\\d+: tasks\\[0\\]\\.with\\.rows\\.r: params\\.town becomes a part of the SQL text as a quoted value',
        '7:\\d+: tasks\\[1\\]\\.with\\.rows\\.r: params\\.town becomes a part of the SQL text as a quoted value',
        '8:\\d+: tasks\\[2\\]\\.with\\.rows\\.r: params\\.q becomes a part of the SQL text, so that a value can change',
      ].map((warning) => expect.stringMatching(new RegExp(`^inj-sql\\.yaml:${warning}`))),
    );
    const runWith = (town: string) =>
      worker.run('inj-sql', { params: { town } }, `inj-sql/${crypto.randomUUID()}`);
    const rowsOf = (town: string, bad: Json) => ({
      outputs: {
        bad: { r: bad },
        text: { r: [{ a: town, b: town }] },
        any: { r: [{ a: 1 }] },
        arg: { r: [{ t: town }] },
      },
    });
    expect(await runWith('a')).toMatchObject(rowsOf('a', [{ one: 1 }]));
    for (const town of [
      "X' OR 'a' = 'a",
      "X\\' OR 1 = 1 --",
      '" OR "a" = "a',
      // Spark would put variables of its process in.
      'it\'s "5" % of \\u0041 \\ ${env:PATH} ${spark.app.name} {$ $$\n\té😀 /* -- `',
    ])
      expect(await runWith(town)).toMatchObject(rowsOf(town, []));
  });

  it('of the document itself names a variable', async () => {
    await worker.dag(`
dagId: own-secret
tasks: [{ id: call, operator: http, with: { url: "${server.url}/own", headers: { x-own: { env: PLANTED_SECRET } }, response: none } }]`);
    expect(await run('own-secret', {})).toContain('success');
    expect(server.received.find(({ path }) => path === '/own')?.headers['x-own']).toBe('not-for-strangers');
  });
});
