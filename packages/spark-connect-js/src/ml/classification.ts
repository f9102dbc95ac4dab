import { frame, value } from './attributes.js';
import type { Matrix, Vector } from './linalg.js';
import { model, modelWithSummary } from './model.js';
import { bool, double, doubleList, matrix, oneOf, vector } from './params.js';
import * as shared from './shared-params.js';
import { estimator } from './stage.js';

const classificationModel = {
  numClasses: value<number>(),
  numFeatures: value<number>(),
  /** The class of one vector of features. */
  predict: value<number, [Vector]>(vector),
  predictProbability: value<Vector, [Vector]>(vector),
  predictRaw: value<Vector, [Vector]>(vector),
};

const treeModel = {
  ...classificationModel,
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

const classification = 'org.apache.spark.ml.classification';
const thresholds = {
  /** One for each class; the class with the highest probability over threshold is predicted. */
  thresholds: doubleList,
};
const treeClassifier = {
  ...shared.classifier,
  ...thresholds,
  /** Default `gini`. */
  impurity: oneOf('gini', 'entropy'),
  /** Merge leaves that predict the same. Default true. */
  pruneTree: bool,
};

export class LogisticRegressionModel extends modelWithSummary(
  `${classification}.LogisticRegressionModel`,
  {
    ...classificationModel,
    /** For two classes. */
    coefficients: value<Vector>(),
    intercept: value<number>(),
    /** A row for each class; one row for two classes. */
    coefficientMatrix: value<Matrix>(),
    interceptVector: value<Vector>(),
  },
  {
    accuracy: value<number>(),
    labels: value<number[]>(),
    objectiveHistory: value<number[]>(),
    precisionByLabel: value<number[]>(),
    predictions: frame(),
    recallByLabel: value<number[]>(),
    totalIterations: value<number>(),
    weightedPrecision: value<number>(),
    weightedRecall: value<number>(),
    /** The following only for two classes. */
    areaUnderROC: value<number>(),
    pr: frame(),
    roc: frame(),
  },
) {}

export class LogisticRegression extends estimator(
  `${classification}.LogisticRegression`,
  {
    ...shared.classifier,
    ...shared.linear,
    ...thresholds,
    /** Default `auto`: binomial for two classes. */
    family: oneOf('auto', 'binomial', 'multinomial'),
    /** Probability above which the second of two classes is predicted. Default 0.5. */
    threshold: double,
    lowerBoundsOnCoefficients: matrix,
    lowerBoundsOnIntercepts: vector,
    upperBoundsOnCoefficients: matrix,
    upperBoundsOnIntercepts: vector,
  },
  LogisticRegressionModel,
) {}

export class DecisionTreeClassificationModel extends model(
  `${classification}.DecisionTreeClassificationModel`,
  { ...treeModel, depth: value<number>(), numNodes: value<number>() },
) {}

export class DecisionTreeClassifier extends estimator(
  `${classification}.DecisionTreeClassifier`,
  { ...treeClassifier, ...shared.trees },
  DecisionTreeClassificationModel,
) {}

export class RandomForestClassificationModel extends model(
  `${classification}.RandomForestClassificationModel`,
  ensembleModel,
) {}

export class RandomForestClassifier extends estimator(
  `${classification}.RandomForestClassifier`,
  { ...treeClassifier, ...shared.forest },
  RandomForestClassificationModel,
) {}

export class GBTClassificationModel extends model(
  `${classification}.GBTClassificationModel`,
  ensembleModel,
) {}

/** For two classes. */
export class GBTClassifier extends estimator(
  `${classification}.GBTClassifier`,
  {
    ...shared.classifier,
    ...shared.boosting,
    ...thresholds,
    /** Of the single trees. */
    impurity: oneOf('variance'),
    lossType: oneOf('logistic'),
  },
  GBTClassificationModel,
) {}
