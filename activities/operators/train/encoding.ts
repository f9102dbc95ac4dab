import { ml } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import type { Feature } from './params.js';

/** Column with the vector that models learn from. */
export const vectorColumn = '__features';
/** The same before it is standardised. */
const rawVectorColumn = '__raw_features';

/** Columns that stages of the saved pipeline add: all start with `__`. */
const numberColumn = ({ column, transform }: Feature): string =>
  transform === 'log1p' ? `__log1p_${column}` : `__${column}`;
const textColumn = (category: string): string => `__text_${category}`;
const indexColumn = (category: string): string => `__index_${category}`;
const oneHotColumn = (category: string): string => `__onehot_${category}`;

/** What a model is called upon to learn from, and how it wants it. */
export type Encoding = {
  features: readonly Feature[];
  categories: readonly string[];
  /** Each category as a vector of zeros with a single one, instead of an index. */
  oneHot: boolean;
  /** `deviation`: features divided by their standard deviation; `standard`: with their mean subtracted first. */
  scaling: 'none' | 'deviation' | 'standard';
};

/** Condition under which a row has all that is needed: no numeric feature is null, NaN or out of its transform's range. */
export function usableRow(features: readonly Feature[]): string {
  const conditions = features.map(({ column, transform }) => {
    const value = `CAST(${identifier(column)} AS DOUBLE)`;
    const present = transform === 'log1p' ? `coalesce(${value}, -1) > -1` : `${value} IS NOT NULL`;
    return `${present} AND NOT isnan(${value})`;
  });
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** The stages that turn a dataset's columns into the vector; those that learn are fitted with the rest of a pipeline. */
export function encodingStages({ features, categories, oneHot, scaling }: Encoding): ml.PipelineStage[] {
  const numbers = features.map((feature) => {
    const value = `CAST(${identifier(feature.column)} AS DOUBLE)`;
    return `${feature.transform === 'log1p' ? `log1p(${value})` : value} AS ${identifier(numberColumn(feature))}`;
  });
  const texts = categories.map(
    (name) => `CAST(${identifier(name)} AS STRING) AS ${identifier(textColumn(name))}`,
  );
  const stages: ml.PipelineStage[] = [
    new ml.SQLTransformer({ statement: `SELECT *, ${[...numbers, ...texts].join(', ')} FROM __THIS__` }),
  ];
  if (categories.length > 0) {
    stages.push(
      new ml.StringIndexer({
        inputCols: categories.map(textColumn),
        outputCols: categories.map(indexColumn),
        handleInvalid: 'keep',
      }),
    );
  }
  if (categories.length > 0 && oneHot) {
    // The last index is that of unknown values: without it, those are all zeros.
    stages.push(
      new ml.OneHotEncoder({
        inputCols: categories.map(indexColumn),
        outputCols: categories.map(oneHotColumn),
      }),
    );
  }
  stages.push(
    new ml.VectorAssembler({
      inputCols: [...features.map(numberColumn), ...categories.map(oneHot ? oneHotColumn : indexColumn)],
      outputCol: scaling === 'none' ? vectorColumn : rawVectorColumn,
    }),
  );
  if (scaling !== 'none') {
    stages.push(
      new ml.StandardScaler({
        inputCol: rawVectorColumn,
        outputCol: vectorColumn,
        withMean: scaling === 'standard',
      }),
    );
  }
  return stages;
}

/** A component of the vector: the feature it belongs to, and for one-hot categories the value it stands for. */
export type Slot = { feature: string; value?: string };

/**
 * What each component of the vector stands for.
 * @param labels values of each category in the order of their indices, as the indexer found them
 */
export function vectorSlots({ features, categories, oneHot }: Encoding, labels: readonly string[][]): Slot[] {
  const numbers = features.map(({ column }): Slot => ({ feature: column }));
  const rest = categories.flatMap((name, index): Slot[] =>
    oneHot ? (labels[index] ?? []).map((value) => ({ feature: name, value })) : [{ feature: name }],
  );
  return [...numbers, ...rest];
}

/**
 * How much each feature matters, adding up to 1, greatest first. Components of one category count together.
 * @param weights of the vector's components: importances of trees, or coefficients of standardised features
 */
export function featureImportances(
  slots: readonly Slot[],
  weights: readonly number[],
): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [index, { feature }] of slots.entries()) {
    sums.set(feature, (sums.get(feature) ?? 0) + Math.abs(weights[index] ?? 0));
  }
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  const shares = [...sums].map(([name, value]): [string, number] => [name, total === 0 ? 0 : value / total]);
  return Object.fromEntries(shares.sort(([, a], [, b]) => b - a));
}
