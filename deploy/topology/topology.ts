import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pickPort } from '../../embedded/ports.js';
import type { Service } from '../../embedded/service.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { Programs } from './programs.js';
import { makeSite, type Site } from './site.js';
import { type Spark, startSpark } from './spark.js';
import { startTemporal, type Temporal } from './temporal.js';

/** A Nightjar worker; `url` is where it tells of its health and its metrics. */
export type NightjarWorker = { name: string; service: Service; url: string };

/** What docker-compose.yml runs, as processes of this machine, which listen on the loopback interface only. */
export type Topology = {
  temporal: Temporal;
  spark: Spark;
  dataRoot: string;
  nightjarWorkers: NightjarWorker[];
  addNightjarWorker(): Promise<NightjarWorker>;
  /** Ends all processes. */
  stop(): Promise<void>;
};

export type TopologyOptions = {
  /** An empty folder, for all that the processes write. */
  folder: string;
  programs: Programs;
  tell: (line: string) => void;
};

/** @throws TopologyError when something is missing or does not start; nothing runs then */
export async function startTopology({ folder, programs, tell }: TopologyOptions): Promise<Topology> {
  // The database's password is another one for each topology, and nobody's business.
  const site = await makeSite(folder, programs, { TEMPORAL_DB_PASSWORD: 'unused' }, tell);
  try {
    const [temporal, spark] = await allSettledOrThrow(startTemporal(site), startSpark(site));
    const dataRoot = join(folder, 'data');
    await mkdir(dataRoot);
    const nightjarWorkers: NightjarWorker[] = [];
    let added = 0;
    const addNightjarWorker = async (): Promise<NightjarWorker> => {
      const worker = await startNightjar(site, `nightjar-${++added}`, {
        TEMPORAL_ADDRESS: temporal.address,
        SPARK_REMOTE: spark.remote,
        NIGHTJAR__DATAROOT: dataRoot,
      });
      nightjarWorkers.push(worker);
      return worker;
    };
    const { replicas = 1 } = site.compose('nightjar').deploy;
    await Promise.all(Array.from({ length: replicas }, addNightjarWorker));
    return { temporal, spark, dataRoot, nightjarWorkers, addNightjarWorker, stop: () => site.stop() };
  } catch (error) {
    await site.stop();
    throw error;
  }
}

async function startNightjar(site: Site, name: string, env: Record<string, string>): Promise<NightjarWorker> {
  const { command = [], environment } = site.compose('nightjar');
  const monitoring = `127.0.0.1:${await pickPort(undefined, site.ports)}`;
  const url = `http://${monitoring}`;
  const service = await site.start({
    name,
    command: process.execPath,
    args: [join(repositoryRoot, 'dist', 'cli', 'main.js'), ...command],
    cwd: repositoryRoot,
    // The check reads the log of runs for Spark's operations, which are told as debug messages.
    env: {
      ...environment,
      ...env,
      NIGHTJAR__WORKER__MONITORING: monitoring,
      NIGHTJAR__LOGGING__LEVEL: 'debug',
    },
    stopTimeoutMs: 30_000,
    health: { http: `${url}/readyz` },
  });
  return { name, service, url };
}

/** Both results; an error only once both have ended, so that nothing is started after all was stopped. */
async function allSettledOrThrow<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
