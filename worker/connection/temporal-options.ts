import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { toClientOptions } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { registerSecret } from '../../activities/secrets.js';
import { type Config, ConfigError } from '../../config/loader.js';
import { temporalProfile } from '../../config/temporal-profile.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { EncryptionCodec } from './encryption.js';
import { encryptionKeys } from './encryption-keys.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to reach a Temporal server: the same for clients and workers. */
export type TemporalOptions = {
  connection: Pick<NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'> & { address: string };
  /** Namespace, and how payloads are written: of clients and workers alike. */
  client: { namespace: string; dataConverter: DataConverter };
};

/** How payloads are read, by clients, workers and workflows alike: the SDK loads it by its path. */
export const payloadConverterPath = join(repositoryRoot, 'dist', 'contract', 'payload-converter.js');

/**
 * What the settings and Temporal's standard environment say about the server: environment, settings, profile, in this
 * order. Where none is named it is the embedded one, which wants neither TLS nor a key: what is said of them is of another.
 * @throws ConfigError when a file can't be read or a key is none
 */
export function temporalOptions(
  { temporal }: Pick<Config, 'temporal'>,
  address: string,
  env: Environment = process.env,
): TemporalOptions {
  const client = { namespace: temporal.namespace, dataConverter: dataConverter(temporal, env) };
  if (temporal.address === undefined) return { connection: { address, tls: false }, client };
  const fromEnvironment = standard(() => temporalProfile({}, env));
  // Its folder is found by HOME and the like.
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  const { profile, profileFile } = temporal;
  const isNamed = profile !== undefined || profileFile !== undefined;
  const fromProfile: Standard = isNamed ? standard(() => temporalProfile(temporal, rest)) : {};
  const apiKey = fromEnvironment.apiKey ?? ownApiKey(temporal) ?? fromProfile.apiKey;
  if (apiKey !== undefined) registerSecret(apiKey);
  const metadata = { ...fromProfile.metadata, ...fromEnvironment.metadata };
  // An API key alone means TLS, but says no more than that.
  const tls = fromEnvironment.tls ?? ownTls(temporal) ?? fromProfile.tls ?? apiKey !== undefined;
  return {
    connection: {
      address,
      tls,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    },
    client,
  };
}

/**
 * The environment that leads a worker to an embedded server at this address, when it is added to one that says how to
 * reach another.
 */
export function embeddedEnvironment(address: string, env: Environment = process.env): Record<string, string> {
  const ofAnother = Object.keys(env).filter((name) => /^TEMPORAL_(TLS|API_KEY|GRPC_META)/.test(name));
  return {
    ...Object.fromEntries(ofAnother.map((name) => [name, ''])),
    // Goes before the settings as well.
    TEMPORAL_TLS: 'false',
    TEMPORAL_ADDRESS: address,
  };
}

export function dataConverter(
  { encryption }: Config['temporal'],
  env: Environment = process.env,
): DataConverter {
  if (encryption === undefined) return { payloadConverterPath };
  return { payloadConverterPath, payloadCodecs: [new EncryptionCodec(encryptionKeys(encryption, env))] };
}

type Standard = Pick<NativeConnectionOptions, 'tls' | 'metadata'> & { apiKey?: string };

function standard(read: () => ReturnType<typeof temporalProfile>): Standard {
  try {
    const profile = read();
    const { tls, metadata } = toClientOptions(profile).connectionOptions;
    return {
      ...(profile.tls === undefined ? {} : { tls: tls ?? null }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(profile.apiKey === undefined ? {} : { apiKey: profile.apiKey }),
    };
  } catch (error) {
    throw new ConfigError([`Temporal: ${(error as Error).message}`]);
  }
}

function ownTls({ tls }: Config['temporal']): NativeConnectionOptions['tls'] {
  if (tls === undefined || typeof tls === 'boolean') return tls;
  const { serverName, serverCaFile, clientCertFile, clientKeyFile } = tls;
  return {
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(serverCaFile === undefined
      ? {}
      : { serverRootCACertificate: readSetting('temporal.tls.serverCaFile', serverCaFile) }),
    ...(clientCertFile === undefined || clientKeyFile === undefined
      ? {}
      : {
          clientCertPair: {
            crt: readSetting('temporal.tls.clientCertFile', clientCertFile),
            key: readSetting('temporal.tls.clientKeyFile', clientKeyFile),
          },
        }),
  };
}

const ownApiKey = ({ apiKeyFile }: Config['temporal']): string | undefined =>
  apiKeyFile === undefined
    ? undefined
    : readSetting('temporal.apiKeyFile', apiKeyFile).toString('utf8').trim() || undefined;

function readSetting(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError([`${name}: ${file} can't be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}
