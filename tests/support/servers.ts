import process from 'node:process';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../embedded/servers.js';
import { searchAttributes } from '../../workflows/search-attributes.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The servers that all integration tests share. The UIs' base URLs are '' when the servers were there already. */
    servers: { temporalAddress: string; temporalUi: string; sparkRemote: string; sparkUi: string };
  }
}

/**
 * Starts one Temporal and one Spark Connect server for a run of the integration tests, or takes the ones that
 * `TEMPORAL_ADDRESS` and `SPARK_REMOTE` name. Tests find them by `inject('servers')` and, as programs under test do,
 * by the environment: `TEMPORAL_ADDRESS`, `TEMPORAL_UI`, `SPARK_REMOTE`, `SPARK_UI`.
 */
export default async function setUpServers(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startEmbedded({
    temporal: { searchAttributes: Object.values(searchAttributes) },
    instance: 'ephemeral',
    log: pino({ name: 'test servers', level: 'warn' }, pino.destination({ fd: 2, sync: true })),
  });
  const { TEMPORAL_UI = '', SPARK_UI = '' } = process.env;
  const temporalUi = servers.temporal?.uiUrl ?? TEMPORAL_UI;
  const sparkUi = servers.spark?.uiUrl ?? SPARK_UI;
  const temporalAddress = servers.temporal?.address ?? '';
  const sparkRemote = servers.spark?.remote ?? '';
  Object.assign(process.env, {
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_UI: temporalUi,
    SPARK_REMOTE: sparkRemote,
    SPARK_UI: sparkUi,
  });
  project.provide('servers', { temporalAddress, temporalUi, sparkRemote, sparkUi });
  return () => servers.stop();
}
