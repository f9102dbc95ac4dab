import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../config/json-schema.js';
import { traceConfig } from '../../../config/loader.js';
import { redacted } from '../../../config/redact.js';
import { singleSettings, sourceOf } from '../../../config/setting-sources.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';
import { tempFolder } from '../../support/temp-folder.js';

describe('where settings come from', () => {
  it('is told for each: default, line of the file, environment, command line, profile', () => {
    const folder = tempFolder();
    const file = join(folder, 'own.yaml');
    const profileFile = join(folder, 'temporal.toml');
    writeFileSync(profileFile, '[profile.default]\naddress = "cloud:7233"\nnamespace = "theirs"\n');
    writeFileSync(
      file,
      [
        'dataRoot: /data',
        'logging:',
        'temporal:',
        `  profileFile: ${profileFile}`,
        '  namespace: ours',
        'generate: { users: 5, records: 100, seed: 7 }',
        'spark: { conf: { spark.a.b: 1 } }',
      ].join('\n'),
    );
    const env = {
      NIGHTJAR__GENERATE__RECORDS: '200',
      SPARK_REMOTE: 'sc://spark:15002',
      NIGHTJAR__GENERATE__SEED: '8',
    };
    const traced = traceConfig({ file, env, overrides: ['generate.seed=9'] });
    const sources = Object.fromEntries(
      singleSettings(traced.config).map(([path]) => [path.join('.'), sourceOf(path, traced)]),
    );
    expect(sources).toMatchObject({
      dataRoot: `${file}:1`,
      'dags.folders': 'default',
      'logging.level': 'default',
      'temporal.namespace': `${file}:5`,
      'temporal.address': 'Temporal profile default',
      'generate.users': `${file}:6`,
      'generate.records': 'NIGHTJAR__GENERATE__RECORDS',
      'generate.seed': '--set generate.seed',
      'spark.remote': 'SPARK_REMOTE',
      'spark.conf.spark.a.b': `${file}:7`,
      pools: 'default',
    });
  });
});

describe('secrets in settings', () => {
  it('are not shown', () => {
    const settings = {
      spark: {
        remote: 'sc://spark:15002/;user_id=us;token=s3cret;use_ssl=true',
        conf: {
          'spark.hadoop.fs.s3a.secret.key': 's3cret',
          'spark.hadoop.fs.s3a.access.key': 's3cret',
          'spark.ssl.keyStorePassword': 's3cret',
          'spark.sql.shuffle.partitions': 8,
        },
      },
      temporal: { apiKeyFile: '/run/secrets/key', encryption: { key: 'new', keys: { new: { env: 'KEY' } } } },
    };
    const shown = redacted(settings);
    expect(JSON.stringify(shown)).not.toContain('s3cret');
    expect(shown).toMatchObject({
      spark: {
        remote: 'sc://spark:15002/;user_id=us;token=…;use_ssl=true',
        conf: { 'spark.sql.shuffle.partitions': 8 },
      },
      temporal: settings.temporal,
    });
  });
});

describe('config/config.schema.json', () => {
  const read = (name: string): string => readFileSync(join(repositoryRoot, 'config', name), 'utf8');
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(configJsonSchema());

  it('is current; `npm run nightjar -- config schema --write` renews it', () => {
    expect(JSON.parse(read('config.schema.json'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('is what editors find by config.yaml, which it accepts', () => {
    const text = read('config.yaml');
    expect(text).toMatch(/^# yaml-language-server: \$schema=config\.schema\.json\n/);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['an unknown setting', { generate: { recods: 5 } }],
    ['a value of another type', { generate: { records: 'many' } }],
    ['a value beyond its limits', { temporal: { address: 'no port' } }],
    ['another word', { logging: { level: 'loud' } }],
  ])('refuses %s', (_, settings) => {
    expect(validate(settings)).toBe(false);
  });
});
