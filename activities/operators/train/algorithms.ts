import { type DataFrame, ml } from 'spark-connect-js';
import { type Encoding, vectorColumn } from './encoding.js';
import type { RegressionSpec } from './params.js';

/** The column with what the algorithm is to learn: the label, transformed. */
export const labelColumn = '__label';

/** What an algorithm learnt of each component of the vector: importances, or coefficients and the intercept. */
export type Weights = { weights: number[]; intercept?: number };

/** What there is to learn from: the training rows, and the most values that a category has in them. */
export type TrainingSize = { rows: number; maxCategories: number };

/** A regression algorithm as configured for a model. */
export type Algorithm = {
  encoding: Encoding;
  estimator(size: TrainingSize): ml.Estimator<object, ml.Model>;
  fit(data: DataFrame, size: TrainingSize): Promise<{ model: ml.Model } & Weights>;
};

/** @param predictionCol column for predictions of the transformed label */
export function configure(spec: RegressionSpec, predictionCol: string): Algorithm {
  const { features, categories, seed, gbt, randomForest, linear } = spec;
  const columns = { featuresCol: vectorColumn, labelCol: labelColumn, predictionCol };
  const indexed: Encoding = { features, categories, oneHot: false, scaling: 'none' };
  switch (spec.algorithm) {
    case 'gbt':
      return algorithm(
        indexed,
        (size) => new ml.GBTRegressor({ ...columns, ...forTrees(gbt, size), seed }),
        async (model) => ({ weights: (await model.featureImportances()).toArray() }),
      );
    case 'random-forest':
      return algorithm(
        indexed,
        (size) => new ml.RandomForestRegressor({ ...columns, ...forTrees(randomForest, size), seed }),
        async (model) => ({ weights: (await model.featureImportances()).toArray() }),
      );
    case 'linear':
      return algorithm(
        { features, categories, oneHot: true, scaling: 'deviation' },
        () => new ml.LinearRegression({ ...columns, ...linear }),
        async (model) => ({
          weights: (await model.coefficients()).toArray(),
          intercept: await model.intercept(),
        }),
      );
  }
}

/** The hyperparameters that the chosen algorithm uses. */
export function hyperparameters({ algorithm, gbt, randomForest, linear }: RegressionSpec) {
  return { gbt, 'random-forest': randomForest, linear }[algorithm];
}

/**
 * How often trees get each row. Spark wants as many rows as a category has values, with one for unknown values. When
 * every row has a value of its own, they are too few by one, and each counts twice.
 */
const timesRepeated = ({ rows, maxCategories }: TrainingSize): number => (maxCategories < rows ? 1 : 2);

/** Trees need a bin for each value of a category, and one for unknown values; repeated rows count as one. */
function forTrees<Settings extends { maxBins: number; minInstancesPerNode: number }>(
  settings: Settings,
  size: TrainingSize,
): Settings {
  return {
    ...settings,
    maxBins: Math.max(settings.maxBins, size.maxCategories + 1),
    minInstancesPerNode: settings.minInstancesPerNode * timesRepeated(size),
  };
}

function algorithm<Fitted extends ml.Model>(
  encoding: Encoding,
  estimator: (size: TrainingSize) => ml.Estimator<object, Fitted>,
  weights: (model: Fitted) => Promise<Weights>,
): Algorithm {
  return {
    encoding,
    estimator,
    async fit(data, size) {
      const repeated = !encoding.oneHot && timesRepeated(size) === 2;
      const model = await estimator(size).fit(repeated ? data.union(data) : data);
      return { model, ...(await weights(model)) };
    },
  };
}
