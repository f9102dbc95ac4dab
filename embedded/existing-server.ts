import { setTimeout as sleep } from 'node:timers/promises';
import { probeGrpc, probeTcp } from './health.mjs';
import { SPARK_PROBE } from './spark-server.js';
import { TEMPORAL_PROBE } from './temporal-server.js';

/** How long a server that was just started elsewhere may take to answer, by default. */
const PATIENCE_MS = 10_000;

/**
 * Makes sure that a Temporal server answers.
 *
 * @param address `host:port`
 * @param tls whether the server wants TLS; then only the TCP connection is tried
 * @param patienceMs how long to wait for an answer
 * @throws Error that names the address, when there was none
 */
export async function checkTemporal(address: string, tls: boolean, patienceMs = PATIENCE_MS): Promise<void> {
  const { host, port } = splitAddress(address, 7233);
  const probe = tls ? () => probeTcp(host, port) : () => probeGrpc({ address, path: TEMPORAL_PROBE });
  await untilItAnswers(probe, 'Temporal server', 'TEMPORAL_ADDRESS', address, patienceMs);
}

/**
 * Makes sure that a Spark Connect server answers.
 *
 * @param remote `sc://host:port/;key=value…`; with `use_ssl=true` or a token only the TCP connection is tried
 * @param patienceMs how long to wait for an answer
 * @throws Error that names the address, when it is malformed or there was no answer
 */
export async function checkSpark(remote: string, patienceMs = PATIENCE_MS): Promise<void> {
  if (!/^sc:\/\/[^/;]+/.test(remote))
    throw new Error(
      `SPARK_REMOTE is "${withoutToken(remote)}"; expected sc://host:port, such as sc://localhost:15002.`,
    );
  const { host, port } = splitAddress(remote.slice('sc://'.length).split(/[/;]/)[0] ?? '', 15002);
  const tls = /;(use_ssl=true|token=)/i.test(remote);
  const probe = tls
    ? () => probeTcp(host, port)
    : () => probeGrpc({ address: `${host}:${port}`, path: SPARK_PROBE });
  await untilItAnswers(probe, 'Spark Connect server', 'SPARK_REMOTE', withoutToken(remote), patienceMs);
}

/** An address of Spark Connect without its token: what may be shown, and end in logs. */
export const withoutToken = (remote: string): string => remote.replace(/(;token=)[^;]*/i, '$1…');

function splitAddress(address: string, defaultPort: number): { host: string; port: number } {
  const [, host = address, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: port ? Number(port) : defaultPort };
}

async function untilItAnswers(
  probe: () => Promise<void>,
  what: string,
  variable: string,
  address: string,
  patienceMs: number,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() < deadline) {
        await sleep(300);
        continue;
      }
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `No ${what} answers at ${address} (${why}). Start it, correct ${variable}, or unset it to use the embedded server.`,
      );
    }
  }
}
