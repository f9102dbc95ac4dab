import { randomInt } from 'node:crypto';
import net from 'node:net';

/** Below the range that systems hand out to outgoing connections, so that a restarted server gets its port back. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 200;

/**
 * Picks a TCP port on which nothing listens at 127.0.0.1. It may be taken by the time it is used: whoever uses it
 * picks again when it is.
 *
 * @param preferred taken when it is free
 * @param chosen ports that are spoken for though nothing listens on them yet; the result is added
 * @throws Error when no free port is found
 */
export async function pickPort(preferred: number | undefined, chosen: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = attempt === 0 && preferred !== undefined ? preferred : randomInt(LOWEST, HIGHEST);
    if (chosen.has(port) || !(await isFree(port))) continue;
    chosen.add(port);
    return port;
  }
  throw new Error(`No free TCP port found between ${LOWEST} and ${HIGHEST}: ${TRIES} were tried.`);
}

/** Whether nobody listens on a port at 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
