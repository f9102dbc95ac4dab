import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { applyStep } from '../../cli/schedules/apply.js';
import { planDeploy, type Step } from '../../cli/schedules/plan.js';
import { scheduleId } from '../../cli/schedules/settings.js';
import { parseDag } from '../../dag/parse-dag.js';
import { startEmbedded } from '../../embedded/servers.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';
import { WorkerProcess } from '../support/worker-process.js';

type Noted = { logicalDate: string; start: string; end: string };
const noted: Noted[] = [];

const note = defineOperator({
  name: 'note',
  description: 'notes the run that it is in',
  params: z.strictObject({ logicalDate: z.string(), start: z.string(), end: z.string() }),
  async run(_context, run) {
    noted.push(run);
    return null;
  },
});

const noting = `tasks:
  - id: note
    operator: note
    with:
      logicalDate: \${{ run.logicalDate }}
      start: \${{ run.dataIntervalStart }}
      end: \${{ run.dataIntervalEnd }}
`;

let worker: TestWorker;
let dagId: string;
beforeAll(async () => {
  worker = await TestWorker.start([note]);
});
beforeEach(() => {
  noted.length = 0;
  dagId = `hourly-${randomBytes(3).toString('hex')}`;
});
afterAll(() => worker?.stop());

/** Deploys a DAG as `nightjar deploy` does. */
async function deploy(text: string, { client, taskQueue }: Pick<TestWorker, 'client' | 'taskQueue'>) {
  const parsed = parseDag(text, { file: 'test.yaml' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const file = { ok: true as const, file: 'test.yaml', folder: '/', hash: '', warnings: [], dag: parsed.dag };
  const place = { file: 'test.yaml', line: 1, column: 1 };
  const files = [{ ...file, place }];
  const steps = await planDeploy({ client, files, folders: [], taskQueue, prune: false, now: new Date() });
  const own = steps.find((step) => step.dagId === dagId) as Step;
  await applyStep(client, own);
  onTestFinished(async () => {
    await client.schedule
      .getHandle(scheduleId(dagId))
      .delete()
      .catch(() => undefined);
  });
  return own;
}

/** Workflow IDs of the DAG's executions in the state, sorted: one that ran twice is there twice. */
async function executions(client: Client, status: 'Completed' | 'Running'): Promise<string[]> {
  const ids: string[] = [];
  const query = `WorkflowType = "${dagId}" AND ExecutionStatus = "${status}"`;
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids.sort();
}

const hour = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();
/** As schedules write times in Workflow IDs. */
const runAt = (time: number): string => `${dagId}-${iso(time).replace('.000', '')}`;

it('runs once a day in a backfilled month in which clocks change', async () => {
  const text = `dagId: ${dagId}
schedule: '0 2 * * *'
timezone: Europe/Zurich
startDate: 2026-01-01
dataInterval: previous
${noting}`;
  await worker.dag(text);
  await deploy(text, worker);
  const schedule = worker.client.schedule.getHandle(scheduleId(dagId));
  await schedule.pause();
  await schedule.backfill({
    start: new Date('2026-02-28T23:00:00Z'),
    end: new Date('2026-03-31T21:59:59Z'),
    overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  });
  await vi.waitUntil(async () => (await executions(worker.client, 'Completed')).length >= 31, {
    timeout: 120_000,
    interval: 500,
  });
  // Winter time until the 28th; on the 29th, which has no 02:00, at 03:00; then summer time.
  const due = Array.from({ length: 31 }, (_, day) => iso(Date.UTC(2026, 2, day + 1, day + 1 < 30 ? 1 : 0)));
  const starts = ['2026-02-28T01:00:00.000Z', ...due];
  expect(noted.sort((a, b) => (a.logicalDate < b.logicalDate ? -1 : 1))).toEqual(
    due.map((logicalDate, day) => ({ logicalDate, start: starts[day], end: logicalDate })),
  );
  expect(await executions(worker.client, 'Completed')).toEqual(due.map((time) => runAt(Date.parse(time))));
});

it('catches up from the start date on, and starts no run twice', async () => {
  const since = Math.floor((Date.now() - 2.5 * hour) / 1000) * 1000;
  const dag = (start: number): string => `dagId: ${dagId}
schedule: { every: 1h }
startDate: ${iso(start)}
catchup: true
${noting}`;
  await worker.dag(dag(since));
  expect(await deploy(dag(since), worker)).toMatchObject({ action: 'create', catchUp: { runs: 3 } });
  const all = (count: number) =>
    expect
      .poll(() => executions(worker.client, 'Completed'), { timeout: 60_000, interval: 500 })
      .toHaveLength(count);
  await all(3);
  expect(await deploy(dag(since), worker)).toMatchObject({ action: 'unchanged' });

  const earlier = since - 2 * hour;
  expect(await deploy(dag(earlier), worker)).toMatchObject({ action: 'update', catchUp: { runs: 2 } });
  await all(5);

  // As if the deploy had died before it noted how far it went.
  await worker.client.schedule.getHandle(scheduleId(dagId)).update(({ action, ...schedule }) => {
    const { memo: _forgotten, ...without } = action;
    return { ...schedule, action: without };
  });
  const again = await deploy(dag(earlier), worker);
  expect(again).toMatchObject({ action: 'update', catchUp: { runs: 5 } });
  // A run that comes after all that is waiting.
  const { client } = worker;
  await client.schedule.getHandle(scheduleId(dagId)).trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  await all(6);
  const times = [0, 1, 2, 3, 4].map((count) => runAt(earlier + count * hour));
  expect((await executions(client, 'Completed')).slice(0, 5)).toEqual(times);
});

it('runs what was due while the worker was down', async () => {
  const { temporalAddress, sparkRemote } = testServers;
  const folder = join(worker.folder, 'down');
  const taskQueue = `${worker.taskQueue}-down`;
  const text = `dagId: ${dagId}\nschedule: { every: 2s }\noverlap: allow-all\ntasks: [{ id: nothing, operator: noop }]\n`;
  await mkdir(join(folder, 'dags'), { recursive: true });
  await writeFile(join(folder, 'dags', 'dag.yaml'), text);
  const process = new WorkerProcess({
    temporalAddress,
    sparkRemote,
    folder,
    env: { NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`, NIGHTJAR__TEMPORAL__TASK_QUEUE: taskQueue },
  });
  onTestFinished(() => process.kill());
  const { client } = worker;
  const count = async (status: 'Completed' | 'Running') => (await executions(client, status)).length;
  const patience = { timeout: 120_000, interval: 500 };
  await deploy(text, { client, taskQueue });
  await vi.waitUntil(async () => (await count('Completed')) >= 1, patience);
  await process.kill();
  await vi.waitUntil(async () => (await count('Running')) >= 3, patience);
  await process.replace();
  await client.schedule.getHandle(scheduleId(dagId)).pause();
  await vi.waitUntil(async () => (await count('Running')) === 0, patience);
  const done = await executions(client, 'Completed');
  const first = Date.parse(done[0]?.slice(dagId.length + 1) ?? '');
  expect(done).toEqual(done.map((_, index) => runAt(first + index * 2000)));
});

it('starts what was due while the server was down', async () => {
  const address = process.env.TEMPORAL_ADDRESS;
  delete process.env.TEMPORAL_ADDRESS;
  const servers = await startEmbedded({
    spark: false,
    instance: 'ephemeral',
    log: pino({ enabled: false }),
  }).finally(() => {
    process.env.TEMPORAL_ADDRESS = address;
  });
  onTestFinished(() => servers.stop());
  const connection = await Connection.connect({ address: servers.temporal?.address ?? '' });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const text = `dagId: ${dagId}\nschedule: { every: 1s }\noverlap: allow-all\ntasks: [{ id: nothing, operator: noop }]\n`;
  await deploy(text, { client, taskQueue: 'nobody' });
  const started = async () => (await executions(client, 'Running').catch(() => [])).length;
  const patience = { timeout: 120_000, interval: 200 };
  await vi.waitUntil(async () => (await started()) >= 2, patience);
  const pid = servers.temporal?.pid() as number;
  process.kill(pid, 'SIGKILL');
  const before = await started();
  await vi.waitUntil(async () => (await started()) >= before + 10, patience);
  await client.schedule.getHandle(scheduleId(dagId)).pause();
  const all = await executions(client, 'Running');
  const first = Date.parse(all[0]?.slice(dagId.length + 1) ?? '');
  expect(all).toEqual(all.map((_, index) => runAt(first + index * 1000)));
});
