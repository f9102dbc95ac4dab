import { Client, Connection } from '@temporalio/client';
import type { RunRecord } from '../../activities/run/run-record.js';
import { sparkJobs } from '../../tests/support/spark-record.js';
import { Flagship } from './flagship.js';
import { type Loss, loseWorkersDuring } from './losses.js';
import { differences, largestDifference, outputsOf } from './outputs.js';
import type { Topology } from './topology.js';

/**
 * Runs the flagship undisturbed, then again for each of some tasks, killing in its midst the Nightjar worker
 * that holds the task and the Spark worker that does most of its work; and compares what came out.
 * @returns what was wrong, a line each
 */
export async function check(
  topology: Topology,
  records: number,
  during: readonly string[],
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
    const expected = await outputsOf(flagship, undisturbed);

    for (const [index, task] of during.entries()) {
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
      if (!loss.isCut)
        tell('  the operation ended at the same moment: whether it is taken over is not seen this time');
      const record = await flagship.finish(run, tell);
      tell(`${name} ended: ${record.state} after ${seconds(record)}`);
      const actual = await outputsOf(flagship, record);
      const found = [
        ...differences(expected, actual),
        ...(await twice(topology, flagship, run, record, task, loss)),
      ];
      const [data, models] = [false, true].map((of) =>
        largestDifference(expected, actual, of).toExponential(1),
      );
      tell(
        `  ${Object.keys(expected).length} outputs compared with run 1; numbers differ by ${data} at most, those of models by ${models}`,
      );
      for (const problem of found) tell(`  ✗ ${problem}`);
      if (found.length === 0) tell(`${name} is right, and nothing ran twice`);
      problems.push(...found.map((problem) => `${name}: ${problem}`));
      if (index < during.length - 1) {
        await Promise.all([topology.addNightjarWorker(), topology.spark.addWorker()]);
        await topology.spark.untilExecutorsOn(topology.spark.workers.length);
      }
    }
  } finally {
    await connection.close();
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
  { job, isCut }: Loss,
): Promise<string[]> {
  const log = await flagship.sparkLog(run);
  const sessions = new Set(log.map(({ sessionId }) => sessionId));
  const jobs = (await sparkJobs(topology.spark.uiUrl)).filter(({ sessionId }) => sessions.has(sessionId));
  const problems = jobs
    .filter(({ status }) => status !== 'SUCCEEDED')
    .map(({ jobId, status }) => `Spark's job ${jobId} is ${status}`);
  // Operations that had ended, and whose answers went to the lost worker, are asked again; what still ran must not be.
  if (isCut) {
    for (const { insteadOf, operationId } of log) {
      if (insteadOf === job.operationId)
        problems.push(`${operationId} was run instead of ${insteadOf}, which ran`);
    }
    const asked = log.filter(({ operationId }) => operationId === job.operationId).length;
    if (asked < 2)
      problems.push(`the operation that ran at the kill was asked for ${asked} time(s), not taken over`);
  }
  const tries = record.tasks.find(({ key }) => key === task)?.stats?.tries ?? 0;
  if (tries < 2) problems.push(`${task} had ${tries} try`);
  return problems;
}

const left = ({ nightjarWorkers, spark }: Topology): string =>
  [...nightjarWorkers, ...spark.workers].map(({ name }) => name).join(', ');

const seconds = ({ startedAt, finishedAt = startedAt }: RunRecord): string =>
  `${Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)} s`;
