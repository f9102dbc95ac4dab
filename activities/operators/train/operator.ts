import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkSession } from 'spark-connect-js';
import { writeJson } from '../../context/files.js';
import { type DatasetRef, defineOperator, type Json, type OperatorContext } from '../../operator.js';
import { hyperparameters } from './algorithms.js';
import { trainClustering } from './clustering.js';
import { type ClusteringSpec, type RegressionSpec, trainParams } from './params.js';
import { trainRegression } from './regression.js';

/** What a model leaves: its summary in the output, and the dataset with its results. */
type Trained = {
  summary: { [key: string]: Json };
  metrics: Record<string, number>;
  warnings: string[];
  dataset: DatasetRef;
};

/**
 * Output: under `models` a summary of each, and beside it a reference to each published dataset:
 * `<name>_assignments` of a clustering, `<name>_predictions` of a regression.
 */
export type TrainOutput = { [dataset: string]: DatasetRef | { [model: string]: Json } };

/**
 * Trains models on datasets. Each is saved in Spark's own format in `models/<name>/spark` of the task's folder, beside
 * `model.json` with its parameters and metrics. Metrics are named `<name>.<metric>`.
 */
export const train = defineOperator({
  name: 'train',
  description: 'Trains clustering and regression models, rates them, and saves them with their metrics',
  params: trainParams,
  async run(context, { models }): Promise<TrainOutput> {
    const spark = await context.spark();
    const summaries: { [model: string]: Json } = {};
    const datasets: { [dataset: string]: DatasetRef } = {};
    for (const [name, spec] of Object.entries(models)) {
      const folder = join(context.storage.folder, 'models', name);
      await mkdir(folder, { recursive: true });
      const trained =
        spec.kind === 'clustering'
          ? await clustering(context, spark, name, spec, folder)
          : await regression(context, spark, name, spec, folder);
      for (const [metric, value] of Object.entries(trained.metrics)) {
        context.stats.metric(`${name}.${metric}`, value);
      }
      for (const warning of trained.warnings) context.log.warn({ model: name }, warning);
      context.log.info({ model: name, metrics: trained.metrics }, 'model trained');
      summaries[name] = { ...trained.summary, path: modelPath(trained.dataset, name) };
      datasets[trained.dataset.dataset] = trained.dataset;
    }
    return { models: summaries, ...datasets };
  },
});

async function clustering(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: ClusteringSpec,
  folder: string,
): Promise<Trained> {
  const { assignments, silhouette, ...result } = await trainClustering(context, spark, name, spec, folder);
  const metrics = { silhouette, k: result.k, smallestCluster: Math.min(...result.sizes) };
  const { kind, data: _, ...parameters } = spec;
  const summary = { kind, metrics, ...result };
  await writeJson(join(folder, 'model.json'), {
    name,
    algorithm: 'kmeans',
    sparkVersion: spark.version,
    parameters,
    data: spec.data,
    ...summary,
  });
  return { summary, metrics, warnings: result.warnings, dataset: assignments };
}

async function regression(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: RegressionSpec,
  folder: string,
): Promise<Trained> {
  const { predictions, components, intercept, smearing, metrics, baseline, ...rest } = await trainRegression(
    context,
    spark,
    name,
    spec,
    folder,
  );
  const { rows, importances, warnings, improvement } = rest;
  const { kind, algorithm, label, labelTransform } = spec;
  const used = hyperparameters(spec);
  const summary = {
    kind,
    algorithm,
    label,
    hyperparameters: used,
    rows,
    metrics: { ...metrics },
    baseline: { ...baseline },
    ...defined({ improvement }),
    featureImportances: importances,
    warnings,
  };
  const { data, filter = null, features, categories, split, sampleRatio, seed } = spec;
  await writeJson(join(folder, 'model.json'), {
    name,
    ...summary,
    sparkVersion: spark.version,
    data,
    filter,
    labelTransform,
    smearing,
    features,
    categories,
    split,
    sampleRatio,
    seed,
    baselineGroups: spec.baseline.groupBy,
    intercept,
    components,
  });
  const figures = {
    ...metrics,
    baselineRmse: baseline.rmse,
    baselineMae: baseline.mae,
    ...defined({ baselineR2: baseline.r2, improvement }),
    trainRows: rows.train,
    testRows: rows.test,
  };
  return { summary, metrics: figures, warnings, dataset: predictions };
}

/** Only the metrics that are defined: a metric is a number or not there. */
const defined = (metrics: Record<string, number | undefined>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );

/** Where the model is, relative to the data root as datasets are. */
function modelPath({ path }: DatasetRef, name: string): string {
  return `${path.slice(0, path.lastIndexOf('/'))}/models/${name}`;
}
