import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { umaskOf } from '../config/file-access.js';
import type { Config } from '../config/loader.js';
import { serverConf } from '../config/spark-conf.js';
import { startEmbedded } from '../embedded/servers.js';
import { type ServiceEvent, startService } from '../embedded/service.js';
import { defaultHome } from '../embedded/setup/layout.mjs';
import { connectTemporal } from '../worker/connection/connect.js';
import { embeddedEnvironment, temporalOptions } from '../worker/connection/temporal-options.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { claimServer } from './checkout.js';
import { CliError, exitCodes } from './exit.js';
import type { SettingsOptions } from './settings.js';

/** Servers and a worker, up and connected. */
export type Cluster = {
  client: Client;
  /** The Temporal UI's address, when this process started the server. */
  temporalUi: string | undefined;
  sparkUi: string | undefined;
  workerLog: string;
  stop(): Promise<void>;
};

export type ClusterOptions = {
  config: Config;
  settings: SettingsOptions;
  /** DAG files that the worker serves beside the configured folders. */
  dagFiles: readonly string[];
  /** Tells the user what goes on, a line at a time. */
  tell: (line: string) => void;
};

/**
 * Starts the embedded servers, or takes those that the settings name, and a worker under a supervisor.
 * @throws CliError when a server does not come up
 */
export async function startCluster({ config, settings, dagFiles, tell }: ClusterOptions): Promise<Cluster> {
  const onEvent = (name: string, event: ServiceEvent): void => tell(eventLine(name, event));
  const { namespace, address } = config.temporal;
  const { remote, driverMemory, cores } = config.spark;
  const servers = await startEmbedded({
    temporal: {
      address,
      tls: address === undefined ? undefined : Boolean(temporalOptions(config, address).connection.tls),
      namespaces: namespace === 'default' ? [] : [namespace],
      searchAttributes: Object.values(searchAttributes),
    },
    spark: {
      remote,
      driverMemory,
      cores,
      conf: serverConf(config),
      environment: config.environment.spark,
      umask: umaskOf(config),
    },
    log: pino({ enabled: false }),
    onEvent,
  }).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error), exitCodes.unavailable);
  });
  const { temporal, spark } = servers;
  if (temporal === undefined || spark === undefined) throw new Error('startEmbedded gave no servers');

  const workerLog = join(servers.folder ?? defaultHome, 'worker.log');
  const worker = await startService(
    {
      name: 'worker',
      command: process.execPath,
      args: [
        fileURLToPath(new URL('../worker/main.js', import.meta.url)),
        ...workerArguments(settings, dagFiles),
      ],
      cwd: process.cwd(),
      umask: umaskOf(config),
      env: {
        ...process.env,
        ...(temporal.embedded
          ? embeddedEnvironment(temporal.address)
          : { TEMPORAL_ADDRESS: temporal.address }),
        SPARK_REMOTE: spark.remote,
      },
      logFile: workerLog,
      stopTimeoutMs: 20_000,
    },
    (event) => onEvent('worker', event),
  ).catch(async (error: unknown) => {
    await servers.stop();
    throw error;
  });
  const { client, connection } = await connectTemporal(config, temporal.address);
  if (temporal.embedded) await claimServer(connection, namespace);
  return {
    client,
    temporalUi: temporal.uiUrl,
    sparkUi: spark.uiUrl,
    workerLog,
    stop: async () => {
      await connection.close();
      await worker.stop();
      await servers.stop();
    },
  };
}

/** The worker reads the same settings from the same sources. */
function workerArguments({ config, set }: SettingsOptions, dagFiles: readonly string[]): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...set.flatMap((setting) => ['--set', setting]),
    ...dagFiles.flatMap((file) => ['--dag', file]),
  ];
}

function eventLine(name: string, event: ServiceEvent): string {
  switch (event.type) {
    case 'ready':
      return `${name} is up`;
    case 'crashed':
      return `${name} crashed (${event.how}); it is being restarted`;
    case 'restarted':
      return `${name} is up again`;
    case 'failed':
      return `${name} ${event.reason}${event.output === '' ? '' : `\n${event.output}`}`;
  }
}
