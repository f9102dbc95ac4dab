import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator, type Operator } from '../../activities/operator.js';
import { loadConfig } from '../../config/loader.js';
import { mappedBatchSize } from '../../dag/expansion.js';
import { type PoolView, poolWorkflowId } from '../../dag/pool/messages.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { createWorker } from '../../worker/worker.js';
import { createWorkerLog } from '../../worker/worker-log.js';
import { Gates } from '../support/gates.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';

const gates = new Gates();
/** The server needs a moment to hear of a worker, and to count. */
const patient = { timeout: 30_000 };

/** Operators of one release: they tell which one they belong to. */
const operatorsOf = (release: string): Operator[] => [
  defineOperator({
    name: 'gate',
    description: "waits until the test opens its DAG's gate, and names its release",
    params: z.strictObject({}),
    run: async ({ dagId, signal }) => {
      await gates.pass(dagId, signal);
      return release;
    },
  }),
  defineOperator({
    name: 'release',
    description: 'names its release',
    params: z.strictObject({}),
    run: async () => release,
  }),
];

/** Pools belong to the namespace. */
const own = randomBytes(3).toString('hex');
const pool = `shared-${own}`;

let nextBundle: string;
beforeAll(async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(repositoryRoot, 'tests/support/next-release.ts'),
    logger: new DefaultLogger('WARN'),
  });
  nextBundle = join(await mkdtemp(join(tmpdir(), 'nightjar-')), 'next-release.js');
  await writeFile(nextBundle, code);
});
afterAll(() => rm(dirname(nextBundle), { recursive: true }));

/** What the releases of a test share: task queue, DAGs, data. Its own worker looks elsewhere for work. */
let home: TestWorker;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  home = await TestWorker.start([], [`temporal.taskQueue=nothing-${own}`]);
  stops = [];
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await home.stop();
});

/** Starts a worker with a release's operators and workflow code. Gives the function that stops it. */
async function startWorker(
  release: string,
  settings: string[] = [],
  bundle?: string,
): Promise<() => Promise<void>> {
  const { temporalAddress, sparkRemote } = testServers;
  const config = loadConfig({
    file: join(home.folder, 'config.yaml'),
    env: { TEMPORAL_ADDRESS: temporalAddress, SPARK_REMOTE: sparkRemote },
    overrides: [
      `dataRoot=${home.dataRoot}`,
      `dags.folders=[${home.folder}/dags]`,
      `temporal.taskQueue=${home.taskQueue}`,
      `pools.${pool}.slots=1`,
      ...settings,
    ],
  });
  const worker = await createWorker({
    config,
    operators: new Map(operatorsOf(release).map((operator) => [operator.name, operator])),
    log: createWorkerLog(config.logging, pino.destination(join(home.folder, `${release}.log`))),
    ...(bundle === undefined ? {} : { bundle }),
  });
  const running = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (stopped === undefined) worker.shutdown();
    stopped ??= running;
    await stopped;
  };
  stops.push(stop);
  return stop;
}

/** One service, of which releases are deployed one after the other. */
class Deployment {
  constructor(
    private readonly name: string,
    private readonly behavior: 'pinned' | 'auto-upgrade',
  ) {}

  /** Starts a worker of a release; new runs come to it when it is made current. */
  start(buildId: string, bundle?: string): Promise<() => Promise<void>> {
    const { name, behavior } = this;
    const setting = `temporal.deployment={ name: ${name}, buildId: ${buildId}, behavior: ${behavior} }`;
    return startWorker(buildId, [setting], bundle);
  }

  /** As `temporal worker deployment set-current-version` does, when the server has heard of the release's worker. */
  async makeCurrent(buildId: string): Promise<void> {
    const service = home.client.workflowService;
    const deployment = { namespace: 'default', deploymentName: this.name };
    await expect
      .poll(
        () => service.setWorkerDeploymentCurrentVersion({ ...deployment, buildId }).then(() => 'set', String),
        patient,
      )
      .toBe('set');
    // Task queues hear of it a little later.
    await expect
      .poll(async () => {
        const { workerDeploymentInfo } = await service.describeWorkerDeployment(deployment);
        return workerDeploymentInfo;
      }, patient)
      .toMatchObject({
        routingConfig: { currentDeploymentVersion: { buildId } },
        routingConfigUpdateState:
          temporal.api.enums.v1.RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_COMPLETED,
      });
  }

  /** How many workflows still need a release's worker. */
  async open(buildId: string): Promise<number> {
    const { count } = await home.client.workflow.count(
      `TemporalWorkerDeploymentVersion = "${this.name}:${buildId}" AND ExecutionStatus = "Running"`,
    );
    return count;
  }
}

