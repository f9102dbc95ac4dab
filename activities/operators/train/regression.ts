import { join } from 'node:path';
import { type DataFrame, expr, lit, ml, type SparkSession } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import { writeDataset } from '../../datasets/write-dataset.js';
import type { DatasetRef, OperatorContext } from '../../operator.js';
import { type Algorithm, configure, labelColumn, type TrainingSize } from './algorithms.js';
import {
  checkScale,
  encodingStages,
  featureImportances,
  moments,
  type Slot,
  vectorSlots,
} from './encoding.js';
import { recall } from './fitted-models.js';
import { modelSteps } from './model-steps.js';
import type { RegressionSpec } from './params.js';
import { type RegressionQuality, rate } from './regression-quality.js';
import { countRows, modelColumns, numbersOf, type RegressionRows } from './regression-rows.js';
import { splitConditions } from './split.js';
import { openTrainingData } from './training-data.js';
import { asNumber, skippedWarnings, usableRow } from './usable-rows.js';

/** Predictions of the transformed label, where there is a transform. */
const transformedPrediction = '__prediction';

type FitResult = {
  modelIds: string[];
  maxCategories: number;
  /** Factor on the exponential of predictions of logarithms; 1 without the transform. */
  smearing: number;
  slots: Slot[];
  weights: number[];
  intercept: number | null;
  warning: string | null;
};

export type TrainedRegression = {
  rows: RegressionRows;
  smearing: number;
  importances: Record<string, number>;
  /** Weight of each component of the vector. */
  components: (Slot & { weight: number })[];
  intercept: number | null;
  /** What was left out or is not defined, and Spark's own warning. */
  warnings: string[];
  metrics: RegressionQuality;
  baseline: RegressionQuality;
  /** Share by which the error (RMSE) is smaller than the baseline's; left out when that makes no error. */
  improvement?: number;
  predictions: DatasetRef;
};

/** Fits a regression, saves it as a Spark pipeline, and rates it on rows that it has not seen. */
export async function trainRegression(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: RegressionSpec,
  modelFolder: string,
): Promise<TrainedRegression> {
  const data = await openTrainingData(context, spark, name, spec);
  const step = modelSteps(context, name);
  const sides = splitConditions(spec.split.by ?? modelColumns(spec), {
    seed: spec.seed,
    testRatio: spec.split.testRatio,
    sampleRatio: spec.sampleRatio,
  });
  const rows = await step('split', () => countRows(name, spec, data, sides));
  const prepared = prepare(spec, data);
  const train = prepared.filter(sides.isTraining);
  const test = prepared.filter(sides.isTest);

  const isLog = spec.labelTransform === 'log';
  const algorithm = configure(spec, isLog ? transformedPrediction : 'predicted');
  const encoding = new ml.Pipeline(encodingStages(algorithm.encoding));
  const encoders = await step('encode', async () => {
    const fitted = await encoding.fit(train);
    const indexer = fitted.stages.find((stage) => stage instanceof ml.StringIndexerModel);
    checkScale(name, spec.features, (await moments(fitted))?.deviations ?? []);
    return { modelIds: fitted.modelIds, labels: (await indexer?.labelsArray()) ?? [] };
  });

  const path = join(modelFolder, 'spark');
  const fit = await step(`fit ${spec.algorithm}`, async (): Promise<FitResult> => {
    const encoder = await recall(spark, encoding, encoders.modelIds, () => encoding.fit(train));
    const encoded = encoder.transform(train);
    const maxCategories = Math.max(0, ...encoders.labels.map((labels) => labels.length));
    const size = { rows: rows.train, maxCategories };
    const { model, weights, intercept = null } = await algorithm.fit(encoded, size);
    const smearing = isLog ? await meanExponentialError(model.transform(encoded)) : 1;
    const stages = [...encoder.stages, model, ...finalStages(isLog, smearing)];
    const pipeline = new ml.PipelineModel(spark, stages);
    await pipeline.save(path, { overwrite: true });
    const slots = vectorSlots(algorithm.encoding, encoders.labels);
    const { warning = null } = model;
    return { modelIds: pipeline.modelIds, maxCategories, smearing, slots, weights, intercept, warning };
  });

  const evaluation = await step('evaluate', async (): Promise<Evaluation> => {
    const pipeline = wholePipeline(encoding, algorithm, { ...fit, rows: rows.train }, isLog);
    const model = await recall(spark, pipeline, fit.modelIds, () => ml.PipelineModel.load(spark, path));
    const predicted = withBaseline(model.transform(test), train, spec, rows.meanLabel);
    const published = [...new Set([...spec.keep, ...spec.baseline.groupBy])].map(identifier);
    const dataset = `${name}_predictions`;
    const { ref, bytes } = await writeDataset(
      context.storage,
      dataset,
      predicted.selectExpr(...published, `${asNumber(spec.label)} AS actual`, 'predicted', 'baseline'),
    );
    context.stats.wrote(ref.rows, bytes);
    const quality = await rate(name, spark.read.parquet(join(context.storage.folder, dataset)));
    await model.delete();
    return { predictions: ref, ...quality };
  });

  const { metrics, baseline, predictions } = evaluation;
  const isExact = baseline.rmse === 0;
  return {
    rows,
    smearing: fit.smearing,
    importances: featureImportances(fit.slots, fit.weights),
    components: fit.slots.map((slot, index) => ({ ...slot, weight: fit.weights[index] ?? 0 })),
    intercept: fit.intercept,
    warnings: [
      ...skippedWarnings(rows),
      ...(fit.warning === null ? [] : [fit.warning]),
      ...(metrics.r2 === undefined ? ['r2 is not defined: all labels of the test rows are equal'] : []),
      ...(isExact ? ['improvement is not defined: the baseline makes no error'] : []),
    ],
    metrics,
    baseline,
    ...(isExact ? {} : { improvement: 1 - metrics.rmse / baseline.rmse }),
    predictions,
  };
}

