import net from 'node:net';
import { onTestFinished } from 'vitest';
import { parseConnectionString } from '../../src/index.js';

/** A TCP proxy to the server of a connection string, whose connections a test can cut. Closed when the test is over. */
export async function cuttableProxy(target: string) {
  const { host, port } = parseConnectionString(target);
  const sockets = new Set<net.Socket>();
  let refusing = false;
  let cutAfterBytes = Number.POSITIVE_INFINITY;
  let cuts = 0;
  let received = 0;
  const server = net.createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = net.connect(port, host);
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    let bytes = 0;
    upstream.on('data', (data) => {
      bytes += data.length;
      received += data.length;
      if (bytes > cutAfterBytes) {
        cuts++;
        close();
      }
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        close();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (how: 'end' | 'reset' = 'end') => {
    cuts++;
    for (const socket of sockets) how === 'end' ? socket.destroy() : socket.resetAndDestroy();
  };
  onTestFinished(() => {
    server.close();
    cut();
  });
  return {
    /** The connection string with the proxy's address; its parameters, such as a token, are the same. */
    remote: target.replace(/^sc:\/\/[^/]+/, `sc://127.0.0.1:${(server.address() as net.AddressInfo).port}`),
    cut,
    cuts: () => cuts,
    /** Bytes that came from the server so far. */
    received: () => received,
    /** While refusing, new connections are dropped at once. */
    refuse: (on: boolean) => {
      refusing = on;
    },
    /** Cuts every connection after that many bytes from the server. */
    cutEvery: (bytes: number) => {
      cutAfterBytes = bytes;
    },
  };
}
