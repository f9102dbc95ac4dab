import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pickPort } from '../../embedded/ports.js';
import type { Service } from '../../embedded/service.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { TEMPORAL_PROBE } from '../../embedded/temporal-server.js';
import type { ComposeService } from './compose.js';
import { runCommand } from './run-command.js';
import type { Site } from './site.js';

const user = 'temporal';

/** A running Temporal server. */
export type Temporal = {
  address: string /** Where Prometheus would ask. */;
  metricsUrl: string;
  namespace: string;
  services: Service[];
};

/** PostgreSQL with Temporal's schema, the Temporal server, its namespace and search attributes. */
export async function startTemporal(site: Site): Promise<Temporal> {
  const database = await startPostgres(site);
  const { programs, ports, compose } = site;
  const scripts = join(repositoryRoot, 'deploy', 'temporal');
  const path = [programs.temporalBin, programs.temporalCli, process.env.PATH].join(':');
  const job = (service: string, what: string, env: Record<string, string>): Promise<void> =>
    runCommand(what, withLocalScript(compose(service), scripts), {
      cwd: site.folder,
      logFile: site.logFile(service),
      env: { ...compose(service).environment, ...env, PATH: path },
    });
  await job('temporal-schema', "set up Temporal's databases", {
    SQL_HOST: '127.0.0.1',
    SQL_PORT: String(database.port),
    SQL_PASSWORD: database.password,
    SCHEMA: programs.temporalSchema,
  });

  const port = async (): Promise<string> => String(await pickPort(undefined, ports));
  const grpc = await port();
  const metrics = await port();
  const address = `127.0.0.1:${grpc}`;
  const server = await site.start({
    name: 'temporal',
    command: join(programs.temporalBin, 'temporal-server'),
    args: ['start'],
    env: {
      ...compose('temporal').environment,
      DB_PORT: String(database.port),
      POSTGRES_SEEDS: '127.0.0.1',
      POSTGRES_PWD: database.password,
      BIND_ON_IP: '127.0.0.1',
      TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1',
      DYNAMIC_CONFIG_FILE_PATH: join(scripts, 'dynamic-config.yaml'),
      PROMETHEUS_ENDPOINT: `127.0.0.1:${metrics}`,
      FRONTEND_GRPC_PORT: grpc,
      FRONTEND_HTTP_PORT: await port(),
      FRONTEND_MEMBERSHIP_PORT: await port(),
      HISTORY_GRPC_PORT: await port(),
      HISTORY_MEMBERSHIP_PORT: await port(),
      MATCHING_GRPC_PORT: await port(),
      MATCHING_MEMBERSHIP_PORT: await port(),
      WORKER_GRPC_PORT: await port(),
      WORKER_MEMBERSHIP_PORT: await port(),
    },
    health: { grpc: { address, path: TEMPORAL_PROBE }, http: `http://127.0.0.1:${metrics}/metrics` },
  });
  await job('temporal-namespace', "create Temporal's namespace", { TEMPORAL_ADDRESS: address });
  return {
    address,
    metricsUrl: `http://127.0.0.1:${metrics}`,
    namespace: compose('temporal-namespace').environment.TEMPORAL_NAMESPACE ?? '',
    services: [database.service, server],
  };
}

/** The command of a one-shot service, with its script where the repository has it. */
const withLocalScript = ({ command = [] }: ComposeService, scripts: string): string[] =>
  command.map((word) => word.replace(/^\/deploy\//, `${scripts}/`));

async function startPostgres(site: Site): Promise<{ port: number; password: string; service: Service }> {
  const { folder, programs } = site;
  const home = join(folder, 'postgresql');
  const data = join(home, 'data');
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(home, 'password');
  await mkdir(home);
  await writeFile(passwordFile, password, { mode: 0o600 });
  // PostgreSQL refuses to be root.
  const isRoot = process.getuid?.() === 0;
  const account = 'postgres';
  const as = isRoot ? ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups', '--'] : [];
  if (isRoot) await promisify(execFile)('chown', ['-R', `${account}:`, home]);
  await runCommand(
    'create a PostgreSQL database',
    [
      ...as,
      ...[join(programs.postgresBin, 'initdb'), '--pgdata', data, '--username', user, '--encoding', 'UTF8'],
      ...['--auth', 'scram-sha-256', '--pwfile', passwordFile, '--no-instructions'],
    ],
    { cwd: home, logFile: site.logFile('postgresql') },
  );
  const port = await pickPort(undefined, site.ports);
  const [command = '', ...args] = [...as, join(programs.postgresBin, 'postgres')];
  const service = await site.start({
    name: 'postgresql',
    command,
    args: [
      ...args,
      ...['-D', data, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ],
    cwd: home,
    health: { logLine: 'database system is ready to accept connections' },
  });
  return { port, password, service };
}