type Evaluation = { predictions: DatasetRef; metrics: RegressionQuality; baseline: RegressionQuality };

/** Usable rows, with the columns that are needed and the label as it is learnt. */
function prepare(spec: RegressionSpec, data: DataFrame): DataFrame {
  const { keep, split, baseline, label, labelTransform } = spec;
  const columns = new Set([...modelColumns(spec), ...keep, ...(split.by ?? []), ...baseline.groupBy]);
  const learnt = labelTransform === 'log' ? `ln(${asNumber(label)})` : asNumber(label);
  return data
    .filter(usableRow(numbersOf(spec)))
    .selectExpr(...[...columns].map(identifier), `${learnt} AS ${labelColumn}`);
}

/** Mean of exp(error) over the training rows (Duan 1983). */
async function meanExponentialError(predicted: DataFrame): Promise<number> {
  const [row] = await predicted
    .selectExpr(`avg(exp(${labelColumn} - ${transformedPrediction})) AS smearing`)
    .collect<{ smearing: number }>();
  return row?.get('smearing') ?? 1;
}

/** Turns predictions of logarithms into predictions of the label. */
function finalStages(isLog: boolean, smearing: number): ml.Transformer[] {
  if (!isLog) return [];
  const statement = `SELECT *, exp(${transformedPrediction}) * ${smearing}D AS predicted FROM __THIS__`;
  return [new ml.SQLTransformer({ statement })];
}

const wholePipeline = (
  encoding: ml.Pipeline,
  algorithm: Algorithm,
  { rows, maxCategories, smearing }: TrainingSize & Pick<FitResult, 'smearing'>,
  isLog: boolean,
): ml.Pipeline =>
  new ml.Pipeline([
    ...encoding.stages,
    algorithm.estimator({ rows, maxCategories }),
    ...finalStages(isLog, smearing),
  ]);

/** Adds the mean label of the training rows of each row's group; of all of them when the group is not among them. */
function withBaseline(test: DataFrame, train: DataFrame, spec: RegressionSpec, meanLabel: number): DataFrame {
  const { groupBy } = spec.baseline;
  if (groupBy.length === 0) return test.withColumn('baseline', lit(meanLabel).cast('double'));
  const group = (index: number) => `__group_${index}`;
  const means = train
    .selectExpr(
      ...groupBy.map((column, index) => `${identifier(column)} AS ${group(index)}`),
      `${asNumber(spec.label)} AS __actual`,
    )
    .groupBy(...groupBy.map((_, index) => group(index)))
    .agg(expr('avg(__actual)').alias('__mean'));
  const sameGroup = groupBy.map((column, index) => `${identifier(column)} <=> ${group(index)}`).join(' AND ');
  return test
    .join(means, expr(sameGroup), 'left')
    .withColumn('baseline', expr(`coalesce(__mean, ${meanLabel}D)`));
}
