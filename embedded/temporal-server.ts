import { existsSync } from 'node:fs';
import path from 'node:path';
import type { SearchAttributeType } from '@temporalio/common';
import { serverEnvironment } from './setup/environment.mjs';
import { temporalBinary } from './setup/layout.mjs';
import type { ServiceSpec } from './supervisor.mjs';

/** The Temporal server to use or to start. */
export interface TemporalOptions {
  /** `host:port` of a server that already runs. `TEMPORAL_ADDRESS` goes first. Default: an embedded one. */
  address?: string | undefined;
  /** Whether a server that already runs wants TLS. Default: as `TEMPORAL_TLS…` and `TEMPORAL_API_KEY` say. */
  tls?: boolean | undefined;
  /** Namespaces to have beside `default`. */
  namespaces?: readonly string[];
  /** Search attributes to register. */
  searchAttributes?: readonly { name: string; type: SearchAttributeType }[];
  /** Temporal's dynamic configuration: key → JSON value. */
  dynamicConfig?: Readonly<Record<string, unknown>>;
  /** Port of the gRPC service, if it is free. Default 7233, for ephemeral instances any free one. */
  port?: number | undefined;
  /** Port of the web UI, if it is free. Default 8233, for ephemeral instances any free one. */
  uiPort?: number | undefined;
}

/**
 * The default of 20 polls per second makes each task of a chain wait 41 ms; with this a task takes 10 ms.
 * `deploy/temporal/dynamic-config.yaml` sets the same.
 */
export const DYNAMIC_CONFIG = { 'history.transferProcessorMaxPollRPS': 2000 };

/** With a write-ahead log, commits need not wait for the disk, and killing the server still loses nothing. */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/**
 * How to run Temporal's development server with its state in a folder.
 * @throws Error when set-up has not installed it
 */
export function temporalService(
  home: string,
  folder: string,
  ports: { grpc: number; ui: number },
  options: TemporalOptions,
): ServiceSpec {
  const command = temporalBinary(home);
  if (!existsSync(command))
    throw new Error(
      `The Temporal server is not installed (${command} is missing): run "node embedded/setup/main.mjs".`,
    );
  const address = `127.0.0.1:${ports.grpc}`;
  return {
    name: 'Temporal',
    command,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
      ...['--port', String(ports.grpc), '--ui-port', String(ports.ui)],
      ...['--db-filename', path.join(folder, 'temporal.db'), '--ui-disable-news-fetch'],
      ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ...Object.entries({ ...DYNAMIC_CONFIG, ...options.dynamicConfig }).flatMap(([key, value]) => [
        '--dynamic-config-value',
        `${key}=${JSON.stringify(value)}`,
      ]),
      ...(options.namespaces ?? []).flatMap((namespace) => ['--namespace', namespace]),
      ...(options.searchAttributes ?? []).flatMap(({ name, type }) => [
        '--search-attribute',
        `${name}=${commandLineType(type)}`,
      ]),
    ],
    env: serverEnvironment(),
    cwd: folder,
    logFile: path.join(folder, 'temporal.log'),
    pidFile: path.join(folder, 'temporal.pid'),
    health: {
      logLine: 'Temporal Server:',
      grpc: { address, path: TEMPORAL_PROBE },
      // Answers only when the UI, the service and the default namespace are all there.
      http: `http://127.0.0.1:${ports.ui}/api/v1/namespaces/default`,
    },
  };
}

/** A call that every Temporal server answers, whatever its namespaces. */
export const TEMPORAL_PROBE = '/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo';

/** `KEYWORD_LIST` is `KeywordList` on the command line. */
function commandLineType(type: SearchAttributeType): string {
  return type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}
