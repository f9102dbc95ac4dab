import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import { CliError, exitCodes } from '../cli/exit.js';
import { type Config, loadConfig } from '../config/loader.js';
import { startEmbedded } from '../embedded/servers.js';
import { connectTemporal } from '../worker/connection/connect.js';
import { createWorker } from '../worker/worker.js';
import { createWorkerLog, logTemporal } from '../worker/worker-log.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import type { Case } from './case.js';
import { dagOf } from './case-dag.js';
import { caseOperator } from './case-operator.js';
import { type Difference, differences, statesOf } from './difference.js';

export type ServerOptions = {
  /** DAG runs at the same time. */
  concurrency: number;
  /** Called when a case's run has ended. */
  onEnd?: () => void;
};

/** No case takes long: a run that is not over by then hangs. */
const timeLimit = '2 minutes';

/**
 * Runs cases as DAG runs, from YAML files, by a worker in this process, on the Temporal server that `TEMPORAL_ADDRESS`
 * names or else on one of its own. The states are those of the runs' records.
 * @throws CliError when the server does not answer or start
 */
export async function runOnServer(
  cases: readonly Case[],
  { concurrency, onEnd }: ServerOptions,
): Promise<Difference[]> {
  const servers = await startEmbedded({
    temporal: { searchAttributes: Object.values(searchAttributes) },
    spark: false,
    instance: 'ephemeral',
    log: pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true })),
  }).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error), exitCodes.unavailable);
  });
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-conformance-'));
  try {
    const config = await settings(folder, servers.temporal?.address);
    await mkdir(join(folder, 'dags'));
    return await withWorker(config, join(folder, 'worker.log'), (client) =>
      atOnce(concurrency, cases, async (each, index) => {
        const found = await runOne(client, config, each, index);
        onEnd?.();
        return found;
      }),
    );
  } finally {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Defaults, whatever the installation's own file says: all files go into the folder. */
async function settings(folder: string, address: string | undefined): Promise<Config> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, '');
  return loadConfig({
    file,
    env: { TEMPORAL_ADDRESS: address },
    overrides: [
      `dataRoot=${folder}/data`,
      `dags.folders=[${folder}/dags]`,
      `temporal.taskQueue=conformance-${randomUUID()}`,
    ],
  });
}

async function withWorker<T>(
  config: Config,
  logFile: string,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const log = createWorkerLog(config.logging, pino.destination(logFile));
  logTemporal(log);
  const worker = await createWorker({ config, operators: new Map([[caseOperator.name, caseOperator]]), log });
  const { client, connection } = await connectTemporal(config, config.temporal.address ?? '');
  try {
    return await worker.runUntil(body(client));
  } finally {
    await connection.close();
  }
}

/** Runs a case; its DAG's file is there only for so long, as every run looks through all files. */
async function runOne(client: Client, config: Config, each: Case, index: number): Promise<Difference[]> {
  const by = 'DAG run';
  const { taskQueue } = config.temporal;
  const dagId = `${index}-${each.name.replaceAll(/[^\w.-]/g, '-').slice(0, 200)}`;
  const file = join(config.dags.folders[0] ?? '', `${dagId}.yaml`);
  await writeFile(file, stringify(dagOf(each, dagId)));
  const workflowId = `${dagId}/${taskQueue}`;
  const failure = await client.workflow
    .execute(dagId, { workflowId, taskQueue, workflowExecutionTimeout: timeLimit })
    .then(() => undefined)
    .catch((error: unknown) => {
      if (error instanceof WorkflowFailedError) return error.cause?.message ?? error.message;
      throw error;
    })
    .finally(() => rm(file));
  const folder = runFolder(config.dataRoot, dagId, runIdOf(dagId, workflowId));
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  if (record?.finishedAt === undefined)
    return [{ case: each.name, text: `the run has no end: ${failure}`, by }];
  return differences(each, by, { states: statesOf(record.tasks), runState: record.state });
}

/** Works on so many of the items at the same time; what they give comes in their order. */
async function atOnce<T, R>(
  count: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R[]>,
): Promise<R[]> {
  const results: R[][] = [];
  const open = items.entries();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const [index, item] of open) results[index] = await work(item, index);
    }),
  );
  return results.flat();
}
