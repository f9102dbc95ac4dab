import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { followSchedules } from '../../cli/schedules/follow.js';
import { scheduleId } from '../../cli/schedules/settings.js';
import { loadConfig } from '../../config/loader.js';
import { dagSources } from '../../worker/dag-sources.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { TestWorker } from '../support/test-worker.js';

/** Schedules belong to the whole namespace: each test has DAGs of its own. */
let dagId: string;
let worker: TestWorker;
let command: ReturnType<typeof nightjarOf>;

beforeAll(async () => {
  worker = await TestWorker.start([]);
  command = nightjarOf(worker);
});
beforeEach(() => {
  dagId = `nightly-${randomBytes(3).toString('hex')}`;
});
afterEach(async () => {
  for await (const { scheduleId } of worker.client.schedule.list())
    if (scheduleId.includes('nightly-'))
      await handleOf(scheduleId)
        .delete()
        .catch(() => undefined);
  await rm(fileOf(dagId), { force: true });
});
afterAll(() => worker?.stop());

const handleOf = (id: string) => worker.client.schedule.getHandle(id);
const fileOf = (id: string): string => join(worker.folder, 'dags', `${id}.yaml`);
const describeOwn = () => handleOf(scheduleId(dagId)).describe();

const write = (keys: string): Promise<void> =>
  worker.dag(`dagId: ${dagId}\n${keys}\ntasks: [{ id: wait, operator: noop }]\n`);

type Deployed = { schedules: { dagId: string; action: string; reason?: string; catchUpRuns?: number }[] };

/** What `deploy --json` says of this test's DAG. */
async function deploy(...options: string[]) {
  const { stdout } = await command('deploy', '--json', ...options);
  const { schedules } = JSON.parse(stdout) as Deployed;
  return schedules.find((step) => step.dagId === dagId);
}

/** The server's list of schedules follows a moment later. */
const listed = () =>
  vi.waitUntil(
    async () => {
      for await (const summary of worker.client.schedule.list())
        if (summary.scheduleId === scheduleId(dagId) && summary.memo !== undefined) return true;
      return false;
    },
    { timeout: 60_000 },
  );

it('creates, updates and leaves schedules, and says what it does field by field', async () => {
  await write("schedule: '0 2 * * *'\ntimezone: Europe/Zurich");
  const dry = await command('deploy', '--dry-run');
  expect(dry.stdout).toContain(`create    ${dagId}`);
  expect(dry.stdout).toContain('1 created (dry run: nothing was changed)');
  await expect(describeOwn()).rejects.toThrow();

  expect(await deploy()).toMatchObject({ action: 'create' });
  const { spec, policies, action, memo } = await describeOwn();
  expect(spec.timezone).toBe('Europe/Zurich');
  expect(policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 86_400_000, pauseOnFailure: false });
  expect(action).toMatchObject({ workflowType: dagId, workflowId: dagId, taskQueue: worker.taskQueue });
  expect(memo).toEqual({ owner: 'nightjar' });
  expect(await deploy()).toMatchObject({ action: 'unchanged', differences: [] });

  await write(`schedule: '30 2 * * *'
timezone: Europe/Zurich
jitter: 5m
endDate: 2099-01-01
catchupWindow: 2h
overlap: cancel-other
pauseOnFailure: true`);
  const changes = `update    ${dagId}
    schedule: 0 2 * * * → 30 2 * * *
    endDate: none → 2099-01-01T00:00:00.000Z
    jitter: 0s → 5m
    overlap: buffer-one → cancel-other
    catchupWindow: 1d → 2h
    pauseOnFailure: false → true`;
  expect((await command('deploy', '--dry-run')).stdout).toContain(changes);
  expect((await describeOwn()).policies.overlap).toBe('BUFFER_ONE');
  expect((await command('deploy')).stdout).toContain(changes);
  expect((await describeOwn()).policies).toEqual({
    overlap: 'CANCEL_OTHER',
    catchupWindow: 7_200_000,
    pauseOnFailure: true,
  });
  expect(await deploy()).toMatchObject({ action: 'unchanged' });

  await write('schedule: null');
  expect(await deploy()).toMatchObject({ action: 'delete' });
  await expect(describeOwn()).rejects.toThrow();
});

