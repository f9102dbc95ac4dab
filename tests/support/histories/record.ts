/**
 * Records histories of today's workflow code and keeps them under the version in package.json: `npm run histories`, or
 * `npm run histories -- held reset` for these scenarios beside what is kept.
 * Takes a Temporal server of its own, whatever TEMPORAL_ADDRESS says.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { pino } from 'pino';
import { loadConfig } from '../../../config/loader.js';
import { mappedBatchWorkflow } from '../../../contract/workflows.js';
import { startEmbedded } from '../../../embedded/servers.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';
import { createWorker } from '../../../worker/worker.js';
import { createWorkerLog, logTemporal } from '../../../worker/worker-log.js';
import { searchAttributes } from '../../../workflows/search-attributes.js';
import { clearHistories, encoded, type History, writeHistories } from './files.js';
import { neutral } from './neutral.js';
import { operators } from './operators.js';
import { type Scenario, scenarios, settings } from './scenarios.js';

const taskQueue = 'nightjar';

type Execution = { workflowId: string; runId?: string };

async function record(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}`);
  const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-'));
  await mkdir(join(folder, 'dags'));
  await writeFile(join(folder, 'config.yaml'), '');
  const log = createWorkerLog(
    { level: 'info', format: 'json' },
    pino.destination(join(folder, 'worker.log')),
  );
  logTemporal(log);
  delete process.env.TEMPORAL_ADDRESS;
  const { temporal, stop } = await startEmbedded({
    temporal: { searchAttributes: Object.values(searchAttributes) },
    spark: false,
    instance: 'ephemeral',
    log: pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true })),
  });
  const address = temporal?.address ?? '';
  const worker = await createWorker({
    config: loadConfig({
      file: join(folder, 'config.yaml'),
      env: { TEMPORAL_ADDRESS: address },
      overrides: [`dataRoot=${folder}/data`, `dags.folders=[${folder}/dags]`, ...settings],
    }),
    operators: new Map(operators.map((operator) => [operator.name, operator])),
    log,
  });
  const running = worker.run();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  try {
    const texts = new Map([
      [folder, '/nightjar'],
      [repositoryRoot, '/repository'],
    ]);
    const histories = new Map<string, History>();
    for (const scenario of chosen) {
      const { name, dag } = scenario;
      await writeFile(join(folder, 'dags', `${name}.yaml`), `dagId: ${name}${dag}`);
      const recorded = await play(scenario, client);
      for (const [index, history] of recorded.entries()) {
        histories.set(index === 0 ? name : `${name}-${index + 1}`, neutral(history, texts));
      }
      process.stdout.write(`${name}: ${recorded.map(({ events }) => events?.length).join(', ')} events\n`);
    }
    checkNeutral(histories);
    const { version } = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8'));
    if (names.length === 0) clearHistories(version);
    const bytes = writeHistories(version, histories);
    process.stdout.write(`release ${version}: ${histories.size} histories, ${Math.ceil(bytes / 1024)} KiB\n`);
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
    await stop();
    await rm(folder, { recursive: true });
  }
}

/** Plays a scenario to its end. Gives the history of its run first. */
async function play(scenario: Scenario, client: Client): Promise<History[]> {
  const { name, input, ends, meanwhile, again, keeps, also = [] } = scenario;
  const run = await client.workflow.start(name, {
    workflowId: `${name}/run`,
    taskQueue,
    args: input === undefined ? [] : [input],
  });
  await meanwhile?.(run, client);
  const failure = await ended(run);
  const { status } = await run.describe();
  if (status.name !== ends) throw new Error(`${name} ended as ${status.name}, not ${ends}: ${failure}`);
  const executions: Execution[] = [{ workflowId: run.workflowId, runId: run.firstExecutionRunId }];
  if (again !== undefined) await ended(await again(run, client));
  if (keeps === 'last') executions[0] = { workflowId: run.workflowId };
  executions.push(...also.map((workflowId) => ({ workflowId })));
  return withBatches(executions, client);
}

/** Waits for a run's end. Gives what it failed with, if it did. */
const ended = (run: WorkflowHandle): Promise<unknown> =>
  run.result().then(
    () => undefined,
    ({ message, cause }) => cause?.message ?? message,
  );

/** The histories of executions, and of the batches that they started. An execution without a run's id is the last one. */
async function withBatches(executions: readonly Execution[], client: Client): Promise<History[]> {
  const histories: History[] = [];
  const todo = [...executions];
  for (let each = todo.shift(); each !== undefined; each = todo.shift()) {
    const history = await client.workflow.getHandle(each.workflowId, each.runId).fetchHistory();
    histories.push(history);
    for (const { childWorkflowExecutionStartedEventAttributes: child } of history.events ?? []) {
      const isBatch = child?.workflowType?.name === mappedBatchWorkflow;
      if (isBatch) todo.push({ workflowId: child?.workflowExecution?.workflowId ?? '' });
    }
  }
  return histories;
}

/** @throws Error when a history still tells of this machine */
function checkNeutral(histories: ReadonlyMap<string, History>): void {
  const traces = [hostname(), homedir(), tmpdir(), process.cwd()];
  for (const [name, history] of histories) {
    const text = encoded(history).toString();
    const trace = traces.find((each) => text.includes(each));
    if (trace !== undefined) throw new Error(`the history of ${name} holds ${trace}`);
  }
}

await record(process.argv.slice(2));
