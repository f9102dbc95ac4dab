import { connect } from 'node:net';
import tls from 'node:tls';
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow/index.js';

/** Whether something listens at an address and its TLS suits us. */
export type Probe =
  | { ok: true }
  /** Waiting may help: nobody listens, or the name is not known. */
  | { ok: false; kind: 'unreachable'; why: string }
  /** Waiting doesn't help. */
  | { ok: false; kind: 'security'; why: string };

const patience = 5_000;

/** After the handshake of TLS 1.3 a server may still refuse the client's certificate: how long it gets, in milliseconds. */
const secondThoughts = 150;

/** What Node's and OpenSSL's codes mean in terms of settings. */
const hints: [RegExp, string][] = [
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ISSUER|CERT_UNTRUSTED/,
    'its certificate is of an authority that is not trusted here; name it by TEMPORAL_TLS_SERVER_CA_CERT_PATH or temporal.tls.serverCaFile',
  ],
  [
    /ALTNAME_INVALID/,
    'its certificate is for another name; say which by TEMPORAL_TLS_SERVER_NAME or temporal.tls.serverName',
  ],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [
    /CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA/,
    'it wants to see a certificate of ours that it trusts; name it by TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or by temporal.tls',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/,
    'it does not speak TLS; unset TEMPORAL_TLS_…, or set TEMPORAL_TLS=false',
  ],
  [/KEY_VALUES_MISMATCH|ERR_OSSL|PEM/, "the certificate and the key for TLS can't be used together"],
];

/** gRPC tells of a failed connection only that it failed: this finds out why. */
export async function probe(address: string, security: TLSConfig | undefined): Promise<Probe> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  try {
    await (security === undefined ? plain(host, Number(port)) : secure(host, Number(port), security));
    return { ok: true };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const hint = hints.find(([pattern]) => pattern.test(code))?.[1];
    if (hint === undefined) return { ok: false, kind: 'unreachable', why: message };
    return { ok: false, kind: 'security', why: `${hint} (${code})` };
  }
}

/** Whether a server that hangs up on us speaks TLS. */
export async function speaksTls(address: string): Promise<boolean> {
  const result = await probe(address, {});
  return result.ok || (result.kind === 'security' && !/does not speak TLS/.test(result.why));
}

function plain(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: patience });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });
}

function secure(
  host: string,
  port: number,
  { serverNameOverride, serverRootCACertificate, clientCertPair }: TLSConfig,
): Promise<void> {
  const pem = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port,
      timeout: patience,
      ALPNProtocols: ['h2'],
      servername: serverNameOverride ?? (/^[\d.:]+$/.test(host) ? '' : host),
      // An address has no name to indicate, but still one to check.
      checkServerIdentity: (_, certificate) =>
        tls.checkServerIdentity(serverNameOverride ?? host, certificate),
      ...(serverRootCACertificate === undefined ? {} : { ca: pem(serverRootCACertificate) }),
      ...(clientCertPair === undefined
        ? {}
        : { cert: pem(clientCertPair.crt), key: pem(clientCertPair.key) }),
    });
    socket.once('secureConnect', () => {
      const settled = setTimeout(() => {
        socket.destroy();
        resolve();
      }, secondThoughts);
      socket.once('data', () => {
        clearTimeout(settled);
        socket.destroy();
        resolve();
      });
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer to the TLS handshake')));
    socket.once('error', reject);
  });
}
