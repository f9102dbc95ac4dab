import { createServer, type Server } from 'node:http';
import type { Client } from '@temporalio/client';
import type { Worker, WorkerStatus } from '@temporalio/worker';
import type { Registry } from 'prom-client';
import { type Config, ConfigError } from '../../config/loader.js';
import { probeTcp } from '../../embedded/health.mjs';
import { namesThisMachine } from '../local-host.js';

/** How long a server may take to answer before it counts as not there, in milliseconds. */
const patience = 3_000;

export type Monitored = {
  /** Undefined until it has been made. */
  worker: Worker | undefined;
  client: Client;
  config: Config;
  registry: Registry;
  /** Where the Temporal SDK shows its own metrics. */
  sdkMetrics: string;
};

/**
 * Answers about the worker: `/healthz`, whether the process is there; `/readyz`, whether it looks for work and reaches its
 * servers; `/metrics`, for Prometheus. Where it listens on this machine only, it has to be called by a name of this
 * machine. Resolves when it listens.
 */
export async function serveMonitoring(address: string, monitored: Monitored): Promise<Server> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const isLocal = namesThisMachine(address);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const reply = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    if (isLocal && !namesThisMachine(request.headers.host))
      reply(421, 'text/plain', 'expected to be called 127.0.0.1 or localhost\n');
    else if (path === '/healthz') reply(200, 'text/plain', 'ok\n');
    else if (path === '/readyz')
      void readiness(monitored).then((found) =>
        reply(found.ready ? 200 : 503, 'application/json', `${JSON.stringify(found)}\n`),
      );
    else if (path === '/metrics')
      void metrics(monitored).then(
        (text) => reply(200, monitored.registry.contentType, text),
        (error: unknown) => reply(500, 'text/plain', `${error instanceof Error ? error.message : error}\n`),
      );
    else reply(404, 'text/plain', 'there are /healthz, /readyz and /metrics\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken; choose another one' : error.message;
      reject(new ConfigError([`worker.monitoring: ${address}: ${why}`]));
    });
    server.listen(Number(port), host, resolve);
  });
  return server;
}

type Readiness = { ready: boolean; worker: string; temporal: string; spark: string };

async function readiness({ worker, client, config }: Monitored): Promise<Readiness> {
  const state = workerState(worker?.getStatus());
  const [temporal, spark] = await Promise.all([
    answer(
      client.connection.withDeadline(Date.now() + patience, () => client.workflowService.getSystemInfo({})),
    ),
    config.spark.remote === undefined ? 'none' : answer(sparkAnswers(config.spark.remote)),
  ]);
  const ready = state === 'ok' && temporal === 'ok' && (spark === 'ok' || spark === 'none');
  return { ready, worker: state, temporal, spark };
}

function workerState(status: WorkerStatus | undefined): string {
  if (status === undefined) return 'starting';
  const { runState, workflowPollerState, activityPollerState } = status;
  const polls = workflowPollerState === 'POLLING' && activityPollerState === 'POLLING';
  return runState === 'RUNNING' && polls ? 'ok' : runState.toLowerCase();
}

/** Without the reason, which may name inner addresses. */
const answer = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'ok',
    () => 'unreachable',
  );

function sparkAnswers(remote: string): Promise<void> {
  const [, host = '', port = '15002'] = /^sc:\/\/\[?(.*?)\]?(?::(\d+))?(?:[/;].*)?$/.exec(remote) ?? [];
  return probeTcp(host, Number(port), patience);
}

/** Ours and the SDK's in one page. */
async function metrics({ registry, sdkMetrics }: Monitored): Promise<string> {
  const [own, ofSdk] = await Promise.all([
    registry.metrics(),
    fetch(`http://${sdkMetrics}/metrics`, { signal: AbortSignal.timeout(patience) }).then((response) =>
      response.text(),
    ),
  ]);
  return `${own.trimEnd()}\n${ofSdk}`;
}
