import { Client, Connection } from '@temporalio/client';
import type { RunRecord } from '../../activities/run/run-record.js';
import { type Fingerprint, fingerprints } from '../../tests/support/fingerprints.js';
import { sparkJobs } from '../../tests/support/spark-record.js';
import { Flagship, figuresOf, metricsOf } from './flagship.js';
import { type Loss, loseWorkersDuring } from './losses.js';
import type { Topology } from './topology.js';

/** In whose midst workers are killed, each in a run of its own. */
const disturbedTasks = ['transform', 'train'];

/** Sums of floating-point numbers depend on the order of summing, and that on which executor is done first. */
const relativeTolerance = 1e-9;

/**
 * Runs the flagship undisturbed, then again for each of {@link disturbedTasks}, killing in its midst the Nightjar worker
 * that holds the task and the Spark worker that does most of its work; and compares what came out.
 * @returns what was wrong, a line each
 */
export async function check(
  topology: Topology,
  records: number,
  tell: (line: string) => void,
): Promise<string[]> {
  const connection = await Connection.connect({ address: topology.temporal.address });
  const client = new Client({ connection, namespace: topology.temporal.namespace });
  const flagship = new Flagship(client, topology.dataRoot, records);
  const problems: string[] = [];
  try {
    tell(`run 1: ${records.toLocaleString('en-US')} records, undisturbed`);
    await flagship.start('undisturbed');
    const undisturbed = await flagship.finish('undisturbed', tell);
    tell(`run 1 ended: ${undisturbed.state} after ${seconds(undisturbed)}`);
    const expected = await outputs(flagship, undisturbed);

    for (const [index, task] of disturbedTasks.entries()) {
      const run = `${task}-disturbed`;
      const name = `run ${index + 2}`;
      tell(`${name}: workers are killed during ${task}`);
      await flagship.start(run);
      const sessionsOf = async (wanted: string): Promise<string[]> =>
        (await flagship.sparkLog(run))
          .filter((line) => line.task === wanted && line.sessionId !== undefined)
          .map(({ sessionId = '' }) => sessionId);
      const loss = await loseWorkersDuring(topology, client, flagship.workflowId(run), task, sessionsOf);
      tell(
        `  killed ${loss.nightjar.name}, which held ${task}, and ${loss.spark.name} with its executor, which ran ${loss.tasksOfExecutor} tasks; left: ${left(topology)}`,
      );
      const record = await flagship.finish(run, tell);
      tell(`${name} ended: ${record.state} after ${seconds(record)}`);
      const found = [
        ...differences(expected, await outputs(flagship, record)),
        ...(await twice(topology, flagship, run, record, task, loss)),
      ];
      tell(found.length === 0 ? `${name} is right: ${summary(expected)}` : `${name} is wrong`);
      problems.push(...found.map((problem) => `${name}: ${problem}`));
      if (index < disturbedTasks.length - 1) {
        await Promise.all([topology.addNightjarWorker(), topology.spark.addWorker()]);
        await topology.spark.untilExecutorsOn(topology.spark.workers.length);
      }
    }
  } finally {
    await connection.close();
  }
  return problems;
}

type Outputs = {
  state: string;
  datasets: Record<string, Fingerprint>;
  figures: Record<string, number>;
  metrics: Record<string, number>;
  committed: Record<string, number>;
};

const outputs = async (flagship: Flagship, record: RunRecord): Promise<Outputs> => ({
  state: record.state,
  datasets: await fingerprints(record, flagship.dataRoot),
  figures: await figuresOf(record),
  metrics: metricsOf(record),
  committed: await flagship.committed(record.runId),
});

function differences(expected: Outputs, actual: Outputs): string[] {
  const problems: string[] = [];
  const compare = (what: string, wanted: unknown, got: unknown): void => {
    if (isClose(wanted, got)) return;
    problems.push(`${what}: expected ${show(wanted)}, got ${show(got)}`);
  };
  compare('state', 'success', actual.state);
  for (const part of ['datasets', 'figures', 'metrics', 'committed'] as const) {
    for (const key of new Set([...Object.keys(expected[part]), ...Object.keys(actual[part])])) {
      compare(`${part}.${key}`, expected[part][key], actual[part][key]);
    }
  }
  return problems;
}

/** What was executed more than once, by what Spark and the tasks themselves have written down. */
async function twice(
  topology: Topology,
  flagship: Flagship,
  run: string,
  record: RunRecord,
  task: string,
  { job }: Loss,
): Promise<string[]> {
  const log = await flagship.sparkLog(run);
  const sessions = new Set(log.map(({ sessionId }) => sessionId));
  const jobs = (await sparkJobs(topology.spark.uiUrl)).filter(({ sessionId }) => sessions.has(sessionId));
  const problems = [
    ...log
      .filter(({ insteadOf }) => insteadOf !== undefined)
      .map(({ operationId, insteadOf }) => `operation ${operationId} was run instead of ${insteadOf}`),
    ...jobs
      .filter(({ status }) => status !== 'SUCCEEDED')
      .map(({ jobId, status }) => `Spark's job ${jobId} is ${status}`),
  ];
  const asked = log.filter(({ operationId }) => operationId === job.operationId).length;
  if (asked < 2)
    problems.push(`the operation that ran at the kill was asked for ${asked} time(s), not taken over`);
  const tries = record.tasks.find(({ key }) => key === task)?.stats?.tries ?? 0;
  if (tries < 2) problems.push(`${task} had ${tries} try`);
  return problems;
}

function isClose(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= relativeTolerance * Math.max(Math.abs(a), Math.abs(b));
  }
  return show(a) === show(b);
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'nothing';

const summary = ({ datasets, figures, metrics }: Outputs): string =>
  `rows and checksums of ${Object.keys(datasets).length} datasets, ${Object.keys(figures).length} figures and ${Object.keys(metrics).length} metrics are those of run 1; nothing ran twice`;

const left = ({ nightjarWorkers, spark }: Topology): string =>
  [...nightjarWorkers, ...spark.workers].map(({ name }) => name).join(', ');

const seconds = ({ startedAt, finishedAt = startedAt }: RunRecord): string =>
  `${Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)} s`;
