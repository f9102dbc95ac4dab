import process from 'node:process';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { type Embedded, startEmbedded } from '../../embedded/servers.js';
import { searchAttributes } from '../../workflows/search-attributes.js';

/** A Temporal and a Spark Connect server. The UIs' base URLs are '' when the servers were there already. */
export type TestServers = {
  temporalAddress: string;
  temporalUi: string;
  sparkRemote: string;
  sparkUi: string;
};

declare module 'vitest' {
  export interface ProvidedContext {
    /** Those of each process that runs test files; see `testServers` in test-servers.ts. */
    servers: TestServers[];
  }
}

/**
 * Starts a Temporal server for each of the processes that run integration tests side by side, so that what belongs to a
 * whole namespace is theirs, and a Spark Connect server for all, as sessions are apart anyway. Or takes the ones that
 * `TEMPORAL_ADDRESS` and `SPARK_REMOTE` name.
 */
export default async function setUpServers(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ name: 'test servers', level: 'warn' }, pino.destination({ fd: 2, sync: true }));
  const { maxWorkers } = project.config;
  const all: Embedded[] = await Promise.all(
    Array.from({ length: maxWorkers }, (_, index) =>
      startEmbedded({
        temporal: { searchAttributes: Object.values(searchAttributes) },
        // Queries of one test that only wait must not keep those of another waiting.
        spark: index === 0 && { cores: 2 * maxWorkers },
        instance: 'ephemeral',
        log,
      }),
    ),
  );
  const { TEMPORAL_UI = '', SPARK_UI = '' } = process.env;
  const spark = all[0]?.spark;
  project.provide(
    'servers',
    all.map(({ temporal }) => ({
      temporalAddress: temporal?.address ?? '',
      temporalUi: temporal?.uiUrl ?? TEMPORAL_UI,
      sparkRemote: spark?.remote ?? '',
      sparkUi: spark?.uiUrl ?? SPARK_UI,
    })),
  );
  return async () => {
    await Promise.all(all.map((servers) => servers.stop()));
  };
}
