import { resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createLogger, logStream, RunLogs } from '../activities/context/run-log.js';
import type { TaskEnvironment } from '../activities/context/task-context.js';
import type { Operators } from '../activities/load-operators.js';
import { prepareRun, type RunEnvironment } from '../activities/run/prepare-run.js';
import { recordRun } from '../activities/run/record-run.js';
import { asActivity } from '../activities/run-operator.js';
import { type Config, ConfigError } from '../config/loader.js';
import { sessionConf } from '../config/spark-conf.js';
import { bundlePath } from '../workflows/bundle.js';
import type { RunActivities } from '../workflows/dag-run.js';
import { dagSources } from './dag-sources.js';
import { ensureSearchAttributes } from './search-attributes.js';
import { temporalLogger } from './temporal-logger.js';

/** How long running tasks may take to wind up when the worker is told to stop. */
const shutdownGraceTime = '10s';

export type WorkerOptions = {
  config: Config;
  operators: Operators;
  /** DAG files outside the configured folders that this worker serves too. Absolute. */
  dagFiles?: readonly string[];
};

/** Connects a worker that serves all DAGs: the DAG-run workflow, its own activities and every operator. */
export async function createWorker({ config, operators, dagFiles = [] }: WorkerOptions): Promise<Worker> {
  const stream = logStream(config.logging);
  const log = createLogger(config.logging, stream);
  Runtime.install({ logger: temporalLogger(log), shutdownSignals: ['SIGINT', 'SIGTERM'] });
  const { namespace, taskQueue } = config.temporal;
  const { address, remote } = serversOf(config);
  const client = await Connection.connect({ address });
  const searchAttributes = await ensureSearchAttributes(client, namespace, log);
  await client.close();

  const dataRoot = resolve(config.dataRoot);
  const all = [...operators.values()];
  const tasks: TaskEnvironment = {
    dataRoot,
    logs: new RunLogs(config.logging.level, stream),
    spark: { remote: remote, conf: sessionConf(config) },
  };
  const runs: RunEnvironment = {
    config,
    dataRoot,
    dags: dagSources(config, operators, dagFiles),
    readsFinishedTasks: all.filter(({ readsFinishedTasks }) => readsFinishedTasks).map(({ name }) => name),
    searchAttributes,
  };
  const runActivities: RunActivities = {
    prepareRun: (request) => prepareRun(request, runs),
    recordRun: (end) => recordRun(end, runs),
  };
  return Worker.create({
    connection: await NativeConnection.connect({ address }),
    namespace,
    taskQueue,
    workflowBundle: { codePath: bundlePath },
    activities: {
      ...runActivities,
      ...Object.fromEntries(all.map((operator) => [operator.name, asActivity(operator, tasks)])),
    },
    shutdownGraceTime,
  });
}

/** A worker starts no servers: it has to be told where they are. @throws ConfigError */
function serversOf({ temporal, spark }: Config): { address: string; remote: string } {
  if (temporal.address === undefined || spark.remote === undefined) {
    throw new ConfigError([
      'a worker needs servers: set TEMPORAL_ADDRESS (host:port) and SPARK_REMOTE (sc://host:port), or temporal.address and spark.remote',
    ]);
  }
  return { address: temporal.address, remote: spark.remote };
}
