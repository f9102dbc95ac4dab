import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { SparkConnectService } from '../gen/spark/connect/base_pb.js';
import type { Connection } from './connection-string.js';

/** Typed calls to a Spark Connect server over one HTTP/2 connection, which is opened and reopened as needed. */
export interface SparkRpc extends Client<typeof SparkConnectService> {}

/** The largest message that is accepted, in bytes; Spark's servers and clients use the same. */
const maxMessageBytes = 128 * 1024 * 1024;

/**
 * A broken HTTP/2 session can report its error once more after its manager has let go of it, which would end the
 * process as an unhandled event.
 */
class SessionManager extends Http2SessionManager {
  readonly #guarded = new WeakSet<object>();

  override async request(...args: Parameters<Http2SessionManager['request']>) {
    const stream = await super.request(...args);
    const { session } = stream;
    if (session !== undefined && !this.#guarded.has(session)) {
      this.#guarded.add(session);
      session.on('error', () => undefined);
    }
    return stream;
  }
}

/** Prepares the connection; nothing is sent before the first call. `close` drops it and all calls on it. */
export function openTransport(connection: Connection): { rpc: SparkRpc; close(): void } {
  const baseUrl = `${connection.tls ? 'https' : 'http'}://${connection.host}:${connection.port}`;
  // A connection that died in silence is noticed by a ping: the intervals of Spark's own clients.
  const sessionManager = new SessionManager(baseUrl, { pingIntervalMs: 60_000, pingTimeoutMs: 20_000 });
  const metadata: Interceptor = (next) => (request) => {
    for (const [key, value] of Object.entries(connection.headers)) request.header.set(key, value);
    if (connection.token !== undefined) request.header.set('authorization', `Bearer ${connection.token}`);
    return next(request);
  };
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    interceptors: [metadata],
    readMaxBytes: maxMessageBytes,
    // Arrow data compress badly, and both ends are usually close to each other.
    acceptCompression: [],
  });
  return { rpc: createClient(SparkConnectService, transport), close: () => sessionManager.abort() };
}
