import { z } from 'zod';

/** Seed of everything random about a model. */
export const seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const share = z.number().gt(0).max(1);

/** Of clustering by KMeans. Names are Spark's. */
export const kMeansSettings = {
  /** Most iterations of each fit. Default 30. */
  maxIter: z.int().min(1).max(10_000).default(30),
};

/** What all ensembles of trees share. */
const trees = {
  /** Bins that a number is cut into where trees look for splits. Raised by itself to the most values of a category. Default 32. */
  maxBins: z.int().min(2).max(10_000).default(32),
  /** Rows that both sides of a split must have. Default 10. */
  minInstancesPerNode: z.int().min(1).max(1_000_000).default(10),
};

/** Gradient-boosted trees. */
export const gbtSettings = z.strictObject({
  /** Trees, each correcting the ones before it. Default 20. */
  maxIter: z.int().min(1).max(1000).default(20),
  /** Depth of each tree, at most 30. Default 5. */
  maxDepth: z.int().min(1).max(30).default(5),
  /** Learning rate: how much of its correction each tree makes, above 0, at most 1. Default 0.2. */
  stepSize: share.default(0.2),
  /** Share of the rows that each tree sees. Default 1. */
  subsamplingRate: share.default(1),
  ...trees,
});

/** A random forest. */
export const randomForestSettings = z.strictObject({
  /** Default 20. */
  numTrees: z.int().min(1).max(1000).default(20),
  /** Depth of each tree, at most 30. Default 8. */
  maxDepth: z.int().min(1).max(30).default(8),
  /** Share of the rows that each tree sees. Default 0.5. */
  subsamplingRate: share.default(0.5),
  ...trees,
});

/** Linear regression over standardised features, with categories one-hot encoded. */
export const linearSettings = z.strictObject({
  /** Most iterations. Default 100. */
  maxIter: z.int().min(1).max(10_000).default(100),
  /** Strength of regularisation. Default 0.01. */
  regParam: z.number().min(0).default(0.01),
  /** Its kind: 0 is ridge, 1 is lasso, between them a mix. Default 0. */
  elasticNetParam: z.number().min(0).max(1).default(0),
});

/** Which regression: `gbt`, `random-forest` or `linear`. */
export const regressionAlgorithm = z.enum(['gbt', 'random-forest', 'linear']);

const clusters = z.int().min(2).max(100);

/** How many clusters to try: the number with the best silhouette is taken. */
export const clusterRange = z
  .strictObject({
    /** Default 2. */
    min: clusters.default(2),
    /** Default 8. */
    max: clusters.default(8),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], error: 'expected at most max' });

/** Clusters of projects. */
const clustering = z.strictObject({
  k: clusterRange.prefault({}),
  ...kMeansSettings,
  /** Default 42. */
  seed: seed.default(42),
});

/** The regression of task durations. */
const durations = z.strictObject({
  /** Default gbt. */
  algorithm: regressionAlgorithm.default('gbt'),
  /** Share of the rows that the model is tested on and never sees. Default 0.2. */
  testRatio: z.number().gt(0).lt(1).default(0.2),
  /** Share of the other rows that it learns from; less is faster. Default 1. */
  sampleRatio: share.default(1),
  /** Of the split and of the algorithm. Default 42. */
  seed: seed.default(42),
  /** Used when the algorithm is gbt. */
  gbt: gbtSettings.prefault({}),
  /** Used when the algorithm is random-forest. */
  randomForest: randomForestSettings.prefault({}),
  /** Used when the algorithm is linear. */
  linear: linearSettings.prefault({}),
});

/** The `models` section: algorithms and hyperparameters. */
export const modelsSettings = z.strictObject({
  clustering: clustering.prefault({}),
  durations: durations.prefault({}),
});

export type ModelsSettings = z.output<typeof modelsSettings>;
