import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { type ActivityInterceptorsFactory, NativeConnection, Worker } from '@temporalio/worker';
import type { OperationListener } from 'spark-connect-js';
import { backfillActivities } from '../activities/backfill/activities.js';
import { checkDataRoot, makeDataRoot } from '../activities/context/data-root.js';
import { keepInput, type LargeInputActivities } from '../activities/context/large-input.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { RunFiles } from '../activities/context/run-files.js';
import type { TaskEnvironment } from '../activities/context/task-context.js';
import type { Operators } from '../activities/load-operators.js';
import type { Operator } from '../activities/operator.js';
import { poolActivities } from '../activities/pools/slots.js';
import type { DagSources } from '../activities/run/dag-files.js';
import { type DatasetActivities, publishDatasets } from '../activities/run/datasets.js';
import { type CallbackActivities, notificationSchema, notifyEvent } from '../activities/run/notify-event.js';
import { OwnRuns } from '../activities/run/own-runs.js';
import { prepareRun, type RunEnvironment, type RunRequest } from '../activities/run/prepare-run.js';
import { type RunUpdate, recordRun } from '../activities/run/record-run.js';
import { readResults } from '../activities/run/results.js';
import { reviseParams } from '../activities/run/revise-params.js';
import { asActivity } from '../activities/run-operator.js';
import { maskError, registerSecret } from '../activities/secrets.js';
import { type Config, ConfigError } from '../config/loader.js';
import { sessionConf } from '../config/spark-conf.js';
import { type OperatorTraits, taskInputSchema } from '../contract/task.js';
import { parseBytes } from '../dag/bytes.js';
import { parseDuration } from '../dag/duration.js';
import type { RunActivities } from '../workflows/dag-run.js';
import type { HoldActivities } from '../workflows/hold.js';
import { connectTemporal } from './connection/connect.js';
import { temporalOptions } from './connection/temporal-options.js';
import { dagSources } from './dag-sources.js';
import { deploymentOptions } from './deployment.js';
import { guard, type RemoteActivity } from './guard.js';
import { telling, type WorkerObserver } from './observer.js';
import { ensureSearchAttributes } from './search-attributes.js';
import type { WorkerLog } from './worker-log.js';
import { bundlePath, versionedBundlePath } from './workflow-bundle.js';

/** How long tasks may take to end when their time is over, in milliseconds. What still runs then is cut off. */
const lastMoments = 8_000;

export type WorkerOptions = {
  config: Config;
  operators: Operators;
  log: WorkerLog;
  /** Where DAGs are found. Default: in the configured folders, read in this thread. */
  dags?: DagSources;
  /** Who watches its runs and tasks. */
  observers?: readonly WorkerObserver[];
  /** Hears of every operation in Spark. */
  onOperation?: OperationListener | undefined;
  /** File with the workflow code. Default: what the build left. */
  bundle?: string;
};

