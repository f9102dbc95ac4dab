import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runFolder } from '../../activities/context/layout.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { fingerprints } from '../support/fingerprints.js';
import { nightjar } from '../support/nightjar-command.js';
import { sparkJobs } from '../support/spark-record.js';
import { testServers } from '../support/test-servers.js';
import { WorkerProcess } from '../support/worker-process.js';

const { temporalAddress, sparkRemote, sparkUi } = testServers;
const dagId = 'task-log-analytics';
const settings = {
  'generate.records': 10_000,
  'generate.shards': 2,
  'generate.projects': 40,
  'generate.users': 80,
  'models.clustering.k': { min: 3, max: 3 },
  'models.durations.algorithm': 'linear',
};
/** No model is that good: train fails. */
const impossible = { ...settings, 'thresholds.durations.minR2': 0.9999 };
const possible = { 'thresholds.durations.minR2': -1 };

let folder: string;
let worker: WorkerProcess;
let client: Client;
let never: RunRecord;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-replay-'));
  worker = new WorkerProcess({
    temporalAddress,
    sparkRemote,
    folder,
    env: { NIGHTJAR__TEMPORAL__TASKQUEUE: `replay-${folder.slice(-6)}`, NIGHTJAR__LOGGING__LEVEL: 'debug' },
  });
  client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
  await (await start('never-failed', { ...settings, ...possible })).result();
  never = await recordOf('never-failed');
}, 600_000);
afterAll(async () => {
  await worker?.kill();
  await client?.connection.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const start = (run: string, given: typeof settings) =>
  client.workflow.start(dagId, {
    workflowId: workflowIdOf(run),
    taskQueue: `replay-${folder.slice(-6)}`,
    args: [{ settings: given }],
  });

/** Runs of other tests have ids of their own. */
const workflowIdOf = (run: string): string => `${dagId}/${run}-${folder.slice(-6)}`;
const folderOf = (run: string): string =>
  runFolder(join(folder, 'data'), dagId, workflowIdOf(run).slice(dagId.length + 1));

async function recordOf(run: string): Promise<RunRecord> {
  return JSON.parse(await readFile(join(folderOf(run), 'run.json'), 'utf8'));
}

/** The run's log; none before it has one. */
async function linesOf(run: string): Promise<Record<string, string>[]> {
  const log = await readFile(join(folderOf(run), 'run.log'), 'utf8').catch(() => '');
  // The last one may be half written.
  const whole = log.slice(0, log.lastIndexOf('\n') + 1).trim();
  return whole === '' ? [] : whole.split('\n').map((line) => JSON.parse(line));
}

/** Tasks that started, as the run's log has it, in order. */
const started = async (run: string): Promise<string[]> =>
  (await linesOf(run)).flatMap(({ msg = '', task }) => (task && / started$/.test(msg) ? [task] : []));

/** The tasks of a run that Spark itself ran jobs for, beyond those that it had run before: each has a session of its own. */
async function sparkTasks(run: string, before: ReadonlySet<number>): Promise<Set<string>> {
  const taskOf = new Map(
    (await linesOf(run)).flatMap(({ sessionId, task }) => (sessionId && task ? [[sessionId, task]] : [])),
  );
  const jobs = (await sparkJobs(sparkUi)).filter(({ jobId }) => !before.has(jobId));
  return new Set(jobs.flatMap(({ sessionId }) => taskOf.get(sessionId) ?? []));
}

const jobIds = async (): Promise<Set<number>> =>
  new Set((await sparkJobs(sparkUi)).map(({ jobId }) => jobId));

async function replay(run: string): Promise<void> {
  const options = [
    ...['--set', `dataRoot=${folder}/data`, '--set', `temporal.taskQueue=replay-${folder.slice(-6)}`],
    ...['--set', 'thresholds.durations.minR2=-1'],
  ];
  const { code, stderr } = await nightjar(
    ['tasks', 'clear', workflowIdOf(run), '--only-failed', '--yes', ...options],
    { TEMPORAL_ADDRESS: temporalAddress, SPARK_REMOTE: sparkRemote },
  );
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('runs again:   train, report'),
  });
  await client.workflow.getHandle(workflowIdOf(run)).result();
}