it.each([
  ['', 'BUFFER_ONE'],
  ['maxActiveRuns: 3', 'ALLOW_ALL'],
  ['{ startDate: 2090-01-01, catchup: true }', 'BUFFER_ALL'],
  ['overlap: skip', 'SKIP'],
  ['overlap: buffer-all', 'BUFFER_ALL'],
  ['overlap: terminate-other', 'TERMINATE_OTHER'],
])('lets runs overlap as the DAG says: %s', async (keys, policy) => {
  await write(`schedule: '@daily'\n${keys.replace(/[{}]/g, '').trim().replaceAll(', ', '\n')}`);
  await deploy();
  expect((await describeOwn()).policies.overlap).toBe(policy);
});

describe('pauses', () => {
  it('keeps what users paused, and why', async () => {
    await write("schedule: '@daily'");
    await deploy();
    expect(await command('dags', 'pause', dagId, '--note', 'the source moves')).toMatchObject({ code: 0 });
    await write("schedule: '@hourly'");
    expect(await deploy()).toMatchObject({ action: 'update' });
    expect((await describeOwn()).state).toMatchObject({ paused: true, note: 'the source moves' });
    const again = await command('dags', 'pause', dagId);
    expect(again.stderr).toContain(`the schedule of "${dagId}" is paused already: the source moves`);
    expect(await command.json('dags', 'unpause', dagId)).toMatchObject({ dagId, paused: false });
    expect((await describeOwn()).state.paused).toBe(false);
  });

  it('creates paused schedules where the DAG says so', async () => {
    await write("schedule: '@daily'\nisPausedUponCreation: true");
    await deploy();
    expect((await describeOwn()).state.paused).toBe(true);
    await command('dags', 'unpause', dagId);
    await deploy();
    expect((await describeOwn()).state.paused).toBe(false);
  });

  it('says what to do where there is no schedule', async () => {
    await write("schedule: '@daily'");
    const paused = await command('dags', 'pause', dagId);
    expect(paused.code).toBe(2);
    expect(paused.stderr).toContain('it is not deployed: run `nightjar deploy`');
    const unknown = await command('dags', 'pause', `${dagId}x`);
    expect(unknown.stderr).toContain(`did you mean '${dagId}'?`);
  });
});

describe('DAGs that are gone', () => {
  it('pauses their schedules, lets them go on when they are back, and deletes them when told to', async () => {
    await write("schedule: '@daily'");
    await deploy();
    await listed();
    await rename(fileOf(dagId), `${fileOf(dagId)}.away`);
    expect(await deploy()).toMatchObject({ action: 'pause' });
    expect((await describeOwn()).state).toMatchObject({ paused: true });
    expect(await deploy()).toMatchObject({ action: 'unchanged' });

    await rename(`${fileOf(dagId)}.away`, fileOf(dagId));
    expect(await deploy()).toMatchObject({ action: 'update', resume: true });
    expect((await describeOwn()).state.paused).toBe(false);

    await rm(fileOf(dagId));
    expect(await deploy('--prune')).toMatchObject({ action: 'delete' });
    await expect(describeOwn()).rejects.toThrow();
  });

  it("keeps a schedule whose DAG's file is broken, and deploys the others", async () => {
    const other = `${dagId}-other`;
    await write("schedule: '@daily'");
    await deploy();
    await listed();
    await writeFile(fileOf(dagId), `dagId: ${dagId}\nschedule: '@dayly'\ntasks: []\n`);
    await worker.dag(`dagId: ${other}\nschedule: '@daily'\ntasks: [{ id: wait, operator: noop }]\n`);
    const { code, stdout, stderr } = await command('deploy', '--prune');
    expect(code).toBe(2);
    expect(stdout).toContain(`keep      ${dagId}: its DAG's file is broken`);
    expect(stdout).toContain(`create    ${other}`);
    expect(stderr).toContain("unknown preset: '@dayly'");
    expect((await describeOwn()).state.paused).toBe(false);
    await rm(fileOf(other));
  });

  it('keeps schedules when it is not sure which DAGs there are', async () => {
    await write("schedule: '@daily'");
    await deploy();
    await listed();
    await rm(fileOf(dagId));
    const module = join(worker.folder, 'dags', 'broken.dag.ts');
    await writeFile(module, "import { dag } from 'nightjar';\nexport default dag({ dagId: ");
    expect((await command('deploy', '--prune')).stdout).toContain(`keep      ${dagId}: ${module} is broken`);
    await rm(module);
    const missing = await nightjarOf({
      folder: `${worker.folder}/nowhere`,
      taskQueue: worker.taskQueue,
      dataRoot: worker.dataRoot,
    })('deploy', '--prune');
    expect(missing.stdout).toContain(`keep      ${dagId}: there is no folder ${worker.folder}/nowhere/dags`);
    expect(missing.code).toBe(2);
    expect((await describeOwn()).state.paused).toBe(false);
  });
});

