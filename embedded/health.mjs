import http2 from 'node:http2';
import net from 'node:net';

/** gRPC status codes that say that nobody fit to answer is there. */
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

/**
 * What a server must do to count as healthy. All given conditions must hold.
 * @typedef {object} HealthCheck
 * @property {string} [logLine] Text that the server writes to its log once it listens. It tells this server from a
 *   stranger that took the port first.
 * @property {GrpcCall} [grpc] A call that must get an answer, be it an error, from the server's own service.
 * @property {string} [http] A URL that must answer with status 200.
 */

/**
 * @typedef {object} GrpcCall
 * @property {string} address `host:port`, without TLS
 * @property {string} path `/package.Service/Method`; it is called with an empty message
 */

/**
 * Makes one gRPC call with an empty request and fails unless the named service answers.
 * @param {GrpcCall} call
 * @param {number} [timeoutMs]
 * @returns {Promise<void>}
 */
export function probeGrpc({ address, path }, timeoutMs = 5000) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${address}`);
    const timer = setTimeout(() => finish(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    /** @param {Error} [error] */
    const finish = (error) => {
      clearTimeout(timer);
      session.destroy();
      if (error) reject(error);
      else resolve();
    };
    session.on('error', finish);
    const request = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    /** @type {number | undefined} */
    let status;
    /** @param {http2.IncomingHttpHeaders} headers */
    const readStatus = (headers) => {
      const value = headers['grpc-status'];
      if (value !== undefined) status = Number(value);
    };
    request.on('response', readStatus);
    request.on('trailers', readStatus);
    request.on('error', (error) => finish(error.cause instanceof Error ? error.cause : error));
    request.on('close', () => {
      if (status === undefined) finish(new Error('the server does not speak gRPC'));
      else if (status === UNIMPLEMENTED) finish(new Error(`the server there does not have ${path}`));
      else if (status === UNAVAILABLE) finish(new Error('the server is not ready'));
      else finish();
    });
    request.resume();
    // One gRPC message: not compressed, 0 bytes long.
    request.end(Buffer.alloc(5));
  });
}

/**
 * Fails unless the URL answers with status 200.
 * @param {string} url
 * @param {number} [timeoutMs]
 * @returns {Promise<void>}
 */
export async function probeHttp(url, timeoutMs = 5000) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answers with status ${response.status}`);
}

/**
 * Fails unless something accepts TCP connections there.
 * @param {string} host
 * @param {number} port
 * @param {number} [timeoutMs]
 * @returns {Promise<void>}
 */
export function probeTcp(host, port, timeoutMs = 5000) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('error', reject);
  });
}
