import { frame, value } from './attributes.js';
import type { Matrix, Vector } from './linalg.js';
import { modelWithSummary } from './model.js';
import { double, int, oneOf, string, vector } from './params.js';
import * as shared from './shared-params.js';
import { estimator } from './stage.js';

const clustering = 'org.apache.spark.ml.clustering';

const clusterModel = {
  numFeatures: value<number>(),
  /** The cluster of one vector of features. */
  predict: value<number, [Vector]>(vector),
};

const centresModel = {
  ...clusterModel,
  /** A row for each cluster. */
  clusterCenterMatrix: value<Matrix>(),
};

const summary = {
  cluster: frame(),
  clusterSizes: value<number[]>(),
  k: value<number>(),
  numIter: value<number>(),
  predictions: frame(),
};

const costSummary = {
  ...summary,
  /** Sum of squared distances to the nearest centre. */
  trainingCost: value<number>(),
};

const clusterer = {
  ...shared.features,
  ...shared.prediction,
  ...shared.weight,
  ...shared.seed,
  ...shared.maxIter,
  /** How many clusters, ≥ 2. */
  k: int,
};

const distance = {
  /** Default `euclidean`. */
  distanceMeasure: oneOf('euclidean', 'cosine'),
};

export class KMeansModel extends modelWithSummary(`${clustering}.KMeansModel`, centresModel, costSummary) {
  async clusterCenters(): Promise<number[][]> {
    return (await this.clusterCenterMatrix()).toArray();
  }
}

export class KMeans extends estimator(
  `${clustering}.KMeans`,
  {
    ...clusterer,
    ...distance,
    ...shared.tolerance,
    ...shared.blocks,
    /** Default `k-means||`. */
    initMode: oneOf('k-means||', 'random'),
    /** Steps of `k-means||`. Default 2. */
    initSteps: int,
    /** Default `auto`. */
    solver: oneOf('auto', 'row', 'block'),
    /** Where intermediate data are kept. Default `MEMORY_AND_DISK`. */
    intermediateStorageLevel: string,
  },
  KMeansModel,
) {}

export class BisectingKMeansModel extends modelWithSummary(
  `${clustering}.BisectingKMeansModel`,
  centresModel,
  costSummary,
) {
  async clusterCenters(): Promise<number[][]> {
    return (await this.clusterCenterMatrix()).toArray();
  }
}

export class BisectingKMeans extends estimator(
  `${clustering}.BisectingKMeans`,
  {
    ...clusterer,
    ...distance,
    /** Rows (≥ 1) or share of the rows (< 1) that a cluster must have to be divided. Default 1. */
    minDivisibleClusterSize: double,
  },
  BisectingKMeansModel,
) {}

export class GaussianMixtureModel extends modelWithSummary(
  `${clustering}.GaussianMixtureModel`,
  {
    ...clusterModel,
    /** Mean and covariance of each component. */
    gaussiansDF: frame(),
    predictProbability: value<Vector, [Vector]>(vector),
    weights: value<number[]>(),
  },
  { ...summary, logLikelihood: value<number>(), probability: frame() },
) {}

export class GaussianMixture extends estimator(
  `${clustering}.GaussianMixture`,
  {
    ...clusterer,
    ...shared.tolerance,
    /** Depth of the tree in which statistics are summed, ≥ 2. Default 2. */
    aggregationDepth: int,
    /** Default `probability`. */
    probabilityCol: string,
  },
  GaussianMixtureModel,
) {}
