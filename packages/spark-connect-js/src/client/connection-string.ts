import { SparkConnectError } from './errors.js';

/** What a connection string says, with Spark's defaults filled in. */
export interface Connection {
  readonly host: string;
  /** Default 15002. */
  readonly port: number;
  /** Whether to speak TLS: `use_ssl=true`, or a token for a server that is not on this machine. */
  readonly tls: boolean;
  /** Bearer token sent with every call. */
  readonly token: string | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
  readonly userAgent: string | undefined;
  /** All parameters that Spark does not define; sent as gRPC metadata, as Spark's documentation prescribes. */
  readonly headers: Readonly<Record<string, string>>;
}

const defaultPort = 15002;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID such as `00112233-4455-6677-8899-aabbccddeeff`, which Spark demands of its ids. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/**
 * Parses a connection string `sc://host:port/;key=value;…` by Spark Connect's rules.
 * Parameters: `token`, `use_ssl`, `user_id`, `session_id` (a UUID), `user_agent`; any other becomes gRPC metadata.
 * Values are percent-decoded.
 * @throws SparkConnectError `INVALID_CONNECT_URL`, naming what is wrong and how to write it
 */
export function parseConnectionString(text: string): Connection {
  const invalid = (detail: string) =>
    new SparkConnectError(
      `Invalid connection string "${withoutToken(text)}": ${detail} Expected sc://host:port/;key=value;…`,
      { errorClass: 'INVALID_CONNECT_URL' },
    );
  if (!text.startsWith('sc://')) throw invalid('it must start with sc://.');
  const [address = '', ...pairs] = text.slice('sc://'.length).split(';');
  let url: URL;
  try {
    url = new URL(`http://${address}`);
  } catch {
    throw invalid(`"${address}" is not a host with an optional port.`);
  }
  if (url.username || url.password || url.search || url.hash)
    throw invalid('only a host and a port may precede "/;".');
  if (url.pathname !== '/') throw invalid(`the path "${url.pathname}" must be empty.`);
  if (pairs.length > 0 && !address.endsWith('/')) throw invalid('parameters must follow "/;".');

  const parameters = new Map<string, string>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 1) throw invalid(`the parameter "${pair}" must be written key=value.`);
    const key = pair.slice(0, equals);
    if (parameters.has(key)) throw invalid(`the parameter "${key}" appears twice.`);
    try {
      parameters.set(key, decodeURIComponent(pair.slice(equals + 1)));
    } catch {
      throw invalid(`the value of "${key}" is not correctly percent-encoded.`);
    }
  }
  const take = (key: string) => {
    const value = parameters.get(key);
    parameters.delete(key);
    return value;
  };
  const useSsl = take('use_ssl')?.toLowerCase();
  if (useSsl !== undefined && useSsl !== 'true' && useSsl !== 'false')
    throw invalid('use_ssl must be true or false.');
  const token = take('token');
  if (token === '') throw invalid('the token is empty.');
  const sessionId = take('session_id');
  if (sessionId !== undefined && !isUuid(sessionId))
    throw invalid(`session_id "${sessionId}" must be a UUID.`);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (token !== undefined && useSsl === 'false' && !local) {
    throw invalid('a token may be sent without TLS to this machine only; drop use_ssl=false.');
  }
  return {
    host: url.hostname,
    port: url.port === '' ? portOf(address) : Number(url.port),
    tls: useSsl === 'true' || (token !== undefined && !local),
    token,
    userId: take('user_id'),
    sessionId,
    userAgent: take('user_agent'),
    headers: Object.fromEntries(parameters),
  };
}

/** The URL parser drops port 80 as the default of http; Spark's own default is another. */
function portOf(address: string): number {
  return /:0*80\/?$/.test(address) ? 80 : defaultPort;
}

/** Errors end in logs; tokens must not. */
function withoutToken(text: string): string {
  return text.replace(/(;token=)[^;]*/g, '$1…');
}
