import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { defineSensor } from '../../activities/sensor.js';
import { loadConfig } from '../../config/loader.js';
import { createWorker } from '../../worker/worker.js';
import { createWorkerLog } from '../../worker/worker-log.js';
import { Gates } from '../support/gates.js';
import { sparkJobs } from '../support/spark-record.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';

const gates = new Gates();
const ran: string[] = [];

const operators = [
  defineOperator({
    name: 'query',
    description: 'a Spark query that takes its time',
    params: z.strictObject({}),
    run: async (context) => {
      const { log, attempt } = context;
      ran.push(`query ${attempt}`);
      const before = await context.step('before', async () => {
        ran.push('before');
        return 'kept';
      });
      const rows = await context.step('slow', async () => {
        const spark = await context.spark();
        const text =
          "SELECT java_method('java.lang.Thread', 'sleep', id * 0 + 12000L) FROM range(0, 1, 1, 1)";
        const slow = (await spark.sql(text)).collect();
        log.info('asked');
        return (await slow).length;
      });
      return { before, rows };
    },
  }),
  defineOperator({
    name: 'waits',
    description: 'waits at a gate',
    params: z.strictObject({ failFirst: z.boolean().default(false) }),
    run: async ({ signal, attempt, taskId }, { failFirst }) => {
      ran.push(`${taskId} ${attempt}`);
      if (failFirst && attempt === 1) throw new Error('the first attempt fails');
      await gates.pass(taskId, signal);
      return attempt;
    },
  }),
  defineSensor({
    name: 'looks',
    description: 'looks while the gate is shut',
    params: z.strictObject({}),
    poke: async ({ signal, taskId, attempt }) => {
      ran.push(`${taskId} ${attempt}`);
      if (attempt === 1) return { done: false, message: 'first look' };
      await gates.pass(taskId, signal);
      return { done: true };
    },
  }),
];

let home: TestWorker;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  home = await TestWorker.start([], ['temporal.taskQueue=nobody-looks-here']);
  stops = [];
  ran.length = 0;
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await home.stop();
});

/** A worker for the home's task queue. Gives the function that shuts it down, as SIGTERM does, and waits for its end. */
async function startWorker(name: string): Promise<() => Promise<void>> {
  const { temporalAddress, sparkRemote } = testServers;
  const config = loadConfig({
    file: join(home.folder, 'config.yaml'),
    env: { TEMPORAL_ADDRESS: temporalAddress, SPARK_REMOTE: sparkRemote },
    overrides: [
      `dataRoot=${home.dataRoot}`,
      `dags.folders=[${home.folder}/dags]`,
      `temporal.taskQueue=${home.taskQueue}`,
      'worker.shutdownGraceTime=1s',
      'logging.level=debug',
    ],
  });
  const worker = await createWorker({
    config,
    operators: new Map(operators.map((operator) => [operator.name, operator])),
    log: createWorkerLog(
      config.logging,
      pino.destination({ dest: join(home.folder, `${name}.log`), sync: true }),
    ),
  });
  const running = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    if (stopped === undefined) worker.shutdown();
    stopped ??= running;
    return stopped;
  };
  stops.push(stop);
  return stop;
}

const logOf = (name: string): Promise<string> => readFile(join(home.folder, `${name}.log`), 'utf8');

describe('a worker that shuts down', () => {
  it("leaves Spark's work running; another worker takes it over, and no retry is used up", async () => {
    await home.dag('dagId: moves\ntasks: [{ id: query, operator: query, retries: 0 }]');
    const stop = await startWorker('first');
    const run = await home.start('moves');
    const { sparkUi } = testServers;
    const operationsIn = (text: string): string[] => [
      ...new Set([...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id ?? '')),
    ];
    const runs = async (): Promise<string[]> => {
      const own = operationsIn(await logOf('first'));
      return (await sparkJobs(sparkUi, 'running'))
        .map(({ operationId }) => operationId)
        .filter((id) => own.includes(id));
    };
    await expect.poll(runs, { timeout: 60_000 }).toHaveLength(1);
    const [operation] = await runs();
    await stop();
    // The first worker is gone while Spark goes on: the run waits for another one, it has not failed.
    expect((await run.describe()).status.name).toBe('RUNNING');
    expect(await logOf('first')).toContain('query is handed over to another worker');

    await startWorker('second');
    expect(await home.result(run)).toMatchObject({
      state: 'success',
      outputs: { query: { before: 'kept', rows: 1 } },
    });
    expect(ran).toEqual(['query 1', 'before', 'query 2']);
    expect(operationsIn(await logOf('second'))).toContain(operation);
    const jobs = (await sparkJobs(sparkUi)).filter(({ operationId }) => operation === operationId);
    expect(jobs.map(({ status }) => status)).toEqual(['SUCCEEDED']);
    const { tasks } = await home.record('moves');
    expect(tasks).toMatchObject([{ key: 'query', state: 'success', stats: { tries: 2 } }]);
  });

  it('hands over other tasks when their time is over, with the retries that they have left, and sensors', async () => {
    await home.dag(`dagId: others
tasks:
  - { id: last-try, operator: waits, retries: 1, retryDelay: 1ms, with: { failFirst: true } }
  - { id: only-try, operator: waits, retries: 0 }
  - { id: looks, operator: looks, retries: 0, with: { pokeInterval: 1ms } }`);
    const stop = await startWorker('first');
    const run = await home.start('others');
    await Promise.all(['last-try', 'only-try', 'looks'].map((gate) => gates.reached(gate)));
    await stop();
    expect((await run.describe()).status.name).toBe('RUNNING');
    for (const gate of ['last-try', 'only-try', 'looks']) gates.open(gate);
    await startWorker('second');
    expect(await home.result(run)).toMatchObject({
      state: 'success',
      outputs: { 'last-try': 3, 'only-try': 2 },
    });
    expect(ran.toSorted()).toEqual([
      'last-try 1',
      'last-try 2',
      'last-try 3',
      'looks 1',
      'looks 2',
      'looks 3',
      'only-try 1',
      'only-try 2',
    ]);
  });
});
