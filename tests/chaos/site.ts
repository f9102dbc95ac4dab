import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { type Embedded, startEmbedded } from '../../embedded/servers.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { WorkerProcess } from '../support/worker-process.js';
import type { Scenario } from './scenarios.js';
import { TcpProxy } from './tcp-proxy.js';

const workers = 2;

/** The data root's size where it is a disk of its own, which can become full. */
const diskSize = '512m';

/**
 * Servers and workers of their own, to be killed: a Temporal and a Spark Connect server, which come up again by themselves, and two
 * workers, which reach both through proxies.
 */
export class Site {
  private constructor(
    readonly folder: string,
    readonly servers: Embedded,
    readonly client: Client,
    readonly proxies: { temporal: TcpProxy; spark: TcpProxy },
    readonly workers: readonly WorkerProcess[],
    /** Whether the data root is a disk of its own. Only root may mount one. */
    readonly hasDisk: boolean,
  ) {}

  get dataRoot(): string {
    return join(this.folder, 'data');
  }

  get dags(): string {
    return join(this.folder, 'dags');
  }

  /** For files that scenarios wait for. */
  get gates(): string {
    return join(this.folder, 'gates');
  }

  /** Temporary files of the workers and their programs. */
  get temp(): string {
    return join(this.folder, 'tmp');
  }

  /** What the `nightjar` command needs to work here. It doesn't go through the proxies. */
  get environment(): Record<string, string> {
    return {
      TEMPORAL_ADDRESS: this.servers.temporal?.address ?? '',
      SPARK_REMOTE: this.servers.spark?.remote ?? '',
      NIGHTJAR__DATAROOT: this.dataRoot,
      ...settings(this.folder),
    };
  }

  static async start(scenarios: readonly Pick<Scenario, 'documents' | 'files'>[]): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-chaos-'));
    for (const name of ['dags', 'data', 'gates', 'tmp']) await mkdir(join(folder, name));
    for (const { documents, files } of scenarios) {
      if (files !== undefined) await cp(files, join(folder, 'dags'), { recursive: true });
      for (const [dagId, text] of Object.entries(documents)) {
        await writeFile(join(folder, 'dags', `${dagId}.yaml`), text);
      }
    }
    const hasDisk = process.getuid?.() === 0 && mountDisk(join(folder, 'data'));
    const servers = await withoutNamedServers(() =>
      startEmbedded({
        temporal: { searchAttributes: Object.values(searchAttributes) },
        spark: { conf: { 'spark.ui.retainedJobs': '100000' } },
        instance: 'ephemeral',
        log: pino({ enabled: false }),
      }),
    );
    const { address, remote } = { ...servers.temporal, ...servers.spark };
    if (address === undefined || remote === undefined) throw new Error('a server was not started');
    const proxies = {
      temporal: await TcpProxy.start(portOf(address)),
      spark: await TcpProxy.start(portOf(remote)),
    };
    const client = new Client({ connection: await Connection.connect({ address }) });
    const start = (): WorkerProcess =>
      new WorkerProcess({
        temporalAddress: atPort(address, proxies.temporal.port),
        sparkRemote: atPort(remote, proxies.spark.port),
        folder,
        env: { ...settings(folder), TMPDIR: join(folder, 'tmp') },
      });
    return new Site(folder, servers, client, proxies, Array.from({ length: workers }, start), hasDisk);
  }

  /** @param keep Leaves logs and data where they are */
  async stop(keep = false): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.client.connection.close();
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()));
    await this.servers.stop();
    if (keep) return;
    if (this.hasDisk) execFileSync('umount', ['--lazy', this.dataRoot]);
    await rm(this.folder, { recursive: true });
  }
}

const settings = (folder: string): Record<string, string> => ({
  NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
  NIGHTJAR__POOLS: '{ narrow: { slots: 2 } }',
  NIGHTJAR__LEASES__CHECKINTERVAL: '2s',
});

/** The same address at another port. Host and port of a Spark server's are followed by its token. */
const atPort = (address: string, port: number): string => address.replace(/:\d+/, `:${port}`);

/** The port in `host:port` or `sc://host:port/…`. A server that is started again keeps its port. */
function portOf(address: string): number {
  const port = /:(\d+)/.exec(address)?.[1];
  if (port === undefined) throw new Error(`there is no port in ${address}`);
  return Number(port);
}

function mountDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    // In a container root may not mount.
    return false;
  }
}

/** The servers are to be killed: never those that the environment names. */
async function withoutNamedServers<T>(start: () => Promise<T>): Promise<T> {
  const { TEMPORAL_ADDRESS, SPARK_REMOTE } = process.env;
  delete process.env.TEMPORAL_ADDRESS;
  delete process.env.SPARK_REMOTE;
  try {
    return await start();
  } finally {
    if (TEMPORAL_ADDRESS !== undefined) process.env.TEMPORAL_ADDRESS = TEMPORAL_ADDRESS;
    if (SPARK_REMOTE !== undefined) process.env.SPARK_REMOTE = SPARK_REMOTE;
  }
}
