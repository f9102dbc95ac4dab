import { z } from 'zod';
import { environmentSettings, httpSettings } from './sections/access.js';
import { generateSettings } from './sections/generate.js';
import { modelsSettings } from './sections/models.js';
import { leasesSettings, poolsSettings } from './sections/pools.js';
import { loggingSettings, workerSettings } from './sections/service.js';
import { doctorSettings, retentionSettings, storageSettings } from './sections/storage.js';
import { temporalSettings } from './sections/temporal.js';

const dynamicAllocation = z
  .strictObject({
    /** For clusters; a local Spark ignores it. Default false. */
    enabled: z.boolean().default(false),
    /** Default 1. */
    minExecutors: z.int().min(0).max(10_000).default(1),
    /** Default 8. */
    maxExecutors: z.int().min(1).max(10_000).default(8),
  })
  .refine((allocation) => allocation.minExecutors <= allocation.maxExecutors, {
    path: ['minExecutors'],
    error: 'expected at most maxExecutors',
  });

const spark = z.strictObject({
  /** `sc://host:port` of a Spark Connect server that already runs; without it an embedded one is started. `SPARK_REMOTE` overrides it. */
  remote: z
    .string()
    .regex(/^sc:\/\/[^\s/]+/, 'expected a Spark Connect address, such as sc://localhost:15002')
    .optional(),
  /** Heap of the embedded server: a number and k, m or g. Default 2g. */
  driverMemory: z
    .string()
    .regex(/^[1-9]\d*[kmg]$/, 'expected a size such as 2g or 1500m')
    .default('2g'),
  /** Cores that the embedded server uses. Default: all. */
  cores: z.int().min(1).max(1024).optional(),
  /** Partitions of a shuffle, before adaptive execution merges small ones. Default 8. */
  shufflePartitions: z.int().min(1).max(100_000).default(8),
  /** Adaptive query execution. Default true. */
  adaptive: z.boolean().default(true),
  dynamicAllocation: dynamicAllocation.prefault({}),
  /** Any other Spark setting by its full name; goes before those above. */
  conf: z
    .record(
      z.string().regex(/^spark\./, "expected a Spark setting, which starts with 'spark.'"),
      z.union([z.string(), z.number(), z.boolean()], { error: 'expected text, a number, true or false' }),
    )
    .default({}),
});

const ingest = z.strictObject({
  thresholds: z
    .strictObject({
      /** Share of rejected rows, 0–1, above which ingest fails. Default 0.01. */
      maxRejectedRatio: z.number().min(0).max(1).default(0.01),
      /** Files rejected whole above which ingest fails. Default 0. */
      maxRejectedFiles: z.int().min(0).default(0),
    })
    .prefault({}),
});

/** What a model must reach before it may become current. */
const thresholds = z.strictObject({
  clustering: z
    .strictObject({
      /** −1 to 1. Default 0.2. */
      minSilhouette: z.number().min(-1).max(1).default(0.2),
    })
    .prefault({}),
  durations: z
    .strictObject({
      /** Share of the variance that is explained, at most 1. Default 0.3. */
      minR2: z.number().max(1).default(0.3),
    })
    .prefault({}),
});

/** Settings that templates see as `config` and that a run may override: frozen when the run starts. */
export const pipelineSections = {
  generate: generateSettings.prefault({}),
  ingest: ingest.prefault({}),
  models: modelsSettings.prefault({}),
  thresholds: thresholds.prefault({}),
};

/**
 * All settings, with defaults for those that the file leaves out. Validating a result again must give the same result,
 * because overrides are applied to it: no transforms here.
 */
export const configSchema = z.strictObject({
  /** Where runs keep their data: a folder that Nightjar and Spark both reach. Relative to the working folder. Default ./data. */
  dataRoot: z.string().min(1).default('./data'),
  dags: z
    .strictObject({
      /** Folders of DAG documents. Default config/dags. */
      folders: z.array(z.string().min(1)).default(['config/dags']),
    })
    .prefault({}),
  operators: z
    .strictObject({
      /** Folder of operators of one's own. */
      folder: z.string().min(1).optional(),
    })
    .prefault({}),
  logging: loggingSettings.prefault({}),
  worker: workerSettings.prefault({}),
  temporal: temporalSettings.prefault({}),
  spark: spark.prefault({}),
  pools: poolsSettings.default({}),
  leases: leasesSettings.prefault({}),
  storage: storageSettings.prefault({}),
  environment: environmentSettings.prefault({}),
  http: httpSettings.prefault({}),
  retention: retentionSettings.prefault({}),
  doctor: doctorSettings.prefault({}),
  ...pipelineSections,
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<z.output<typeof configSchema>>;
export type PipelineSettings = Pick<Config, keyof typeof pipelineSections>;
