import { readFileSync } from 'node:fs';
import { registerSecret } from '../../activities/secrets.js';
import { type Config, ConfigError } from '../../config/loader.js';
import type { EncryptionKeys } from './encryption.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Encryption = NonNullable<Config['temporal']['encryption']>;

const keyBytes = 32;

/** Reads the keys that the settings name. @throws ConfigError naming every key that is missing or not one, never its text */
export function encryptionKeys({ key: current, keys }: Encryption, env: Environment): EncryptionKeys {
  const problems: string[] = [];
  const read = Object.entries(keys).flatMap(([id, source]): [string, Buffer][] => {
    const place = 'env' in source ? `the environment variable ${source.env}` : `the file ${source.file}`;
    const problem = (what: string): [] => {
      problems.push(`temporal.encryption.keys.${id}: ${place} ${what}`);
      return [];
    };
    let text: string | undefined;
    try {
      text = ('env' in source ? env[source.env] : readFileSync(source.file, 'utf8'))?.trim();
    } catch (error) {
      return problem(`can't be read (${(error as NodeJS.ErrnoException).code})`);
    }
    if (!text) return problem(`${'env' in source ? 'is not set' : 'is empty'}`);
    registerSecret(text);
    const bytes = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
    if (bytes.length !== keyBytes) {
      return problem(
        'holds no 256-bit key in base64 or hexadecimal digits; make one with: openssl rand -base64 32',
      );
    }
    return [[id, bytes]];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { current, keys: new Map(read) };
}
