import { frame, value } from './attributes.js';
import type { Matrix, Vector } from './linalg.js';
import { model } from './model.js';
import { bool, double, doubleList, doubleLists, int, intList, oneOf, string, stringList } from './params.js';
import * as shared from './shared-params.js';
import { estimator, transformer } from './stage.js';

const feature = 'org.apache.spark.ml.feature';

export class StringIndexerModel extends model(`${feature}.StringIndexerModel`, {
  /** Labels of the first column, in the order of their indices. */
  labels: value<string[]>(),
  /** Labels of each column, in the order of their indices. */
  labelsArray: value<string[][]>(),
}) {}

/** Numbers the values of text columns. */
export class StringIndexer extends estimator(
  `${feature}.StringIndexer`,
  {
    ...shared.columns,
    ...shared.invalid,
    /** Which value gets 0. Default `frequencyDesc`; equally frequent ones in alphabetical order. */
    stringOrderType: oneOf('frequencyDesc', 'frequencyAsc', 'alphabetDesc', 'alphabetAsc'),
  },
  StringIndexerModel,
) {}

/** Turns indices back into the text they stand for. */
export class IndexToString extends transformer(`${feature}.IndexToString`, {
  ...shared.column,
  /** Default: those that the indexer left in the column's metadata. */
  labels: stringList,
}) {}

export class OneHotEncoderModel extends model(`${feature}.OneHotEncoderModel`, {
  /** Categories of each column. */
  categorySizes: value<number[]>(),
}) {}

/** Turns indices into vectors of zeros with a single one. */
export class OneHotEncoder extends estimator(
  `${feature}.OneHotEncoder`,
  {
    ...shared.columns,
    /** Leave out the last category, so that columns are not linearly dependent. Default true. */
    dropLast: bool,
    handleInvalid: oneOf('error', 'keep'),
  },
  OneHotEncoderModel,
) {}

/** Joins columns of numbers, booleans and vectors into one vector. */
export class VectorAssembler extends transformer(`${feature}.VectorAssembler`, {
  inputCols: stringList,
  ...shared.outputColumn,
  ...shared.invalid,
}) {}

export class StandardScalerModel extends model(`${feature}.StandardScalerModel`, {
  mean: value<Vector>(),
  std: value<Vector>(),
}) {}

/** Scales features to unit deviation and, if asked to, to mean 0. */
export class StandardScaler extends estimator(
  `${feature}.StandardScaler`,
  {
    ...shared.column,
    /** Subtract the mean, which makes vectors dense. Default false. */
    withMean: bool,
    /** Divide by the deviation. Default true. */
    withStd: bool,
  },
  StandardScalerModel,
) {}

export class MinMaxScalerModel extends model(`${feature}.MinMaxScalerModel`, {
  originalMax: value<Vector>(),
  originalMin: value<Vector>(),
}) {}

/** Scales features to a range. */
export class MinMaxScaler extends estimator(
  `${feature}.MinMaxScaler`,
  { ...shared.column, /** Default 1. */ max: double, /** Default 0. */ min: double },
  MinMaxScalerModel,
) {}

export class MaxAbsScalerModel extends model(`${feature}.MaxAbsScalerModel`, { maxAbs: value<Vector>() }) {}

/** Divides features by their greatest absolute value. */
export class MaxAbsScaler extends estimator(`${feature}.MaxAbsScaler`, shared.column, MaxAbsScalerModel) {}

export class RobustScalerModel extends model(`${feature}.RobustScalerModel`, {
  median: value<Vector>(),
  range: value<Vector>(),
}) {}

/** Scales features by a range of quantiles, which outliers don't move. */
export class RobustScaler extends estimator(
  `${feature}.RobustScaler`,
  {
    ...shared.column,
    ...shared.quantiles,
    /** Default 0.25. */
    lower: double,
    /** Default 0.75. */
    upper: double,
    /** Subtract the median. Default false. */
    withCentering: bool,
    /** Divide by the range. Default true. */
    withScaling: bool,
  },
  RobustScalerModel,
) {}

/** Scales each row to a p-norm of 1. */
export class Normalizer extends transformer(`${feature}.Normalizer`, {
  ...shared.column,
  /** ≥ 1. Default 2. */
  p: double,
}) {}

export class PCAModel extends model(`${feature}.PCAModel`, {
  /** A column for each principal component. */
  pc: value<Matrix>(),
  /** Share of the variance that each component explains. */
  explainedVariance: value<Vector>(),
}) {}

/** Projects vectors to their principal components. Does not centre or scale them. */
export class PCA extends estimator(
  `${feature}.PCA`,
  { ...shared.column, /** How many components. */ k: int },
  PCAModel,
) {}

const bucketParams = {
  ...shared.columns,
  ...shared.invalid,
  /** Bounds of the buckets, ascending; ±Infinity covers everything. */
  splits: doubleList,
  /** Bounds for each of several columns. */
  splitsArray: doubleLists,
};

/** Cuts columns into buckets at given bounds. */
export class Bucketizer extends transformer(`${feature}.Bucketizer`, bucketParams) {}

/** The {@link Bucketizer} that a {@link QuantileDiscretizer} finds. */
export class FittedBucketizer extends model(`${feature}.Bucketizer`, {
  getSplits: value<number[]>(),
  getSplitsArray: value<number[][]>(),
}) {}

/** Cuts columns into buckets that hold about as many rows each. */
export class QuantileDiscretizer extends estimator(
  `${feature}.QuantileDiscretizer`,
  {
    ...shared.columns,
    ...shared.invalid,
    ...shared.quantiles,
    /** Default 2. */
    numBuckets: int,
    numBucketsArray: intList,
  },
  FittedBucketizer,
) {}

/** 1 above a threshold, 0 at or below it. */
export class Binarizer extends transformer(`${feature}.Binarizer`, {
  ...shared.columns,
  /** Default 0. */
  threshold: double,
  thresholds: doubleList,
}) {}

export class ImputerModel extends model(`${feature}.ImputerModel`, {
  /** One row: what each column's missing values become. */
  surrogateDF: frame(),
}) {}

/** Replaces missing values of numeric columns. */
export class Imputer extends estimator(
  `${feature}.Imputer`,
  {
    ...shared.columns,
    ...shared.quantiles,
    /** Default `mean`. */
    strategy: oneOf('mean', 'median', 'mode'),
    /** What counts as missing beside null. Default NaN. */
    missingValue: double,
  },
  ImputerModel,
) {}

/** Any SELECT over `__THIS__`, as a stage of a pipeline. */
export class SQLTransformer extends transformer(`${feature}.SQLTransformer`, { statement: string }) {}
