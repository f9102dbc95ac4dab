import { bool, double, int, long, oneOf, string, stringList } from './params.js';

/** Params that several classes share, by what they are about. Defaults are Spark's. */

export const features = {
  /** Column with the vector of features. Default `features`. */
  featuresCol: string,
};

export const prediction = {
  /** Column to write predictions to. Default `prediction`. */
  predictionCol: string,
};

export const weight = {
  /** Column with the weight of each row. Default: all rows weigh 1. */
  weightCol: string,
};

/** What every predictor needs. */
export const predictor = {
  ...features,
  ...prediction,
  ...weight,
  /** Column to learn. Default `label`. */
  labelCol: string,
};

export const classifier = {
  ...predictor,
  /** Column to write raw scores of the classes to. Default `rawPrediction`. */
  rawPredictionCol: string,
  /** Column to write probabilities of the classes to. Default `probability`. */
  probabilityCol: string,
};

export const seed = {
  /** Seed of everything random. Default: a hash of the class's name. */
  seed: long,
};

export const maxIter = {
  /** Iterations at most. Default depends on the class. */
  maxIter: int,
};

export const tolerance = {
  /** Iterations end when they change less than this. Default depends on the class. */
  tol: double,
};

export const blocks = {
  /** Memory for stacked rows, in MB; 0 lets Spark choose. Default 0. */
  maxBlockSizeInMB: double,
};

/** Generalised linear models fitted by gradient descent. */
export const linear = {
  ...maxIter,
  ...tolerance,
  ...blocks,
  /** Depth of the tree in which gradients are summed, ≥ 2. Default 2. */
  aggregationDepth: int,
  /** Mix of L1 (1) and L2 (0) penalties. Default 0. */
  elasticNetParam: double,
  /** Default true. */
  fitIntercept: bool,
  /** Strength of the penalty, ≥ 0. Default 0. */
  regParam: double,
  /** Scale features to unit deviation while fitting. Default true. */
  standardization: bool,
};

/** Decision trees, alone and in ensembles. */
export const trees = {
  ...seed,
  /** Keep the tree node of each row in memory instead of finding it again; for deep trees. Default false. */
  cacheNodeIds: bool,
  /** Iterations between checkpoints when node ids are cached; -1 for none. Default 10. */
  checkpointInterval: int,
  /** Column to write the index of the leaf to. Default none. */
  leafCol: string,
  /** Bins that a continuous feature is cut into; at least the number of values of every categorical one. Default 32. */
  maxBins: int,
  /** Depth at most, 0–30; 0 is one leaf. Default 5. */
  maxDepth: int,
  /** Memory for histograms, in MB; less means more passes over the data. Default 256. */
  maxMemoryInMB: int,
  /** A split must gain this much. Default 0. */
  minInfoGain: double,
  /** A split must leave this many rows on either side. Default 1. */
  minInstancesPerNode: int,
  /** A split must leave this share of the weight on either side, 0–0.5. Default 0. */
  minWeightFractionPerNode: double,
};

export const ensemble = {
  ...trees,
  /** Features looked at in each split: `auto`, `all`, `onethird`, `sqrt`, `log2`, a share or a count. */
  featureSubsetStrategy: string,
  /** Share of the rows that each tree learns from, (0, 1]. Default 1. */
  subsamplingRate: double,
};

export const forest = {
  ...ensemble,
  /** Draw the rows of each tree with replacement. Default true. */
  bootstrap: bool,
  /** Default 20. */
  numTrees: int,
};

export const boosting = {
  ...ensemble,
  ...maxIter,
  /** Learning rate, (0, 1]. Default 0.1. */
  stepSize: double,
  /** Boolean column: rows to measure the loss on, to stop early. Default none. */
  validationIndicatorCol: string,
  /** Stop when the loss on the validation rows falls by less than this. Default 0.01. */
  validationTol: double,
};

export const inputColumn = { inputCol: string };
export const outputColumn = {
  /** Default: made from the uid. */
  outputCol: string,
};
export const column = { ...inputColumn, ...outputColumn };

/** One column, or several at once. */
export const columns = { ...column, inputCols: stringList, outputCols: stringList };

/** What to do with a value that was not seen while fitting, or is null: fail, drop the row, or keep it in an extra class. */
export const invalid = { handleInvalid: oneOf('error', 'skip', 'keep') };

export const quantiles = {
  /** Accuracy of approximate quantiles, 0–1. Default 0.001. */
  relativeError: double,
};
