import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { Config } from '../../config/loader.js';
import { probe, speaksTls } from './probe.js';
import { type TemporalOptions, temporalOptions } from './temporal-options.js';

/** A server that can't be reached, or refuses us. The message says which and why, and holds no secrets. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

export type Connected = { client: Client; connection: Connection };

/**
 * Connects a client to the Temporal server of the settings. Its connection is for the caller to close.
 * @throws ConfigError for settings that can't be used @throws ConnectionError
 */
export async function connectTemporal(
  config: Pick<Config, 'temporal'>,
  address: string,
  env?: Readonly<Record<string, string | undefined>>,
): Promise<Connected> {
  const options = temporalOptions(config, address, env);
  const { tls } = options.connection;
  const security = tls === true ? {} : tls || undefined;
  const found = await probe(address, security);
  if (!found.ok && found.kind === 'security')
    throw new ConnectionError(`no Temporal server could be talked to at ${address}: ${found.why}`);
  const connection = await Connection.connect({ ...options.connection, connectTimeout: '5s' }).catch(
    async (error: unknown) => {
      const isNamed = config.temporal.address !== undefined;
      throw new ConnectionError(await reasonOf(error, options, isNamed), { cause: error });
    },
  );
  return { connection, client: new Client({ connection, ...options.client }) };
}

/** gRPC's codes of a server that answers, but not to us. */
const refusals = new Map([
  [7, 'does not allow this'],
  [16, 'does not know us'],
]);

async function reasonOf(
  error: unknown,
  { connection: { address, tls, apiKey } }: TemporalOptions,
  isNamed: boolean,
): Promise<string> {
  const grpc = findGrpcError(error);
  const refusal = grpc && refusals.get(grpc.code);
  if (refusal !== undefined) {
    const advice =
      apiKey === undefined
        ? 'no API key was given: set TEMPORAL_API_KEY or temporal.apiKeyFile'
        : 'check the API key';
    return `the Temporal server at ${address} ${refusal} (${grpc?.details}); ${advice}`;
  }
  const security = tls === true ? {} : tls || undefined;
  const found = await probe(address, security);
  if (!found.ok)
    return `no Temporal server at ${address} (${found.why}); start one with \`nightjar dev\`, or set TEMPORAL_ADDRESS (host:port)`;
  if (security === undefined && (await speaksTls(address)))
    return `no Temporal server could be talked to at ${address}: it wants TLS; set ${isNamed ? '' : 'TEMPORAL_ADDRESS, and '}TEMPORAL_TLS=true or temporal.tls`;
  const why = grpc?.details || (error instanceof Error ? error.message : String(error));
  return `what listens at ${address} is no Temporal server, or is not ready (${why})`;
}

function findGrpcError(error: unknown): { code: number; details: string } | undefined {
  for (let each = error; each instanceof Error; each = each.cause) if (isGrpcServiceError(each)) return each;
  return undefined;
}
