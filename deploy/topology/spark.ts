import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pickPort } from '../../embedded/ports.js';
import type { Service } from '../../embedded/service.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { SPARK_PROBE } from '../../embedded/spark-server.js';
import type { ServiceSpec } from '../../embedded/supervisor.mjs';
import { withReplaced } from './compose.js';
import type { Site } from './site.js';
import { TopologyError } from './topology-error.js';

/** A worker of the cluster, whose executors are among its processes. */
export type SparkWorker = { name: string; service: Service; uiUrl: string };

/** A running Spark cluster. */
export type Spark = {
  /** `sc://host:port` of the Connect server. */
  remote: string;
  /** The Connect server's web UI, and the master's. */
  uiUrl: string;
  masterUrl: string;
  workers: SparkWorker[];
  addWorker(): Promise<SparkWorker>;
  /** Waits until the Connect server has an executor on so many workers. */
  untilExecutorsOn(workers: number): Promise<void>;
};

const host = '127.0.0.1';
const executorsWaitMs = 120_000;

type Part = {
  /** The process's own name. */
  name: string;
  /** Its service in docker-compose.yml. */
  service: string;
  /** What is another than in a container: words of the command, Spark settings. */
  replacements: Record<string, string>;
  settings?: Record<string, string>;
  health: NonNullable<ServiceSpec['health']>;
};

/** A master, as many workers as docker-compose.yml has replicas, and a Connect server with an executor on each worker. */
export async function startSpark(site: Site): Promise<Spark> {
  const port = async (): Promise<string> => String(await pickPort(undefined, site.ports));
  const [rpc, masterUi, grpc, ui] = [await port(), await port(), await port(), await port()];
  const master = `spark://${host}:${rpc}`;
  const masterUrl = `http://${host}:${masterUi}`;
  const uiUrl = `http://${host}:${ui}`;
  await startPart(site, {
    name: 'spark-master',
    service: 'spark-master',
    replacements: { 'spark-master': host, '7077': rpc, '8080': masterUi },
    health: { http: `${masterUrl}/json/` },
  });

  const workers: SparkWorker[] = [];
  let added = 0;
  const addWorker = async (): Promise<SparkWorker> => {
    const name = `spark-worker-${++added}`;
    const workerUi = await port();
    const workerUrl = `http://${host}:${workerUi}`;
    const service = await startPart(site, {
      name,
      service: 'spark-worker',
      replacements: { 'spark://spark-master:7077': master, '8081': workerUi },
      health: { http: `${workerUrl}/json/` },
    });
    const worker = { name, service, uiUrl: workerUrl };
    workers.push(worker);
    return worker;
  };
  const { replicas = 1 } = site.compose('spark-worker').deploy;
  await Promise.all(Array.from({ length: replicas }, addWorker));

  await startPart(site, {
    name: 'spark-connect',
    service: 'spark-connect',
    replacements: { 'spark://spark-master:7077': master, '=spark-connect': `=${host}` },
    settings: {
      'spark.driver.bindAddress': host,
      'spark.connect.grpc.binding.address': host,
      'spark.connect.grpc.binding.port': grpc,
      'spark.ui.port': ui,
      // What Spark did is looked at afterwards: all of it is kept.
      'spark.ui.retainedJobs': '100000',
      'spark.ui.retainedStages': '100000',
    },
    health: {
      http: `${uiUrl}/api/v1/applications`,
      grpc: { address: `${host}:${grpc}`, path: SPARK_PROBE },
    },
  });
  const untilExecutorsOn = (count: number): Promise<void> => untilExecutors(masterUrl, count);
  await untilExecutorsOn(replicas);
  return { remote: `sc://${host}:${grpc}`, uiUrl, masterUrl, workers, addWorker, untilExecutorsOn };
}

async function startPart(
  site: Site,
  { name, service, replacements, settings = {}, health }: Part,
): Promise<Service> {
  const folder = join(site.folder, 'spark', name);
  await mkdir(folder, { recursive: true });
  const { command = [], environment } = site.compose(service);
  const [program = '', ...args] = withReplaced(command, {
    '/opt/spark/work': folder,
    '/opt/spark/bin': join(site.programs.sparkHome, 'bin'),
    ...replacements,
  });
  const more = Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]);
  return site.start({
    name,
    command: program,
    // The last word of spark-submit is what it is to run.
    args: [...args.slice(0, -1), ...more, ...args.slice(-1)],
    cwd: folder,
    env: {
      ...environment,
      SPARK_HOME: site.programs.sparkHome,
      SPARK_CONF_DIR: join(repositoryRoot, 'deploy', 'spark'),
      SPARK_LOCAL_DIRS: join(folder, 'scratch'),
      SPARK_LOCAL_IP: host,
      JAVA_HOME: site.programs.javaHome,
    },
    health,
  });
}

type MasterState = { workers: { state: string; coresused: number }[] };

async function untilExecutors(masterUrl: string, count: number): Promise<void> {
  const deadline = Date.now() + executorsWaitMs;
  for (;;) {
    const { workers } = (await (await fetch(`${masterUrl}/json/`)).json()) as MasterState;
    const used = workers.filter(({ state, coresused }) => state === 'ALIVE' && coresused > 0).length;
    if (used >= count) return;
    if (Date.now() > deadline) {
      throw new TopologyError(
        `Spark has executors on ${used} of ${count} workers: they may offer less than an executor asks for (SPARK_WORKER_CORES, SPARK_WORKER_MEMORY; spark.executor.* in deploy/spark/spark-defaults.conf). See ${masterUrl}`,
      );
    }
    await sleep(200);
  }
}