it.each(['with its history', 'after its history was deleted'])(
  'a run whose train failed is replayed %s: nothing before it runs again, and the data equal those of a run that never failed',
  async (how) => {
    const run = how.replaceAll(' ', '-');
    const handle = await start(run, impossible);
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const failed = await recordOf(run);
    expect(failed.tasks.find(({ key }) => key === 'train')?.state).toBe('failed');
    if (how.startsWith('after')) {
      const { runId } = await handle.describe();
      await client.workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: handle.workflowId, runId },
      });
      await expect
        .poll(
          () =>
            handle.describe().then(
              () => 'there',
              () => 'gone',
            ),
          { timeout: 60_000 },
        )
        .toBe('gone');
    }
    const before = await jobIds();
    const startedBefore = await started(run);

    await replay(run);

    const record = await recordOf(run);
    expect(record).toMatchObject({ state: 'success', replayOfRunId: failed.temporalRunId });
    // By activities …
    expect((await started(run)).slice(startedBefore.length)).toEqual(['train', 'report']);
    const { events } = await client.workflow.getHandle(workflowIdOf(run)).fetchHistory();
    expect(
      (events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityId ?? [],
      ),
    ).toEqual(['train', 'report']);
    // … and by Spark's own record.
    expect(await sparkTasks(run, before)).toEqual(new Set(['train', 'report']));
    expect(await fingerprints(record, join(folder, 'data'))).toEqual(
      await fingerprints(never, join(folder, 'data')),
    );
    const metrics = ({ tasks }: RunRecord) => tasks.find(({ key }) => key === 'train')?.stats?.metrics;
    expect(metrics(record)).toEqual(metrics(never));
  },
  400_000,
);

/** Waits until Spark works for a task of a run; gives its session. */
async function sessionAtWork(run: string, task: string): Promise<string> {
  for (; ; await sleep(50)) {
    const { status } = await client.workflow.getHandle(workflowIdOf(run)).describe();
    if (status.name !== 'RUNNING') throw new Error(`the run has ended: ${status.name}`);
    const sessions = (await linesOf(run)).filter((line) => line.task === task).map((line) => line.sessionId);
    const job = (await sparkJobs(sparkUi, 'running')).find(({ sessionId }) => sessions.includes(sessionId));
    if (job !== undefined) return job.sessionId;
  }
}

/** What the Temporal UI's Reset does, to the first workflow task. */
async function reset(workflowId: string): Promise<void> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const first = (events ?? []).find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: first?.eventId ?? null,
    reason: 'test',
    requestId: crypto.randomUUID(),
  });
}

it.each(['reset', 'terminated and started like it was'] as const)(
  'a run that is %s in the middle of Spark work leaves nothing running, and gives the right data',
  async (how) => {
    const run = how.replaceAll(' ', '-');
    const given = { ...settings, ...possible };
    const handle = await start(run, given);
    const session = await sessionAtWork(run, 'transform');
    if (how === 'reset') await reset(handle.workflowId);
    else {
      await handle.terminate();
      await start(run, given);
    }
    await client.workflow.getHandle(handle.workflowId).result();
    const record = await recordOf(run);
    expect(record.state).toBe('success');
    expect(await fingerprints(record, join(folder, 'data'))).toEqual(
      await fingerprints(never, join(folder, 'data')),
    );
    await expect
      .poll(
        async () => (await sparkJobs(sparkUi, 'running')).filter(({ sessionId }) => sessionId === session),
        {
          timeout: 60_000,
        },
      )
      .toEqual([]);
  },
  400_000,
);
