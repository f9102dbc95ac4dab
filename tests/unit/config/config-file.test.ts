import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../config/schema.js';

const file = fileURLToPath(new URL('../../../config/config.yaml', import.meta.url));
const text = readFileSync(file, 'utf8');

describe('config/config.yaml', () => {
  it('holds every setting with its default', () => {
    expect({ ...parse(text), operators: {}, retention: {} }).toEqual(configSchema.parse({}));
  });

  it('names the settings without a default in comments', () => {
    const lines = text.split('\n').filter((line) => /^\s*# \w+: (\S+|\{.*\})$/.test(line));
    expect(lines.map((line) => line.replace(/^\s*# (\w+):.*/, '$1'))).toEqual([
      'folder',
      'file',
      'monitoring',
      'address',
      'profile',
      'profileFile',
      'tls',
      'apiKeyFile',
      'encryption',
      'deployment',
      'remote',
      'cores',
      'keepRuns',
      'olderThan',
    ]);
  });

  it('reads the same when what was read is validated again, as overriding does', () => {
    const settings = configSchema.parse({ spark: { conf: { 'spark.sql.x': 1 } } });
    expect(configSchema.parse(settings)).toEqual(settings);
  });
});