describe('schedules of others', () => {
  const foreign = (taskQueue: string, memo: Record<string, unknown>) =>
    worker.client.schedule.create({
      scheduleId: scheduleId(dagId),
      spec: { intervals: [{ every: '1d' }] },
      action: { type: 'startWorkflow', workflowType: dagId, taskQueue },
      memo,
    });

  it('never touches those of another installation', async () => {
    await foreign('their-queue', { owner: 'nightjar' });
    await listed();
    expect(await deploy('--prune')).toBeUndefined();
    await write("schedule: '@daily'");
    const { code, stdout } = await command('deploy');
    expect(code).toBe(2);
    expect(stdout).toContain(
      `refuse    ${dagId}: it belongs to the installation with task queue "their-queue", not "${worker.taskQueue}"`,
    );
    expect((await describeOwn()).action.taskQueue).toBe('their-queue');
    expect((await command('dags', 'pause', dagId)).code).toBe(2);
  });

  it("never touches those that aren't Nightjar's", async () => {
    await foreign(worker.taskQueue, {});
    await write("schedule: '@daily'");
    expect(await deploy()).toMatchObject({ action: 'refuse' });
    await write('schedule: null');
    expect(await deploy('--prune')).toBeUndefined();
    expect((await describeOwn()).spec.intervals).toMatchObject([{ every: 86_400_000 }]);
  });
});

describe('nightjar dags next-run', () => {
  it('tells logical dates and data intervals', async () => {
    await write(
      "schedule: '0 2 * * *'\ntimezone: Europe/Zurich\nstartDate: 2099-03-28\ndataInterval: previous",
    );
    expect(await command.json('dags', 'next-run', dagId, '-n', '2')).toEqual([
      {
        logicalDate: '2099-03-28T01:00:00.000Z',
        dataIntervalStart: '2099-03-27T01:00:00.000Z',
        dataIntervalEnd: '2099-03-28T01:00:00.000Z',
      },
      {
        logicalDate: '2099-03-29T01:00:00.000Z',
        dataIntervalStart: '2099-03-28T01:00:00.000Z',
        dataIntervalEnd: '2099-03-29T01:00:00.000Z',
      },
    ]);
    const text = await command('dags', 'next-run', dagId);
    expect(text.stdout).toContain('2099-03-28T01:00:00.000Z');
    expect(text.stdout).toContain('Europe/Zurich');
  });
});

describe('nightjar dev', () => {
  it('follows the DAG files', async () => {
    const told: string[] = [];
    const config = loadConfig({
      file: join(worker.folder, 'config.yaml'),
      env: {},
      overrides: [`dags.folders=[${worker.folder}/dags]`, `temporal.taskQueue=${worker.taskQueue}`],
    });
    await write("schedule: '@daily'");
    const sources = dagSources(config, new Map());
    const following = await followSchedules(worker.client, config, sources, (line) => told.push(line));
    try {
      expect(told.join('\n')).toContain(`create    ${dagId}`);
      await write("schedule: '@hourly'");
      await vi.waitUntil(() => told.some((line) => line.includes(`update    ${dagId}`)), { timeout: 60_000 });
      expect((await describeOwn()).spec.calendars?.[0]?.comment).toBe('0 * * * *');
      await write("schedule: '@hurly'");
      await vi.waitUntil(() => told.some((line) => line.includes('unknown preset')), { timeout: 60_000 });
      expect((await describeOwn()).state.paused).toBe(false);
    } finally {
      await following.stop();
    }
  });
});
