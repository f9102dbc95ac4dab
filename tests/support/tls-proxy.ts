import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority made for a test, with certificates for a server on this machine and for a client. Files are PEM. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'nightjar-ca-'));
  readonly ca = join(this.folder, 'ca.pem');

  constructor() {
    this.openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    )
      .with('-subj', '/CN=Nightjar test authority', '-keyout', this.file('ca.key'), '-out', this.ca)
      .run();
  }

  /** @param names DNS names and addresses, such as `DNS:localhost` */
  issue(name: string, names = 'DNS:localhost,IP:127.0.0.1'): { cert: string; key: string } {
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((suffix) =>
      this.file(`${name}.${suffix}`),
    ) as [string, string, string, string];
    this.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
      .with('-subj', `/CN=${name}`, '-keyout', key, '-out', request)
      .run();
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    this.openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-CAcreateserial',
      '-CA',
      this.ca,
      '-CAkey',
      this.file('ca.key'),
    )
      .with('-in', request, '-out', cert, '-extfile', extensions)
      .run();
    return { cert, key };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private file(name: string): string {
    return join(this.folder, name);
  }

  private openssl(...args: string[]): { with(...more: string[]): { run(): void } } {
    return {
      with: (...more) => ({ run: () => execFileSync('openssl', [...args, ...more], { stdio: 'pipe' }) }),
    };
  }
}

export type ProxyOptions = {
  /** `host:port` of a gRPC server without TLS. */
  target: string;
  certificate: { cert: string; key: string };
  /** Authority of clients: only those with its certificate may come. */
  clientCa?: string;
  /** Answers UNAUTHENTICATED to calls with another `authorization` header. */
  authorization?: string;
};

/** A gRPC server behind TLS, as a cloud has it: it notes the `authorization` headers that it sees. */
export class TlsProxy {
  readonly authorizations = new Set<string | undefined>();
  readonly clients = new Set<string | undefined>();

  private constructor(private readonly server: http2.Http2SecureServer) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get address(): string {
    return `localhost:${this.port}`;
  }

  static async start({ target, certificate, clientCa, authorization }: ProxyOptions): Promise<TlsProxy> {
    const server = http2.createSecureServer({
      cert: readFileSync(certificate.cert),
      key: readFileSync(certificate.key),
      ...(clientCa === undefined
        ? {}
        : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
      settings: { initialWindowSize: 8 * 1024 * 1024 },
    });
    const proxy = new TlsProxy(server);
    const sessions = new Set<http2.Http2Session>();
    server.on('session', (session: http2.ServerHttp2Session) => {
      const upstream = http2.connect(`http://${target}`, {
        settings: { initialWindowSize: 8 * 1024 * 1024 },
      });
      const subject = (session.socket as import('node:tls').TLSSocket).getPeerCertificate?.()?.subject;
      proxy.clients.add(subject?.CN as string | undefined);
      for (const each of [session, upstream]) {
        sessions.add(each);
        each.on('error', () => {});
      }
      session.on('close', () => upstream.close());
      upstream.on('close', () => session.close());
      session.on('stream', (stream, headers) => {
        const given = headers.authorization;
        proxy.authorizations.add(given);
        if (authorization !== undefined && given !== authorization) {
          stream.respond(
            { 'content-type': 'application/grpc', 'grpc-status': '16', 'grpc-message': 'no such key' },
            { endStream: true },
          );
          return;
        }
        forward(stream, upstream, headers);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    server.on('close', () => {
      for (const session of sessions) session.destroy();
    });
    proxy.sessions = sessions;
    return proxy;
  }

  private sessions = new Set<http2.Http2Session>();

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function forward(
  stream: http2.ServerHttp2Stream,
  upstream: http2.ClientHttp2Session,
  headers: http2.IncomingHttpHeaders,
): void {
  const { ':method': method, ':path': path, ':scheme': _, ':authority': __, ...rest } = headers;
  const request = upstream.request({ ':method': method, ':path': path, ...rest }, { endStream: false });
  let trailers: http2.IncomingHttpHeaders = {};
  stream.pipe(request);
  request.on('response', (answer, flags) => {
    const { ':status': status, ...others } = answer;
    const isOver = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (stream.destroyed) return;
    if (isOver) return stream.respond({ ':status': status, ...others }, { endStream: true });
    stream.respond({ ':status': status, ...others }, { waitForTrailers: true });
    request.pipe(stream);
  });
  request.on('trailers', (last) => {
    trailers = last;
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('aborted', () => request.close(http2.constants.NGHTTP2_CANCEL));
  stream.on('error', () => {});
  request.on('error', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
}
