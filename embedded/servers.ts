import type { Logger } from 'pino';
import { checkSpark, checkTemporal } from './existing-server.js';
import { type Instance, type InstanceKind, takeInstance } from './instance.js';
import { pickPort } from './ports.js';
import { type AnnouncedServer, announceServers, withdrawServers } from './running-servers.js';
import { excerpt, type Service, type ServiceEvent, ServiceStartError, startService } from './service.js';
import { defaultHome } from './setup/layout.mjs';
import { type SparkOptions, sparkService, sparkToken } from './spark-server.js';
import type { ServiceSpec } from './supervisor.mjs';
import { type TemporalOptions, temporalService } from './temporal-server.js';

/** Which servers to have, and where their state lives. */
export interface EmbeddedOptions {
  /** False for none. Default: with default options. */
  temporal?: TemporalOptions | false;
  /** False for none. Default: with default options. */
  spark?: SparkOptions | false;
  /** `main` (default) keeps its state for the next start; `ephemeral` has free ports and is removed by `stop`. */
  instance?: InstanceKind;
  log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** Called when an embedded server crashed, was restarted, or was given up. Such events are logged anyway. */
  onEvent?: (server: 'temporal' | 'spark', event: ServiceEvent) => void;
  /** Folder of set-up's and the servers' files. Default `.nightjar` in the repository. */
  home?: string;
}

/** A Temporal server that answers. */
export interface TemporalServer {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  /** Base URL of the web UI; undefined for a server that was there already, as nothing tells where its UI is. */
  readonly uiUrl: string | undefined;
  /** Whether it was started here, and will be stopped with the others. */
  readonly embedded: boolean;
  /** Process id; undefined when not embedded or being restarted. */
  pid(): number | undefined;
}

/** A Spark Connect server that answers. */
export interface SparkServer {
  /** Connection string, `sc://host:port`; that of an embedded server has its token too. */
  readonly remote: string;
  /** Base URL of the web UI; undefined for a server that was there already. */
  readonly uiUrl: string | undefined;
  readonly embedded: boolean;
  pid(): number | undefined;
}

/** The servers to work with. */
export interface Embedded {
  readonly temporal?: TemporalServer;
  readonly spark?: SparkServer;
  /** Folder with state and logs of this instance; undefined when nothing was started. */
  readonly folder: string | undefined;
  /** Stops what was started here and gives the instance back. May be called repeatedly. */
  stop(): Promise<void>;
}

/** Where the servers of the main instance listen, if these are free; docker-compose.yml publishes the same. */
export const DEFAULT_PORTS = { temporal: { grpc: 7233, ui: 8233 }, spark: { grpc: 15002, ui: 4040 } };
const PORT_TRIES = 5;

