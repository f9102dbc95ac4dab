import type { Worker } from '@temporalio/worker';
import type { Config } from '../../config/loader.js';
import { pickPort } from '../../embedded/ports.js';
import { connectTemporal } from '../connection/connect.js';
import type { WorkerObserver } from '../observer.js';
import { temporalAddress } from '../worker.js';
import { poolViews } from './pool-views.js';
import { type Monitored, serveMonitoring } from './server.js';

/** Health, readiness and metrics of a worker. */
export type Monitoring = {
  observer: WorkerObserver;
  /** `host:port` for the Temporal SDK's own metrics, on this machine only. */
  sdkMetrics: string;
  /** From now on the worker may be ready. */
  watch(worker: Worker): void;
  stop(): Promise<void>;
};

/**
 * Listens, and loads what monitoring needs: workers without it do without its library too.
 * @throws ConfigError when the address can't be listened at @throws ConnectionError
 */
export async function startMonitoring(
  config: Config,
  address: string,
  operators: ReadonlySet<string>,
): Promise<Monitoring> {
  const { createMetrics } = await import('./metrics.js');
  const { client, connection } = await connectTemporal(config, temporalAddress(config));
  const sdkMetrics = `127.0.0.1:${await pickPort(undefined, new Set())}`;
  const { registry, observer } = createMetrics(operators, poolViews(client));
  const monitored: Monitored = { worker: undefined, client, config, registry, sdkMetrics };
  const server = await serveMonitoring(address, monitored).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  return {
    observer,
    sdkMetrics,
    watch: (worker) => {
      monitored.worker = worker;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await connection.close();
    },
  };
}