/** Connects a worker that serves all DAGs: the DAG-run workflow, its own activities and every operator. */
export async function createWorker({
  config,
  operators,
  log,
  dags = dagSources(config, operators),
  observers = [],
  onOperation,
  bundle = config.temporal.deployment === undefined ? bundlePath : versionedBundlePath,
}: WorkerOptions): Promise<Worker> {
  const { namespace, taskQueue } = config.temporal;
  const address = temporalAddress(config);
  const { connection } = await connectTemporal(config, address);
  const searchAttributes = await ensureSearchAttributes(connection, namespace, log.logger);
  await connection.close();
  const temporal = temporalOptions(config, address);

  const sparkToken = /;token=([^;]+)/i.exec(config.spark.remote ?? '')?.[1];
  if (sparkToken !== undefined) registerSecret(decodeURIComponent(sparkToken));

  const dataRoot = resolve(config.dataRoot);
  makeDataRoot(dataRoot);
  const all = [...operators.values()];
  const draining = new AbortController();
  // Every running task of Spark listens.
  setMaxListeners(0, draining.signal);
  const tasks: TaskEnvironment = {
    dataRoot,
    draining: draining.signal,
    files: new RunFiles(log.level, log.stream, sizeOf(config.logging.runLogSize)),
    log: log.logger,
    policy: { environment: config.environment, http: config.http },
    spark: { remote: config.spark.remote, conf: sessionConf(config), onOperation },
  };
  const runs: RunEnvironment = {
    config,
    dataRoot,
    dags,
    traits: Object.fromEntries(all.map((operator) => [operator.name, traitsOf(operator)])),
    searchAttributes,
  };
  /** Activities that write: none of them makes the data root anew when it has vanished. */
  const inDataRoot =
    <Input, Result>(activity: (input: Input) => Promise<Result>) =>
    async (input: Input): Promise<Result> => {
      checkDataRoot(dataRoot);
      return activity(input);
    };
  const runActivities: RunActivities &
    CallbackActivities &
    DatasetActivities &
    HoldActivities &
    LargeInputActivities = {
    prepareRun: telling(
      inDataRoot((request: RunRequest) =>
        prepareRun(request, runs).catch((error: unknown) => {
          notePreparation(error, request, tasks);
          throw error;
        }),
      ),
      observers.flatMap(({ runStarted }) => runStarted ?? []),
    ),
    readResults: (request) => readResults(request, runs),
    recordRun: telling(
      inDataRoot((update: RunUpdate) => recordRun(update, runs)),
      observers.flatMap(({ runUpdated }) => runUpdated ?? []),
    ),
    reviseParams: async (revision) => reviseParams(revision),
    keepInput: inDataRoot((input) => keepInput(input, runs)),
    publishDatasets: inDataRoot((publication) => publishDatasets(publication, runs)),
    notifyEvent: inDataRoot((notification) => notifyEvent(notification, tasks)),
  };
  const shutdownGraceTime = parseDuration(config.worker.shutdownGraceTime) ?? 0;
  const worker = await Worker.create({
    connection: await NativeConnection.connect(temporal.connection),
    ...temporal.client,
    taskQueue,
    workflowBundle: { codePath: bundle },
    ...deploymentOptions(config),
    activities: {
      ...runActivities,
      ...poolActivities(config),
      ...backfillActivities(runs),
      ...Object.fromEntries(all.map((operator) => [operator.name, asActivity(operator, tasks)])),
    },
    interceptors: {
      activity: [
        maskingErrors,
        guard(
          (name) =>
            operators.has(name) ? taskActivity : name === 'notifyEvent' ? callbackActivity : undefined,
          new OwnRuns(dataRoot),
          log.logger,
        ),
        ...observers.flatMap(({ interceptor }) => interceptor ?? []),
      ],
    },
    shutdownGraceTime,
    shutdownForceTime: shutdownGraceTime + lastMoments,
    // The live progress on the terminal comes from heartbeats: a minute's default delay would be all it shows.
    maxHeartbeatThrottleInterval: '1s',
  });
  // The SDK tells tasks only when the grace time is over, which Spark's work needn't wait for.
  const shutdown = worker.shutdown.bind(worker);
  worker.shutdown = () => {
    draining.abort(new Error('WORKER_SHUTDOWN'));
    shutdown();
  };
  return worker;
}

/** Bytes of a size in the settings. */
const sizeOf = (text: string): number => parseBytes(text.toLowerCase()) ?? 0;

/** Notes why a run can't be prepared for now in its log, as far as that can be written, and in the worker's. */
function notePreparation(
  error: unknown,
  request: RunRequest,
  { files, dataRoot, log }: TaskEnvironment,
): void {
  if (error instanceof ApplicationFailure && error.nonRetryable === true) return;
  const { dagId, workflowId } = request;
  const runId = runIdOf(dagId, workflowId);
  const message = `the run can't be prepared: ${error instanceof Error ? error.message : error}`;
  try {
    const file = files.open(runFolder(dataRoot, dagId, runId), { dag: dagId, run: runId });
    file.log.warn(message);
    file.close();
  } catch {
    log.warn({ dag: dagId, run: runId }, message);
  }
}

/** Around every activity, so that no failure carries a secret out of the process. */
const maskingErrors: ActivityInterceptorsFactory = () => ({
  inbound: {
    execute: (input, next) =>
      next(input).catch((error: unknown) => {
        throw maskError(error);
      }),
  },
});

const taskActivity: RemoteActivity<typeof taskInputSchema> = {
  input: taskInputSchema,
  runOf: ({ dag, run }) => ({ dagId: dag.id, runId: run.id }),
};

const callbackActivity: RemoteActivity<typeof notificationSchema> = {
  input: notificationSchema,
  runOf: ({ event: { dagId, runId } }) => ({ dagId, runId }),
};

const traitsOf = ({ readsFinishedTasks, sensor }: Operator): OperatorTraits => ({
  ...(readsFinishedTasks ? { readsFinishedTasks } : {}),
  ...(sensor ? { sensor } : {}),
});

/** A worker starts no servers: it has to be told where Temporal is. Only tasks that use Spark need that too. @throws ConfigError */
export function temporalAddress({ temporal }: Config): string {
  if (temporal.address !== undefined) return temporal.address;
  throw new ConfigError([
    'a worker needs a Temporal server: set TEMPORAL_ADDRESS (host:port) or temporal.address',
  ]);
}
