import type { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { TaskInput } from '../../contract/task.js';
import type { FinishedTask, Json, Operator, OperatorContext } from '../operator.js';
import type { Policy } from '../policy.js';
import type { SensorTally } from '../sensor-attempts.js';
import { commitFolder } from './commits.js';
import { generationFolder, generationName, runFolder } from './layout.js';
import { Pulse } from './pulse.js';
import type { RunFiles } from './run-files.js';
import { isWorkerShutdown, openSparkSession, type SparkEnvironment } from './spark-session.js';
import { StatsCounter } from './stats.js';
import { derivedId, Steps } from './steps.js';
import { LocalStorage } from './storage.js';

/** What a worker gives all its tasks. */
export type TaskEnvironment = {
  /** Absolute. */
  dataRoot: string;
  files: RunFiles;
  /** The worker's own log, for what concerns no run's log or can't be written there. */
  log: Logger;
  policy: Policy;
  spark: SparkEnvironment;
  /** Aborts as soon as the worker begins to shut down; running tasks that don't use Spark still have some time then. */
  draining?: AbortSignal;
};

/** One attempt at a task: the operator's context, and what the wrapper does with it at the end. */
export type TaskAttempt = {
  context: OperatorContext;
  log: Logger;
  /** The stage's figures so far, under the given final state. */
  finish(state: FinishedTask['state']): FinishedTask;
  /** Publishes what the task wrote, by one atomic manifest, and lets go of its Spark session. */
  commit(output: Json, stats: FinishedTask): Promise<void>;
  /** Lets go of its Spark session. */
  release(): Promise<void>;
  /** Whether the task is another worker's now, because this one shuts down. */
  isHandedOver(): boolean;
  /** Leaves word for the next attempt. */
  note(tally: SensorTally): void;
  /** Ends what goes on beside the attempt. To be called whatever became of it. */
  close(): void;
};

export function openAttempt(
  activity: Context,
  input: TaskInput,
  environment: TaskEnvironment,
  operator: Pick<Operator, 'name' | 'sensor'>,
): TaskAttempt {
  const { dag, run, task } = input;
  const { cleared = 0 } = task;
  const { info } = activity;
  const folder = runFolder(environment.dataRoot, dag.id, run.id);
  const attemptNumber = (task.attemptsBefore ?? 0) + info.attempt;
  const bindings = { dag: dag.id, run: run.id, task: task.key, attempt: attemptNumber };
  const file = environment.files.open(folder, bindings);
  const temporalRunId = info.workflowExecution?.runId ?? info.activityId;
  const generation = generationName(temporalRunId, cleared);
  const taskFolder = generationFolder(folder, task, generation);

  const startedAt = new Date();
  const counter = new StatsCounter();
  const storage = new LocalStorage(environment.dataRoot, taskFolder);
  // An attempt takes up where the last one left off in Spark; each look of a sensor is to see Spark as it is now.
  const look = operator.sensor ? [info.attempt] : [];
  const tryId = (): string => derivedId(dag.id, run.id, temporalRunId, task.key, cleared, ...look);
  const steps = new Steps(taskFolder, tryId, { stats: counter, storage });
  const pulse = new Pulse(activity, info.heartbeatTimeoutMs);
  const spark = openSparkSession(environment.spark, {
    sessionId: (attempt) => derivedId(tryId(), 'session', attempt),
    nextOperation: steps.nextOperation,
    currentStep: () => steps.current(),
    signal: activity.cancellationSignal,
    draining: environment.draining,
    onProgress: ({ tasks, completedTasks }) =>
      pulse.report({
        ...(tasks === 0 ? {} : { fraction: completedTasks / tasks }),
        message: `${steps.current() ?? 'Spark'} (${completedTasks} of ${tasks} Spark tasks)`,
      }),
    log: file.log,
  });

  const context: OperatorContext = {
    dagId: dag.id,
    runId: run.id,
    taskId: task.id,
    mapIndex: task.mapIndex,
    attempt: attemptNumber,
    logicalDate: new Date(run.logicalDate),
    dataInterval: {
      start: new Date(run.dataIntervalStart ?? run.logicalDate),
      end: new Date(run.dataIntervalEnd ?? run.logicalDate),
    },
    dagFolder: dag.folder,
    log: file.log,
    signal: activity.cancellationSignal,
    heartbeat: (progress) => pulse.report(progress),
    spark: spark.session,
    temporal: () => activity.client,
    storage: steps.recorded('storage', storage, ['publish']),
    stats: steps.recorded('stats', counter, [
      'read',
      'wrote',
      'rejectReason',
      'rejectRows',
      'rejectFile',
      'metric',
    ]),
    step: (name, stepBody) => steps.run(name, stepBody),
    finishedTasks: input.finishedTasks ?? [],
  };
  return {
    context,
    log: file.log,
    note: (tally) => pulse.note(tally),
    release: spark.release,
    isHandedOver: () => spark.isLeft() || isWorkerShutdown(activity.cancellationSignal),
    finish: (state) => ({
      taskId: task.id,
      ...(task.mapIndex === undefined ? {} : { mapIndex: task.mapIndex }),
      operator: operator.name,
      state,
      tries: attemptNumber,
      startedAt: startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      ...counter.counts,
      peakMemoryBytes: pulse.peakMemory(),
    }),
    commit: async (output, stats) => {
      const commit = { task: task.key, generation, committedAt: new Date().toISOString(), output, stats };
      if (storage.isUsed || steps.isUsed) {
        commitFolder(taskFolder, {
          dagId: dag.id,
          runId: run.id,
          operator: operator.name,
          // What is skipped publishes nothing.
          datasets: stats.state === 'success' ? await storage.datasets() : {},
          ...commit,
        });
      } else file.journal.commit(commit);
      await spark.release();
    },
    close: () => {
      pulse.stop();
      file.close();
    },
  };
}
