import { bool, double, int, oneOf, string } from './params.js';
import * as shared from './shared-params.js';
import { evaluator } from './stage.js';

const evaluation = 'org.apache.spark.ml.evaluation';
const label = { labelCol: string };

export class RegressionEvaluator extends evaluator(`${evaluation}.RegressionEvaluator`, {
  ...label,
  ...shared.prediction,
  ...shared.weight,
  /** Default `rmse`. */
  metricName: oneOf('rmse', 'mse', 'r2', 'mae', 'var'),
  /** For R²: the regression has no intercept. Default false. */
  throughOrigin: bool,
}) {}

export class ClusteringEvaluator extends evaluator(`${evaluation}.ClusteringEvaluator`, {
  ...shared.features,
  ...shared.prediction,
  ...shared.weight,
  metricName: oneOf('silhouette'),
  /** Default `squaredEuclidean`. */
  distanceMeasure: oneOf('squaredEuclidean', 'cosine'),
}) {}

export class BinaryClassificationEvaluator extends evaluator(`${evaluation}.BinaryClassificationEvaluator`, {
  ...label,
  ...shared.weight,
  rawPredictionCol: string,
  /** Default `areaUnderROC`. */
  metricName: oneOf('areaUnderROC', 'areaUnderPR'),
  /** Points of the curve; 0 for all. Default 1000. */
  numBins: int,
}) {}

export class MulticlassClassificationEvaluator extends evaluator(
  `${evaluation}.MulticlassClassificationEvaluator`,
  {
    ...label,
    ...shared.prediction,
    ...shared.weight,
    probabilityCol: string,
    /** Default `f1`. */
    metricName: oneOf(
      'f1',
      'accuracy',
      'weightedPrecision',
      'weightedRecall',
      'weightedTruePositiveRate',
      'weightedFalsePositiveRate',
      'weightedFMeasure',
      'truePositiveRateByLabel',
      'falsePositiveRateByLabel',
      'precisionByLabel',
      'recallByLabel',
      'fMeasureByLabel',
      'logLoss',
      'hammingLoss',
    ),
    /** The class that the metrics `…ByLabel` are about. Default 0. */
    metricLabel: double,
    /** Weight of recall in the F-measure. Default 1. */
    beta: double,
    /** Least probability in the log loss. Default 1e-15. */
    eps: double,
  },
) {}
