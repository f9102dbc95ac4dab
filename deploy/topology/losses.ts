import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type SparkJob, sparkJobs } from '../../tests/support/spark-record.js';
import type { SparkWorker } from './spark.js';
import type { NightjarWorker, Topology } from './topology.js';

/** What was killed, and what it was doing. */
export type Loss = {
  nightjar: NightjarWorker;
  spark: SparkWorker;
  tasksOfExecutor: number;
  job: SparkJob;
  /** False when the job ended between the look at it and the kill: its answer may have been lost on the way. */
  isCut: boolean;
};

/**
 * Waits until Spark runs a job for a task, and kills the Nightjar worker that holds the task and the Spark worker whose
 * executor does most of the job, both by SIGKILL with all their processes. Neither is started again.
 *
 * @param sessionsOf ids of the Spark sessions that the task has opened so far
 */
export async function loseWorkersDuring(
  topology: Topology,
  client: Client,
  workflowId: string,
  task: string,
  sessionsOf: (task: string) => Promise<string[]>,
): Promise<Loss> {
  for (;;) {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING')
      throw new Error(`the run has ended (${status.name}) before ${task} was caught`);
    const identity = raw.pendingActivities?.find(({ activityId }) => activityId === task)?.lastWorkerIdentity;
    const holder = topology.nightjarWorkers.find(
      (each) => identity === `${each.service.pid()}@${hostname()}`,
    );
    const sessions = holder === undefined ? [] : await sessionsOf(task);
    const jobs = sessions.length === 0 ? [] : await sparkJobs(topology.spark.uiUrl, 'running');
    const job = jobs.find(({ sessionId }) => sessions.includes(sessionId));
    const busiest = job && (await busiestWorker(topology));
    if (holder === undefined || job === undefined || busiest === undefined) {
      await sleep(50);
      continue;
    }
    await Promise.all([holder.service.kill(), busiest.worker.service.kill()]);
    topology.nightjarWorkers.splice(topology.nightjarWorkers.indexOf(holder), 1);
    topology.spark.workers.splice(topology.spark.workers.indexOf(busiest.worker), 1);
    const left = await sparkJobs(topology.spark.uiUrl, 'running');
    const isCut = left.some(({ jobId }) => jobId === job.jobId);
    return { nightjar: holder, spark: busiest.worker, tasksOfExecutor: busiest.tasks, job, isCut };
  }
}

/** The Spark worker whose executor runs the most tasks at this moment; undefined when none runs any. */
async function busiestWorker({
  spark,
}: Topology): Promise<{ worker: SparkWorker; tasks: number } | undefined> {
  const [application] = (await json(`${spark.uiUrl}/api/v1/applications`)) as { id: string }[];
  const executors = (await json(`${spark.uiUrl}/api/v1/applications/${application?.id}/executors`)) as {
    id: string;
    activeTasks: number;
  }[];
  const [busiest] = executors
    .filter(({ id, activeTasks }) => id !== 'driver' && activeTasks > 0)
    .sort((a, b) => b.activeTasks - a.activeTasks);
  if (busiest === undefined) return undefined;
  for (const worker of spark.workers) {
    const state = (await json(`${worker.uiUrl}/json/`)) as { executors: { id: number }[] };
    if (state.executors.some(({ id }) => String(id) === busiest.id)) {
      return { worker, tasks: busiest.activeTasks };
    }
  }
  return undefined;
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
