import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import proto from '@temporalio/proto';

const { GetSystemInfoResponse } = proto.temporal.api.workflowservice.v1;
const unimplemented = '12';

/** Speaks gRPC and says that it is a Temporal server of some version; it can do nothing else. */
export async function temporalOfVersion(
  serverVersion: string,
): Promise<{ address: string; stop(): Promise<void> }> {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    const isInfo = headers[':path']?.endsWith('/GetSystemInfo') === true;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': isInfo ? '0' : unimplemented }));
    stream.resume();
    if (!isInfo) return void stream.end();
    const message = GetSystemInfoResponse.encode({ serverVersion, capabilities: {} }).finish();
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}
