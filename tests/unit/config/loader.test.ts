import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applySettings, ConfigError, loadConfig, pipelineSettings } from '../../../config/loader.js';
import { serverConf, sessionConf } from '../../../config/spark-conf.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightjar-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, text);
  return file;
}

/** The lines of the error, with the file called config.yaml. */
function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(join(folder, 'config.yaml'), 'config.yaml').split('\n');
  }
  throw new Error('expected a ConfigError');
}

describe('loadConfig', () => {
  it('fills a file of a few keys with defaults', () => {
    const config = loadConfig({ file: fileOf('generate:\n  records: 7\ntemporal:\n'), env: {} });
    expect(config.generate.records).toBe(7);
    expect(config.generate.users).toBe(500);
    expect(config.temporal.taskQueue).toBe('nightjar');
  });

  it('lets --set go before the environment, and that before the file', () => {
    const file = fileOf('generate: { records: 1, users: 1, projects: 1 }');
    const env = { NIGHTJAR__GENERATE__RECORDS: '2', NIGHTJAR__GENERATE__USERS: '2' };
    const { generate } = loadConfig({ file, env, overrides: ['generate.records=3'] });
    expect([generate.records, generate.users, generate.projects]).toEqual([3, 2, 1]);
  });

  it.each([
    ['NIGHTJAR__GENERATE__BADROWS__BADENUM', '0.1'],
    ['NIGHTJAR__GENERATE__BAD_ROWS__BAD_ENUM', '1e-1'],
    ['nightjar__generate__badRows__badEnum', '0.10'],
  ])('takes %s', (name, text) => {
    expect(loadConfig({ file: fileOf(''), env: { [name]: text } }).generate.badRows.badEnum).toBe(0.1);
  });

  it('overrides a part of a default that is a map of choices', () => {
    const { generate } = loadConfig({
      file: fileOf(''),
      env: {},
      overrides: ['generate.taskTypes.bug.share=0.5'],
    });
    expect(generate.taskTypes.bug).toEqual({ share: 0.5, medianHours: 5 });
    expect(generate.taskTypes.feature).toEqual({ share: 0.28, medianHours: 14 });
  });

  it('takes Spark settings, whose names hold dots, and lists', () => {
    const overrides = ['spark.conf.spark.sql.files.maxPartitionBytes=64m', 'dags.folders=[a, b]'];
    const { spark, dags } = loadConfig({ file: fileOf(''), env: {}, overrides });
    expect(spark.conf).toEqual({ 'spark.sql.files.maxPartitionBytes': '64m' });
    expect(dags.folders).toEqual(['a', 'b']);
  });

  it('takes addresses of servers from the variables that other tools use', () => {
    const env = {
      TEMPORAL_ADDRESS: 'temporal:7233',
      SPARK_REMOTE: 'sc://spark:15002',
      NIGHTJAR__TEMPORAL__ADDRESS: 'x:1',
    };
    const config = loadConfig({ file: fileOf('spark: { remote: sc://other }'), env });
    expect(config.temporal.address).toBe('temporal:7233');
    expect(config.spark.remote).toBe('sc://spark:15002');
    expect(loadConfig({ file: fileOf(''), env: { TEMPORAL_ADDRESS: '' } }).temporal.address).toBeUndefined();
  });

  it('reports everything that is wrong with the file, from top to bottom, and with the overrides', () => {
    const file = fileOf(
      [
        'generat: {}',
        'generate:',
        '  records: many',
        '  badRows: { missingKey: 0.9, badEnums: 0 }',
        'logging:',
        '  format: jsno',
        'spark:',
        '  conf: { sql.x: 1 }',
      ].join('\n'),
    );
    const env = { NIGHTJAR__GENERATE__RECORDS: 'x', NIGHTJAR__FOO: '1' };
    const overrides = ['generate.user=4', 'generate.users=0', 'oops', 'dataRoot.x=1', 'dags.folders=['];
    expect(problemsOf(() => loadConfig({ file, env, overrides }))).toEqual([
      "config.yaml:1:1: generat: unknown key (did you mean 'generate'?)",
      "config.yaml:3:12: generate.records: expected a number, got 'many'",
      'config.yaml:4:12: generate.badRows: expected rates of at most 0.5 in all',
      'config.yaml:4:26: generate.badRows.missingKey: expected at most 0.5, got 0.9',
      "config.yaml:4:31: generate.badRows.badEnums: unknown key (did you mean 'badEnum'?)",
      "config.yaml:6:11: logging.format: expected one of auto, pretty, json, got 'jsno' (did you mean 'json'?)",
      "config.yaml:8:11: spark.conf.sql.x: expected a Spark setting, which starts with 'spark.'",
      "NIGHTJAR__FOO: unknown setting 'FOO' (known: dataRoot, dags, operators, logging, worker, temporal, spark, pools, leases, storage, environment, http, retention, doctor, generate, ingest, models, thresholds)",
      "--set generate.user: unknown setting 'user' in generate (did you mean 'users'?)",
      '--set oops: expected name=value, such as generate.records=50000',
      "--set dataRoot.x: dataRoot is a single value: it has no 'x'",
      '--set dags.folders: expected a YAML value: Flow sequence must end with a ]',
      "NIGHTJAR__GENERATE__RECORDS: expected a number, got 'x'",
      '--set generate.users: expected at least 1, got 0',
    ]);
  });

  it('reports YAML that cannot be read, and a file that is not there', () => {
    expect(problemsOf(() => loadConfig({ file: fileOf('a: 1\na: 2'), env: {} }))).toEqual([
      'config.yaml:2:1: Map keys must be unique',
    ]);
    expect(problemsOf(() => loadConfig({ file: '/nowhere/config.yaml', env: {} }))).toEqual([
      '/nowhere/config.yaml: there is no such settings file',
    ]);
  });

  it('cannot be changed', () => {
    const config = loadConfig({ file: fileOf(''), env: {} });
    expect(() => Object.assign(config.generate.badRows, { badEnum: 1 })).toThrow(TypeError);
  });
});

