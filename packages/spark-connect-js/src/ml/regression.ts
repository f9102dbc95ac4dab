import { frame, value } from './attributes.js';
import type { Vector } from './linalg.js';
import { model, modelWithSummary } from './model.js';
import { double, oneOf, string, vector } from './params.js';
import * as shared from './shared-params.js';
import { estimator } from './stage.js';

const predictionModel = {
  numFeatures: value<number>(),
  /** The prediction for one vector of features. */
  predict: value<number, [Vector]>(vector),
};

const treeModel = {
  ...predictionModel,
  /** How much each feature contributed, adding up to 1. */
  featureImportances: value<Vector>(),
  /** The splits, as text. */
  toDebugString: value<string>(),
};

const ensembleModel = {
  ...treeModel,
  treeWeights: value<number[]>(),
  getNumTrees: value<number>(),
  totalNumNodes: value<number>(),
};

const regression = 'org.apache.spark.ml.regression';
const varianceImpurity = { impurity: oneOf('variance') };

export class LinearRegressionModel extends modelWithSummary(
  `${regression}.LinearRegressionModel`,
  { ...predictionModel, coefficients: value<Vector>(), intercept: value<number>(), scale: value<number>() },
  {
    coefficientStandardErrors: value<number[]>(),
    degreesOfFreedom: value<number>(),
    devianceResiduals: value<number[]>(),
    explainedVariance: value<number>(),
    meanAbsoluteError: value<number>(),
    meanSquaredError: value<number>(),
    numInstances: value<number>(),
    objectiveHistory: value<number[]>(),
    pValues: value<number[]>(),
    predictions: frame(),
    r2: value<number>(),
    r2adj: value<number>(),
    residuals: frame(),
    rootMeanSquaredError: value<number>(),
    tValues: value<number[]>(),
    totalIterations: value<number>(),
  },
) {}

export class LinearRegression extends estimator(
  `${regression}.LinearRegression`,
  {
    ...shared.predictor,
    ...shared.linear,
    /** Default `auto`: `normal` (exact, one pass) for few features, else `l-bfgs`. */
    solver: oneOf('auto', 'normal', 'l-bfgs'),
    /** Default `squaredError`. */
    loss: oneOf('squaredError', 'huber'),
    /** Robustness of the Huber loss, > 1. Default 1.35. */
    epsilon: double,
  },
  LinearRegressionModel,
) {}

export class DecisionTreeRegressionModel extends model(`${regression}.DecisionTreeRegressionModel`, {
  ...treeModel,
  depth: value<number>(),
  numNodes: value<number>(),
}) {}

export class DecisionTreeRegressor extends estimator(
  `${regression}.DecisionTreeRegressor`,
  {
    ...shared.predictor,
    ...shared.trees,
    ...varianceImpurity,
    /** Column to write the variance of predictions to. Default none. */
    varianceCol: string,
  },
  DecisionTreeRegressionModel,
) {}

export class RandomForestRegressionModel extends model(
  `${regression}.RandomForestRegressionModel`,
  ensembleModel,
) {}

export class RandomForestRegressor extends estimator(
  `${regression}.RandomForestRegressor`,
  { ...shared.predictor, ...shared.forest, ...varianceImpurity },
  RandomForestRegressionModel,
) {}

export class GBTRegressionModel extends model(`${regression}.GBTRegressionModel`, ensembleModel) {}

export class GBTRegressor extends estimator(
  `${regression}.GBTRegressor`,
  {
    ...shared.predictor,
    ...shared.boosting,
    ...varianceImpurity,
    /** Default `squared`. */
    lossType: oneOf('squared', 'absolute'),
  },
  GBTRegressionModel,
) {}