/** The release that a workflow is with. */
async function releaseOf(workflow: WorkflowHandle): Promise<string | null | undefined> {
  const { raw } = await workflow.describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

/** A DAG whose run waits at its gate, then goes on. */
async function dag(dagId: string, { keys = '', instances = 1 } = {}): Promise<void> {
  await home.dag(`
dagId: ${dagId}
tasks:
  - { id: waits, operator: gate${keys} }
  - { id: each, operator: release, dependsOn: waits, expand: { n: "\${{ range(${instances}) }}" } }
  - { id: last, operator: release, dependsOn: each }
`);
}

async function startAndWait(dagId: string): Promise<WorkflowHandle> {
  const run = await home.start(dagId, undefined, `${dagId}/${own}`);
  await gates.reached(dagId);
  return run;
}

/** Which release's operators ran a DAG's tasks. */
async function releases(dagId: string): Promise<Record<string, unknown>> {
  const { tasks } = await home.record(dagId, own);
  const by = (task: string): unknown[] =>
    tasks.filter(({ key }) => key.startsWith(task)).map(({ output }) => output);
  return Object.fromEntries(
    ['waits', 'each', 'last'].map((task) => [task, [...new Set(by(task))].join(' and ')]),
  );
}

describe('a rolling deploy of changed workflow code', () => {
  it('leaves pinned runs with the release they started on, while new ones go to the new one', async () => {
    const service = new Deployment(`pinned-${own}`, 'pinned');
    // More instances than a run keeps to itself: they go to a child workflow, which belongs to the run's release.
    await dag('before', { keys: `, pool: ${pool}`, instances: mappedBatchSize + 1 });
    await dag('after', { keys: `, pool: ${pool}` });
    await dag('later');
    const stopA = await service.start('a');
    await service.makeCurrent('a');
    const before = await startAndWait('before');

    await service.start('b', nextBundle);
    await service.makeCurrent('b');
    const after = await home.start('after', undefined, `after/${own}`);
    const sharedPool = home.client.workflow.getHandle(poolWorkflowId(pool));
    // Runs of both releases share the pool, which goes on with the new code.
    await expect
      .poll(() => sharedPool.query<PoolView>('state'), patient)
      .toMatchObject({ used: 1, queued: 1 });
    expect(await releaseOf(before)).toBe('a');
    expect(await releaseOf(after)).toBe('b');
    expect(await releaseOf(sharedPool)).toBe('b');

    gates.open('before');
    const result = await home.result(before);
    expect(result).toMatchObject({ state: 'success' });
    expect(result).not.toHaveProperty('release');
    expect(await releases('before')).toEqual({ waits: 'a', each: 'a', last: 'a' });
    gates.open('after');
    expect(await home.result(after)).toMatchObject({ state: 'success', release: 'next' });
    expect(await releases('after')).toEqual({ waits: 'b', each: 'b', last: 'b' });

    await expect.poll(() => service.open('a'), patient).toBe(0);
    await stopA();
    gates.open('later');
    const later = await startAndWait('later');
    expect(await home.result(later)).toMatchObject({ state: 'success', release: 'next' });

    // The two releases really can't go on with each other's runs.
    const histories = [before, after].map(async (run) => ({
      workflowId: run.workflowId,
      history: await run.fetchHistory(),
    }));
    const errors: (string | undefined)[] = [];
    for await (const { error } of Worker.runReplayHistories(
      { workflowBundle: { codePath: nextBundle } },
      await Promise.all(histories),
    )) {
      errors.push(error?.name);
    }
    expect(errors).toEqual(['DeterminismViolationError', undefined]);
  });
});

describe('a rolling deploy of compatible workflow code', () => {
  it('takes runs in flight along when they are not pinned', async () => {
    const service = new Deployment(`upgrading-${own}`, 'auto-upgrade');
    await dag('upgrades');
    const stopA = await service.start('a');
    await service.makeCurrent('a');
    const run = await startAndWait('upgrades');
    await service.start('b');
    await service.makeCurrent('b');
    gates.open('upgrades');
    expect(await home.result(run)).toMatchObject({ state: 'success' });
    expect(await releases('upgrades')).toEqual({ waits: 'a', each: 'b', last: 'b' });
    await stopA();
  });

  it('takes along runs that were started before workers had versions', async () => {
    const service = new Deployment(`first-${own}`, 'pinned');
    await dag('unversioned', { keys: ', retries: 1, retryDelay: 1s' });
    const stopUnversioned = await startWorker('none');
    const run = await startAndWait('unversioned');
    await service.start('a');
    await service.makeCurrent('a');
    await stopUnversioned();
    gates.open('unversioned');
    expect(await home.result(run)).toMatchObject({ state: 'success' });
    expect(await releases('unversioned')).toEqual({ waits: 'a', each: 'a', last: 'a' });
  });
});
