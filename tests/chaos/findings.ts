import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../../activities/context/files.js';
import { runFolder } from '../../activities/context/layout.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { backfillWorkflow } from '../../dag/backfill/messages.js';
import { datasetTriggerWorkflow } from '../../dag/dataset-event.js';
import { type PoolView, poolMessages, poolWorkflow } from '../../dag/pool/messages.js';
import { fingerprints } from '../support/fingerprints.js';
import { sparkJobs } from '../support/spark-record.js';
import { throughOutages } from './scenarios.js';
import type { Site } from './site.js';

/** What a run came to, without what is another one in each run: times, tries, paths. */
export type Result = {
  state: string;
  tasks: Record<string, string>;
  data: unknown;
  said: Record<string, unknown>;
};

/** @param workflowId `<dagId>/<run>` */
export async function resultOf(site: Site, workflowId: string): Promise<Result> {
  const [dagId = '', runId = ''] = workflowId.split('/');
  const file = join(runFolder(site.dataRoot, dagId, runId), 'run.json');
  const record = await readJson<RunRecord>(file);
  if (record === undefined) return { state: `no record at ${file}`, tasks: {}, data: {}, said: {} };
  return {
    state: record.error === undefined ? record.state : `${record.state}: ${record.error}`,
    tasks: Object.fromEntries(record.tasks.map(({ key, state }) => [key, state])),
    data: await fingerprints(record, site.dataRoot),
    said: Object.fromEntries(
      record.tasks.flatMap(({ key, output }) => (isPlain(output) ? [[key, output]] : [])),
    ),
  };
}

const isPlain = (output: unknown): boolean => typeof output === 'string' || typeof output === 'number';

/** How long all has to come to rest after the last run's end: a server that was killed at the end comes up again. */
const patienceMs = 90_000;

/** What should be gone once all runs have ended, and is still there; a line each. */
export async function leftovers(site: Site): Promise<string[]> {
  let found: string[] = [];
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(1_000)) {
    found = [
      ...(await throughOutages(() => openWorkflows(site))),
      ...(await throughOutages(() => heldSlots(site))),
      ...(await throughOutages(() => runningJobs(site))),
      ...(await programs(site)),
    ];
    if (found.length === 0) break;
  }
  return found;
}

const standing: readonly string[] = [poolWorkflow, datasetTriggerWorkflow, backfillWorkflow];

async function openWorkflows({ client }: Site): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId, type } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
    if (!standing.includes(type)) found.push(`the workflow ${workflowId} is open`);
  }
  return found;
}

async function heldSlots({ client }: Site): Promise<string[]> {
  const found: string[] = [];
  const query = `ExecutionStatus = "Running" AND WorkflowType = "${poolWorkflow}"`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const { used, queued } = await client.workflow.getHandle(workflowId).query<PoolView>(poolMessages.state);
    if (used + queued > 0) found.push(`${workflowId}: ${used} slots are held, ${queued} are waited for`);
  }
  return found;
}

const runningJobs = async ({ servers }: Site): Promise<string[]> =>
  (await sparkJobs(servers.spark?.uiUrl ?? '', 'running')).map(({ jobId }) => `Spark runs job ${jobId}`);

/** Programs of tasks: they have their task's id in their environment, and run in the DAG's folder. */
async function programs({ dags }: Site): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      const task = /(?:^|\0)NIGHTJAR_TASK_ID=([^\0]*)/.exec(environment)?.[1];
      return cwd === dags && task !== undefined ? [`a program of task ${task} runs: pid ${pid}`] : [];
    }),
  );
  return found.flat();
}
