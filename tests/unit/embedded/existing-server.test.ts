import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { checkSpark, checkTemporal } from '../../../embedded/existing-server.js';

async function listen(server: net.Server | http2.Http2Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedAddress(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

test('a server that does not answer is named, with the variable to correct', async () => {
  const address = await closedAddress();
  await expect(checkTemporal(address, false, 0)).rejects.toThrow(
    `No Temporal server answers at ${address} (connect ECONNREFUSED ${address}). Start it, correct TEMPORAL_ADDRESS, or unset it to use the embedded server.`,
  );
  await expect(checkTemporal(address, true, 0)).rejects.toThrow(`No Temporal server answers at ${address}`);
  await expect(checkSpark(`sc://${address}/;user_id=me`, 0)).rejects.toThrow(
    `No Spark Connect server answers at sc://${address}/;user_id=me (connect ECONNREFUSED ${address}). Start it, correct SPARK_REMOTE`,
  );
  await expect(checkSpark(`sc://${address}/;use_ssl=true`, 0)).rejects.toThrow('ECONNREFUSED');
});

test('another gRPC server is not taken for the one wanted', async () => {
  const other = http2.createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '12' });
    response.end();
  });
  const address = await listen(other);
  await expect(checkTemporal(address, false, 0)).rejects.toThrow(
    /the server there does not have .*GetSystemInfo/,
  );
});

test('a server behind TLS need only accept connections', async () => {
  const address = await listen(net.createServer());
  await checkTemporal(address, true, 0);
  await checkSpark(`sc://${address}/;token=abc`, 0);
});

test.each(['localhost:15002', 'http://localhost:15002', 'sc://', ''])(
  '"%s" is no Spark address',
  async (remote) => {
    await expect(checkSpark(remote, 0)).rejects.toThrow(
      `SPARK_REMOTE is "${remote}"; expected sc://host:port, such as sc://localhost:15002.`,
    );
  },
);
