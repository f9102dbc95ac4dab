import { z } from 'zod';

/** KMeans over standardised project metrics; k is the one of the range with the best silhouette. */
const clustering = z.strictObject({
  /** Fewest clusters to try. Default 2. */
  minK: z.int().min(2).max(100).default(2),
  /** Most clusters to try. Default 8. */
  maxK: z.int().min(2).max(100).default(8),
  /** Most iterations of each fit. Default 30. */
  maxIterations: z.int().min(1).max(1000).default(30),
  /** Default 42. */
  seed: z.int().min(0).default(42),
});

/** The regression of task durations. */
const durations = z.strictObject({
  /** Default gradientBoosting. */
  algorithm: z.enum(['gradientBoosting', 'randomForest', 'linear']).default('gradientBoosting'),
  /** Share of the rows to train on; the rest is for testing. Default 0.8. */
  trainRatio: z.number().gt(0).lt(1).default(0.8),
  /** Of the split and of the algorithm. Default 42. */
  seed: z.int().min(0).default(42),
  gradientBoosting: z
    .strictObject({
      /** Trees. Default 20. */
      iterations: z.int().min(1).max(1000).default(20),
      maxDepth: z.int().min(1).max(30).default(5),
      /** Learning rate. Default 0.1. */
      stepSize: z.number().gt(0).max(1).default(0.1),
    })
    .prefault({}),
  randomForest: z
    .strictObject({
      trees: z.int().min(1).max(1000).default(40),
      maxDepth: z.int().min(1).max(30).default(8),
    })
    .prefault({}),
  linear: z
    .strictObject({
      maxIterations: z.int().min(1).max(10_000).default(100),
      /** Strength of regularisation. Default 0.01. */
      regularization: z.number().min(0).default(0.01),
      /** 0 is ridge, 1 is lasso. Default 0. */
      elasticNet: z.number().min(0).max(1).default(0),
    })
    .prefault({}),
});

/** The `models` section: algorithms and hyperparameters. */
export const modelsSettings = z.strictObject({
  clustering: clustering.prefault({}),
  durations: durations.prefault({}),
});

export type ModelsSettings = z.output<typeof modelsSettings>;
