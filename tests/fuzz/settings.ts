import fc from 'fast-check';
import { ConfigError, loadConfig } from '../../config/loader.js';
import { refusesInWords, target } from './target.js';

const name = fc.oneof(
  fc.constantFrom(
    ...[
      'dataRoot',
      'generate.records',
      'generate.shards',
      'logging.level',
      'logging.fileSize',
      'pools.small.slots',
    ],
    ...[
      'temporal.address',
      'temporal.taskQueue',
      'worker.shutdownGraceTime',
      'dags.folders',
      'models.clustering.k',
    ],
    ...['__proto__.x', 'constructor', 'spark.conf.a.b', 'spark.driverMemory', 'leases.checkInterval'],
  ),
  fc.string({ maxLength: 12 }),
);

const value = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1e999',
    '.nan',
    '9007199254740993',
    '[',
    '{}',
    '[a, b]',
    '*a',
    '&a [*a]',
    '2026-02-31',
    '~',
    '',
  ),
  fc.string({ maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json)),
);

export const settingTarget = target({
  name: 'settings',
  arbitrary: fc.record({
    overrides: fc.array(fc.tuple(name, value), { maxLength: 3 }),
    environment: fc.array(fc.tuple(name, value), { maxLength: 2 }),
  }),
  check: ({ overrides, environment }) =>
    refusesInWords(
      () =>
        loadConfig({
          env: Object.fromEntries(
            environment.map(([key, text]) => [`NIGHTJAR__${key.replaceAll('.', '__').toUpperCase()}`, text]),
          ),
          overrides: overrides.map(([key, text]) => `${key}=${text}`),
        }),
      (error) => error instanceof ConfigError,
    ),
});
