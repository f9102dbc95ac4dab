import { type DataFrame, ml } from 'spark-connect-js';
import { type Encoding, vectorColumn } from './encoding.js';
import type { RegressionSpec } from './params.js';

/** The column with what the algorithm is to learn: the label, transformed. */
export const labelColumn = '__label';

/** What an algorithm learnt of each component of the vector: importances, or coefficients and the intercept. */
export type Weights = { weights: number[]; intercept?: number };

/** A regression algorithm as configured for a model. */
export type Algorithm = {
  encoding: Encoding;
  /** @param maxCategories most values that a category has */
  estimator(maxCategories: number): ml.Estimator<object, ml.Model>;
  fit(data: DataFrame, maxCategories: number): Promise<{ model: ml.Model } & Weights>;
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
        (categories) => new ml.GBTRegressor({ ...columns, ...gbt, seed, maxBins: bins(gbt, categories) }),
        async (model) => ({ weights: (await model.featureImportances()).toArray() }),
      );
    case 'random-forest':
      return algorithm(
        indexed,
        (categories) =>
          new ml.RandomForestRegressor({
            ...columns,
            ...randomForest,
            seed,
            maxBins: bins(randomForest, categories),
          }),
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

/** Trees need a bin for each value of a category, and one for unknown values. */
const bins = ({ maxBins }: { maxBins: number }, maxCategories: number): number =>
  Math.max(maxBins, maxCategories + 1);

function algorithm<Fitted extends ml.Model>(
  encoding: Encoding,
  estimator: (maxCategories: number) => ml.Estimator<object, Fitted>,
  weights: (model: Fitted) => Promise<Weights>,
): Algorithm {
  return {
    encoding,
    estimator,
    async fit(data, maxCategories) {
      const model = await estimator(maxCategories).fit(data);
      return { model, ...(await weights(model)) };
    },
  };
}
