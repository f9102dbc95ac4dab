import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { type Config, loadConfig } from '../config/loader.js';
import { serverConf } from '../config/spark-conf.js';
import { startEmbedded } from '../embedded/servers.js';
import { startService } from '../embedded/service.js';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { connectTemporal } from '../worker/connection/connect.js';
import { searchAttributes } from '../workflows/search-attributes.js';

/** Servers and a worker of a benchmark's own. */
export type BenchCluster = {
  config: Config;
  client: Client;
  temporalAddress: string;
  /** Process id of the Temporal server; undefined for one that was there already. */
  temporalPid: number | undefined;
  /** Undefined without Spark. */
  sparkRemote: string | undefined;
  /** Base URL of Spark's web UI; undefined for a server that was there already. */
  sparkUi: string | undefined;
  /** Process id of the Spark server; undefined for one that was there already. */
  sparkPid: number | undefined;
  workerPid: number | undefined;
  stop(): Promise<void>;
};

export type ClusterOptions = {
  /** False for no Spark server. */
  spark?: boolean;
  /** Flags of the worker's node. */
  nodeFlags?: readonly string[];
};

/** Starts fresh servers and a worker, configured as for `npm start` but for the overrides. */
export async function startBenchCluster(
  folder: string,
  overrides: readonly string[],
  { spark: withSpark = true, nodeFlags = [] }: ClusterOptions = {},
): Promise<BenchCluster> {
  const config = loadConfig({ env: process.env, overrides });
  const { remote, driverMemory, cores } = config.spark;
  const servers = await startEmbedded({
    temporal: { address: config.temporal.address, searchAttributes: Object.values(searchAttributes) },
    spark: withSpark && { remote, driverMemory, cores, conf: serverConf(config) },
    instance: 'ephemeral',
    log: pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true })),
  });
  const { temporal, spark } = servers;
  if (temporal === undefined) throw new Error('startEmbedded gave no server');
  try {
    const worker = await startService({
      name: 'worker',
      command: process.execPath,
      args: [
        ...nodeFlags,
        join(repositoryRoot, 'dist', 'worker', 'main.js'),
        ...overrides.flatMap((setting) => ['--set', setting]),
      ],
      cwd: repositoryRoot,
      env: { TEMPORAL_ADDRESS: temporal.address, ...(spark && { SPARK_REMOTE: spark.remote }) },
      logFile: join(folder, 'worker.log'),
      stopTimeoutMs: 20_000,
    });
    const { client, connection } = await connectTemporal(config, temporal.address);
    return {
      config,
      client,
      temporalAddress: temporal.address,
      temporalPid: temporal.pid(),
      sparkRemote: spark?.remote,
      sparkUi: spark?.uiUrl,
      sparkPid: spark?.pid(),
      workerPid: worker.pid(),
      stop: async () => {
        await connection.close();
        await worker.stop();
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}
