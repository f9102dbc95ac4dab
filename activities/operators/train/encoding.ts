import { ml } from 'spark-connect-js';
import { identifier, literal } from '../../datasets/sql-text.js';
import { OperatorError } from '../../operator.js';
import type { Feature } from './params.js';
import { asNumber } from './usable-rows.js';

/** Column with the vector that models learn from. */
export const vectorColumn = '__features';
/** The same before it is standardised. */
const rawVectorColumn = '__raw_features';

/**
 * Columns that stages of the saved pipeline add: all start with `__`. They are numbered, since Spark's stages take a dot
 * in a name for a field of a struct.
 */
const numberColumn = (index: number): string => `__number_${index}`;
const textColumn = (index: number): string => `__text_${index}`;
const indexColumn = (index: number): string => `__index_${index}`;
const oneHotColumn = (index: number): string => `__onehot_${index}`;

/** Put before each value of a category: Spark's encoders refuse an empty one, and have a name for unknown ones. */
const valuePrefix = '=';

/** What a model is called upon to learn from, and how it wants it. */
export type Encoding = {
  features: readonly Feature[];
  categories: readonly string[];
  /** Each category as a vector of zeros with a single one, instead of an index. */
  oneHot: boolean;
  /** `deviation`: features divided by their standard deviation; `standard`: with their mean subtracted first. */
  scaling: 'none' | 'deviation' | 'standard';
};

/** The stages that turn a dataset's columns into the vector; those that learn are fitted with the rest of a pipeline. */
export function encodingStages({ features, categories, oneHot, scaling }: Encoding): ml.PipelineStage[] {
  const numbers = features.map(({ column, transform }, index) => {
    const value = asNumber(column);
    return `${transform === 'log1p' ? `log1p(${value})` : value} AS ${numberColumn(index)}`;
  });
  const texts = categories.map(
    (name, index) =>
      `concat(${literal(valuePrefix)}, CAST(${identifier(name)} AS STRING)) AS ${textColumn(index)}`,
  );
  const categoryColumns = (column: (index: number) => string) => categories.map((_, index) => column(index));
  const stages: ml.PipelineStage[] = [
    new ml.SQLTransformer({ statement: `SELECT *, ${[...numbers, ...texts].join(', ')} FROM __THIS__` }),
  ];
  if (categories.length > 0) {
    stages.push(
      new ml.StringIndexer({
        inputCols: categoryColumns(textColumn),
        outputCols: categoryColumns(indexColumn),
        handleInvalid: 'keep',
      }),
    );
  }
  if (categories.length > 0 && oneHot) {
    // The last index is that of unknown values: without it, those are all zeros.
    stages.push(
      new ml.OneHotEncoder({
        inputCols: categoryColumns(indexColumn),
        outputCols: categoryColumns(oneHotColumn),
      }),
    );
  }
  stages.push(
    new ml.VectorAssembler({
      inputCols: [
        ...features.map((_, index) => numberColumn(index)),
        ...categoryColumns(oneHot ? oneHotColumn : indexColumn),
      ],
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

/** Mean and deviation of each feature, as the scaler found them; nothing when there is none. */
export async function moments(
  encoder: ml.PipelineModel,
): Promise<{ means: number[]; deviations: number[] } | undefined> {
  const scaler = encoder.stages.find((stage) => stage instanceof ml.StandardScalerModel);
  if (scaler === undefined) return undefined;
  return { means: (await scaler.mean()).toArray(), deviations: (await scaler.std()).toArray() };
}

/** @throws OperatorError naming a feature whose values are too large to be scaled */
export function checkScale(model: string, features: readonly Feature[], deviations: readonly number[]): void {
  const index = features.findIndex((_, index) => !Number.isFinite(deviations[index] ?? 0));
  if (index < 0) return;
  throw new OperatorError(
    'SchemaMismatch',
    `model "${model}", features: the values of column ${features[index]?.column} are too large for a standard deviation; bring them to a smaller unit by SQL before`,
  );
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
    oneHot
      ? (labels[index] ?? []).map((label) => ({ feature: name, value: label.slice(valuePrefix.length) }))
      : [{ feature: name }],
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