/**
 * Provides a Temporal and a Spark Connect server: the ones that `TEMPORAL_ADDRESS` and `SPARK_REMOTE` (or the options)
 * name, after a look whether they answer, else embedded ones, started, healthy and supervised. Embedded servers listen
 * on 127.0.0.1 only, and end with this process, however it ends.
 *
 * @throws Error with one readable message when a server does not answer or start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const wanted = {
    temporal: options.temporal === false ? undefined : (options.temporal ?? {}),
    spark: options.spark === false ? undefined : (options.spark ?? {}),
  };
  const temporalAddress = wanted.temporal && (process.env.TEMPORAL_ADDRESS || wanted.temporal.address);
  const sparkRemote = wanted.spark && (process.env.SPARK_REMOTE || wanted.spark.remote);
  const starter = new Starter(options);
  try {
    // Side by side: Spark takes seconds, most of them on one core.
    const [temporal, spark] = await allOrFirstError([
      temporalAddress
        ? existingTemporal(temporalAddress, wanted.temporal?.tls)
        : wanted.temporal && starter.temporal(wanted.temporal),
      sparkRemote ? existingSpark(sparkRemote) : wanted.spark && starter.spark(wanted.spark),
    ] as const);
    await starter.announce();
    return {
      ...(temporal && { temporal }),
      ...(spark && { spark }),
      folder: starter.folder,
      stop: () => starter.stop(),
    };
  } catch (error) {
    await starter.stop();
    throw error;
  }
}

async function existingTemporal(
  address: string,
  tls = Object.keys(process.env).some((name) => /^TEMPORAL_(TLS|API_KEY)/.test(name)),
): Promise<TemporalServer> {
  await checkTemporal(address, tls);
  return { address, uiUrl: undefined, embedded: false, pid: () => undefined };
}

async function existingSpark(remote: string): Promise<SparkServer> {
  await checkSpark(remote);
  return { remote, uiUrl: undefined, embedded: false, pid: () => undefined };
}

/** Starts servers in one instance, which it takes when the first of them is wanted. */
class Starter {
  readonly #options: EmbeddedOptions;
  readonly #services: Service[] = [];
  readonly #running: AnnouncedServer[] = [];
  readonly #chosenPorts = new Set<number>();
  #instance: Promise<Instance> | undefined;
  #stopped: Promise<void> | undefined;
  folder: string | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
  }

  async temporal(options: TemporalOptions): Promise<TemporalServer> {
    const { ports, service } = await this.#start('temporal', options, (home, folder, ports) =>
      temporalService(home, folder, ports, options),
    );
    return {
      address: `127.0.0.1:${ports.grpc}`,
      uiUrl: `http://127.0.0.1:${ports.ui}`,
      embedded: true,
      pid: service.pid,
    };
  }

  async spark(options: SparkOptions): Promise<SparkServer> {
    const { ports, service, folder } = await this.#start('spark', options, (home, folder, ports) =>
      sparkService(home, folder, ports, options),
    );
    return {
      remote: `sc://127.0.0.1:${ports.grpc}/;token=${await sparkToken(folder)}`,
      uiUrl: `http://127.0.0.1:${ports.ui}`,
      embedded: true,
      pid: service.pid,
    };
  }

  /** Says where the servers of a lasting instance listen, for commands that are to find them. */
  async announce(): Promise<void> {
    const { folder, slot } = (await this.#instance) ?? {};
    if (folder !== undefined && slot !== undefined) await announceServers(folder, this.#running);
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      if (this.folder !== undefined) await withdrawServers(this.folder);
      await Promise.all(this.#services.map((service) => service.stop()));
      await (await this.#instance)?.release();
    })();
    return this.#stopped;
  }

  /** Starts a server on ports that are free, and on others when somebody was faster. */
  async #start(
    server: 'temporal' | 'spark',
    wanted: { port?: number | undefined; uiPort?: number | undefined },
    describe: (
      home: string,
      folder: string,
      ports: { grpc: number; ui: number },
    ) => ServiceSpec | Promise<ServiceSpec>,
  ) {
    const { log, home = defaultHome, instance: kind = 'main' } = this.#options;
    this.#instance ??= takeInstance(home, kind);
    const { folder } = await this.#instance;
    this.folder = folder;
    const defaults = kind === 'main' ? DEFAULT_PORTS[server] : undefined;
    for (let attempt = 1; ; attempt++) {
      const ports = {
        grpc: await pickPort(wanted.port ?? defaults?.grpc, this.#chosenPorts),
        ui: await pickPort(wanted.uiPort ?? defaults?.ui, this.#chosenPorts),
      };
      const spec = await describe(home, folder, ports);
      log.debug({ server, ports, folder }, `starting ${spec.name}`);
      try {
        const service = await startService(spec, (event) => this.#tell(server, spec, event));
        this.#services.push(service);
        this.#running.push({ kind: server, ...ports });
        return { ports, service, folder };
      } catch (error) {
        const retry = error instanceof ServiceStartError && error.portTaken && attempt < PORT_TRIES;
        if (!retry) throw error;
        log.debug({ server, ports }, `${spec.name} lost the race for a port`);
      }
    }
  }

  #tell(server: 'temporal' | 'spark', spec: ServiceSpec, event: ServiceEvent): void {
    const { log, onEvent } = this.#options;
    if (event.type === 'crashed') log.warn({ server }, `${spec.name} ${event.how}; restarting it`);
    if (event.type === 'restarted') log.warn({ server, pid: event.pid }, `${spec.name} runs again`);
    if (event.type === 'failed')
      log.error(
        { server, output: excerpt(event.output) },
        `${spec.name} ${event.reason}. Log: ${spec.logFile}`,
      );
    onEvent?.(server, event);
  }
}

/** Like Promise.all, but an error is thrown only when nothing is under way any more. */
async function allOrFirstError<T extends readonly unknown[]>(work: T) {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return Promise.all(work);
}
