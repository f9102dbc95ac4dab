import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { BackfillInput } from '../../activities/backfill/plan.js';
import { runFolder } from '../../activities/context/layout.js';
import {
  type BackfillView,
  backfillMessages,
  backfillWorkflow,
  backfillWorkflowId,
} from '../../dag/backfill/messages.js';
import { type Embedded, startEmbedded } from '../../embedded/servers.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { readMarks } from '../support/operators/occupy.js';
import { WorkerProcess } from '../support/worker-process.js';

const dagId = 'nightly';
const days = 30;

let folder: string;
let servers: Embedded;
let client: Client;
let worker: WorkerProcess;
let restarts = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-backfill-'));
  await mkdir(join(folder, 'dags'));
  await mkdir(join(folder, 'marks'));
  // A server of its own: it is killed.
  vi.stubEnv('TEMPORAL_ADDRESS', '');
  servers = await startEmbedded({
    temporal: {
      searchAttributes: Object.values(searchAttributes),
      // Histories are long after fifty events, so that the backfill continues as new more than once.
      dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 50 },
    },
    spark: false,
    instance: 'ephemeral',
    log: pino({ enabled: false }),
    onEvent: (_, event) => {
      if (event.type === 'restarted') restarts++;
    },
  });
  const address = servers.temporal?.address ?? '';
  client = new Client({ connection: await Connection.connect({ address }) });
  await writeFile(
    join(folder, 'dags', 'nightly.yaml'),
    `
dagId: ${dagId}
schedule: "@daily"
tasks:
  - { id: first, operator: noop }
  - id: work
    operator: occupy
    dependsOn: first
    retries: 9
    retryDelay: 500ms
    heartbeatTimeout: 2s
    with: { marks: "${folder}/marks/\${{ run.id }}", ms: 500 }
`,
  );
  worker = new WorkerProcess({
    temporalAddress: address,
    sparkRemote: 'sc://none:1',
    folder,
    env: {
      NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
      NIGHTJAR__OPERATORS__FOLDER: join(repositoryRoot, 'tests/support/operators'),
    },
  });
}, 600_000);
afterAll(async () => {
  await worker?.kill();
  await client?.connection.close();
  await servers?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const handle = () => client.workflow.getHandle(backfillWorkflowId(dagId));

/** How many runs have succeeded; undefined while neither server nor worker can tell. */
const succeeded = (): Promise<number | undefined> =>
  handle()
    .query<BackfillView>(backfillMessages.state)
    .then(
      ({ counts }) => counts.success,
      () => undefined,
    );

async function executions(query: string): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const execution of client.workflow.list({ query })) found.push(execution);
  return found;
}

/** The most of them that were open at the same time, by the server's clock. */
function mostOpen(runs: readonly WorkflowExecutionInfo[]): number {
  const changes = runs
    .flatMap(({ startTime, closeTime }) => [
      { at: startTime.getTime(), by: 1 },
      { at: closeTime?.getTime() ?? Number.POSITIVE_INFINITY, by: -1 },
    ])
    // What ends in the same millisecond ends first.
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let open = 0;
  let most = 0;
  for (const { by } of changes) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}

it('a backfill of 30 days, 3 at a time, outlives its worker and its server: each day runs once, and rightly', async () => {
  const input: BackfillInput = { fromDate: '2025-03-15', toDate: '2025-04-13', maxActiveRuns: 3 };
  await client.workflow.start(backfillWorkflow, {
    workflowId: backfillWorkflowId(dagId),
    taskQueue: 'nightjar',
    args: [input],
  });
  await expect.poll(succeeded, { timeout: 120_000 }).toBeGreaterThanOrEqual(4);
  await worker.replace();
  await expect.poll(succeeded, { timeout: 120_000 }).toBeGreaterThanOrEqual(12);
  const pid = servers.temporal?.pid();
  if (pid === undefined) throw new Error('the server is not up');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => restarts, { timeout: 120_000 }).toBe(1);
  await expect
    .poll(
      () =>
        handle()
          .describe()
          .then(
            ({ status }) => status.name,
            () => 'unknown',
          ),
      { timeout: 240_000 },
    )
    .toBe('COMPLETED');

  expect(await handle().result()).toMatchObject({
    state: 'success',
    total: days,
    counts: { waiting: 0, active: 0, success: days, failed: 0, cancelled: 0, existing: 0, inFlight: 0 },
  });
  const dates = Array.from({ length: days }, (_, n) =>
    new Date(Date.UTC(2025, 2, 15 + n)).toISOString().replace('.000Z', 'Z'),
  );
  await expect
    .poll(async () => (await executions(`WorkflowType = "${dagId}" AND ExecutionStatus != "Running"`)).length)
    .toBe(days);
  const runs = await executions(`WorkflowType = "${dagId}"`);
  expect(runs.map(({ workflowId }) => workflowId).sort()).toEqual(dates.map((date) => `${dagId}/${date}`));
  expect(new Set(runs.map(({ status }) => status.name))).toEqual(new Set(['COMPLETED']));
  expect(mostOpen(runs)).toBe(3);
  // It went on in new executions, and took nothing twice or not at all over to them.
  const own = await executions(`WorkflowType = "${backfillWorkflow}"`);
  expect(own.filter(({ status }) => status.name === 'CONTINUED_AS_NEW').length).toBeGreaterThanOrEqual(2);
  for (const { historyLength } of own) expect(historyLength).toBeLessThan(200);

  const folders = await readdir(join(folder, 'data', dagId), { withFileTypes: true });
  expect(folders.filter((entry) => entry.isDirectory())).toHaveLength(days);
  for (const date of dates) {
    const file = join(runFolder(join(folder, 'data'), dagId, date), 'run.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      state: 'success',
      logicalDate: new Date(date).toISOString(),
    });
    // An attempt whose worker was killed has no end; the last one has.
    expect(readMarks(join(folder, 'marks', date)).at(-1)?.what).toBe('end');
  }
}, 600_000);
