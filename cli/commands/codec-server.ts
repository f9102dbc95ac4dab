import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultHome } from '../../embedded/setup/layout.mjs';
import { keptToken } from '../../embedded/token.js';
import { startCodecServer } from '../../worker/connection/codec-server.js';
import { EncryptionCodec } from '../../worker/connection/encryption.js';
import { encryptionKeys } from '../../worker/connection/encryption-keys.js';
import { CliError } from '../exit.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type CodecServerOptions = SettingsOptions & { port: number; origin: string[] };

/** Where the Temporal UI of `nightjar dev` is. */
const usualOrigins = ['http://localhost:8233', 'http://127.0.0.1:8233'];

/** Holds the token that is asked for; without it, one is made and kept. */
const tokenVariable = 'NIGHTJAR_CODEC_TOKEN';

/** `nightjar codec-server`: lets the Temporal UI show payloads that are encrypted. */
export function registerCodecServer(program: Command): void {
  withSettings(
    program
      .command('codec-server')
      .description('decrypt payloads for the Temporal UI, on this machine only, until Ctrl-C'),
  )
    .addOption(new Option('--port <port>', 'where to listen; 0 for any').default(8234).argParser(parsePort))
    .addOption(
      new Option('--origin <url>', 'address of a UI that may ask; repeatable')
        .default([], usualOrigins.join(', '))
        .argParser(parseOrigin),
    )
    .action(codecServer);
}

async function codecServer({ port, origin, ...options }: CodecServerOptions): Promise<void> {
  const { encryption } = readSettings(options).temporal;
  if (encryption === undefined)
    throw new CliError('temporal.encryption is not set: there is nothing to decrypt');
  const codec = new EncryptionCodec(encryptionKeys(encryption, process.env));
  const origins = origin.length > 0 ? origin : usualOrigins;
  const token = process.env[tokenVariable] || (await keptToken(join(defaultHome, 'codec.token')));
  const server = await startCodecServer({ codec, port, token, origins }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CliError(
        error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another one by --port` : error.message,
      );
    },
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}`;
  process.stderr.write(
    `Decrypts for ${origins.join(', ')}\nIn the Temporal UI: the glasses at the top right, Codec Server, ${url}\nKeep the address to yourself: its last part is the token.\n`,
  );
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  server.closeAllConnections();
  server.close();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError('expected 0 to 65535');
  return port;
}

function parseOrigin(text: string, all: string[]): string[] {
  if (!URL.canParse(text) || new URL(text).origin === 'null')
    throw new InvalidArgumentError('expected the address of a UI, such as http://localhost:8233');
  return [...all, new URL(text).origin];
}