describe('applySettings', () => {
  const config = () => loadConfig({ file: fileOf('dataRoot: /somewhere'), env: {} });

  it('replaces settings of the pipeline and keeps the others', () => {
    const base = config();
    const changed = applySettings(base, { 'generate.records': 5, 'thresholds.durations': { minR2: 0.1 } });
    expect(pipelineSettings(changed)).toEqual({
      ...pipelineSettings(base),
      generate: { ...base.generate, records: 5 },
      thresholds: { ...base.thresholds, durations: { minR2: 0.1 } },
    });
    expect(changed.dataRoot).toBe('/somewhere');
    expect(base.generate.records).toBe(1_000_000);
  });

  it('refuses unknown names, wrong values and settings that belong to the installation', () => {
    const settings = {
      'generate.recods': 1,
      'generate.users': '5',
      dataRoot: 'x',
      'generate.badRows.badEnum': 0.4999,
    };
    expect(problemsOf(() => applySettings(config(), settings))).toEqual([
      "generate.recods: unknown setting 'recods' in generate (did you mean 'records'?)",
      "dataRoot: a run can't change this setting, only those of generate, ingest, models, thresholds",
      "generate.users: expected a number, got '5'",
      'generate.badRows.badEnum: expected rates of at most 0.5 in all',
    ]);
  });
});

describe('Spark configuration', () => {
  it('writes settings as Spark names them, those of conf before the others', () => {
    const overrides = [
      'spark.conf.spark.sql.shuffle.partitions=3',
      'spark.conf.spark.ui.enabled=false',
      'spark.dynamicAllocation.enabled=true',
    ];
    const config = loadConfig({ file: fileOf(''), env: {}, overrides });
    expect(serverConf(config)).toMatchObject({
      'spark.sql.shuffle.partitions': '3',
      'spark.sql.adaptive.enabled': 'true',
      'spark.ui.enabled': 'false',
      'spark.dynamicAllocation.enabled': 'true',
      'spark.dynamicAllocation.maxExecutors': '8',
    });
    const session = sessionConf(config);
    expect(session).toMatchObject({
      'spark.sql.shuffle.partitions': '3',
      'spark.sql.adaptive.enabled': 'true',
      'spark.sql.session.timeZone': 'UTC',
    });
    // A running server refuses settings of the server.
    expect(Object.keys(session).filter((name) => /^spark\.(ui|dynamicAllocation)\./.test(name))).toEqual([]);
  });
});
