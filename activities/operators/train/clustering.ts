import { join } from 'node:path';
import { type DataFrame, lit, ml, type SparkSession } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import { writeDataset } from '../../datasets/write-dataset.js';
import { type DatasetRef, type OperatorContext, OperatorError } from '../../operator.js';
import { encodingStages, usableRow, vectorColumn } from './encoding.js';
import { recall } from './fitted-models.js';
import { modelSteps } from './model-steps.js';
import type { ClusteringSpec, Feature } from './params.js';
import { openTrainingData } from './training-data.js';

/** Column with the principal components, as a vector. */
const componentsColumn = '__components';

type Candidate = { k: number; silhouette: number };

export type TrainedClustering = {
  rows: { used: number; skipped: number };
  k: number;
  silhouette: number;
  candidates: Candidate[];
  /** Rows in each cluster. */
  sizes: number[];
  /** Centre of each cluster, in the features' own units. Of one with `log1p`, it is the inverse of the mean logarithm. */
  centres: Record<string, number>[];
  /** Share of the variance of the standardised features that the first two principal components explain. */
  explainedVariance: number[];
  assignments: DatasetRef;
};

/** Finds clusters by KMeans over standardised features, as many as give the best silhouette. */
export async function trainClustering(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: ClusteringSpec,
  modelFolder: string,
): Promise<TrainedClustering> {
  const data = await openTrainingData(context, spark, name, spec);
  const step = modelSteps(context, name);
  const { features, keep, seed, maxIter } = spec;
  const rows = await step('count', () => countRows(features, data));
  const range = candidateRange(name, spec.k, rows.used);
  const columns = [...new Set([...keep, ...features.map(({ column }) => column)])].map(identifier);
  const selected = data.filter(usableRow(features)).selectExpr(...columns);
  const usable = inOneOrder(selected, features, rows.used);

  const encoding = new ml.Pipeline(
    encodingStages({ features, categories: [], oneHot: false, scaling: 'standard' }),
  );
  const encoders = await step('standardise', async () => {
    const fitted = await encoding.fit(usable);
    return { modelIds: fitted.modelIds, ...(await moments(fitted)) };
  });
  const standardise = () => recall(spark, encoding, encoders.modelIds, () => encoding.fit(usable));
  const kMeans = (k: number) =>
    new ml.KMeans({ k, seed, maxIter, featuresCol: vectorColumn, predictionCol: 'cluster' });

  const candidates: Candidate[] = [];
  for (const k of range) {
    candidates.push(
      await step(`k=${k}`, async () => {
        const standardised = (await standardise()).transform(usable);
        const model = await kMeans(k).fit(standardised);
        const silhouette = await silhouetteOf(name, model, standardised);
        await model.delete();
        return { k, silhouette };
      }),
    );
  }
  const best = bestOf(candidates);

  const path = join(modelFolder, 'spark');
  const pca = new ml.PCA({
    k: Math.min(2, features.length),
    inputCol: vectorColumn,
    outputCol: componentsColumn,
  });
  const pipeline = new ml.Pipeline([...encoding.stages, pca, kMeans(best.k)]);
  const fitted = await step(`save k=${best.k}`, async () => {
    const encoder = await standardise();
    const standardised = encoder.transform(usable);
    const components = await pca.fit(standardised);
    const clusters = await kMeans(best.k).fit(standardised);
    const model = new ml.PipelineModel(spark, [...encoder.stages, components, clusters]);
    await model.save(path, { overwrite: true });
    const centres = await clusters.clusterCenters();
    const explainedVariance = (await components.explainedVariance()).toArray();
    return { modelIds: model.modelIds, centres, explainedVariance };
  });

  const assigned = await step('assign', async () => {
    const model = await recall(spark, pipeline, fitted.modelIds, () => ml.PipelineModel.load(spark, path));
    const dataset = `${name}_assignments`;
    const component = (index: number) =>
      index < features.length ? ml.vectorToArray(componentsColumn).getItem(index) : lit(0).cast('double');
    const { ref, bytes } = await writeDataset(
      context.storage,
      dataset,
      model
        .transform(usable)
        .select(...columns, 'cluster', component(0).alias('pc1'), component(1).alias('pc2')),
    );
    context.stats.wrote(ref.rows, bytes);
    const sizes = await clusterSizes(spark.read.parquet(join(context.storage.folder, dataset)), best.k);
    await model.delete();
    return { ref, sizes };
  });

  return {
    rows,
    k: best.k,
    silhouette: best.silhouette,
    candidates,
    sizes: assigned.sizes,
    centres: fitted.centres.map((centre) => inOwnUnits(centre, features, encoders)),
    explainedVariance: fitted.explainedVariance,
    assignments: assigned.ref,
  };
}

/** Up to this many rows are worked on in one partition. */
const maxRowsInOnePartition = 100_000;

/** Puts few rows in one partition and in order: quicker, and the start of KMeans then depends on nothing but the seed. */
function inOneOrder(data: DataFrame, features: readonly Feature[], rows: number): DataFrame {
  if (rows > maxRowsInOnePartition) return data;
  return data.coalesce(1).sortWithinPartitions(...features.map(({ column }) => identifier(column)));
}

async function countRows(
  features: readonly Feature[],
  data: DataFrame,
): Promise<{ used: number; skipped: number }> {
  const [row] = await data
    .selectExpr(`${usableRow(features)} AS usable`)
    .selectExpr('count_if(usable) AS used', 'count_if(NOT usable) AS skipped')
    .collect();
  return { used: Number(row?.get('used') ?? 0), skipped: Number(row?.get('skipped') ?? 0) };
}

/** Numbers of clusters to try: fewer than there are rows. @throws OperatorError when there are too few rows for any */
export function candidateRange(
  name: string,
  { min, max }: { min: number; max: number },
  rows: number,
): number[] {
  const most = Math.min(max, rows - 1);
  if (most < min) {
    throw new OperatorError(
      'SchemaMismatch',
      `model "${name}": ${rows} rows without null features are too few for ${min} clusters; more than ${min} are needed`,
    );
  }
  return Array.from({ length: most - min + 1 }, (_, index) => min + index);
}

/** The candidate with the greatest silhouette; of equal ones that with the fewest clusters. */
export function bestOf(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, candidate) => (candidate.silhouette > best.silhouette ? candidate : best));
}

/** Mean and deviation of each feature, as the scaler found them. */
async function moments(encoder: ml.PipelineModel): Promise<{ means: number[]; deviations: number[] }> {
  const scaler = encoder.stages.find((stage) => stage instanceof ml.StandardScalerModel);
  if (scaler === undefined) throw new TypeError('the pipeline has no scaler');
  return { means: (await scaler.mean()).toArray(), deviations: (await scaler.std()).toArray() };
}

/**
 * The mean over rows of (b − a) / max(a, b), with a the mean squared distance to the rows of the own cluster and b that
 * to the rows of the nearest other one (Rousseeuw 1987, with squared Euclidean distances as Spark computes it).
 */
async function silhouetteOf(name: string, model: ml.KMeansModel, standardised: DataFrame): Promise<number> {
  if ((await model.clusterCenters()).length < 2) {
    throw new OperatorError(
      'SchemaMismatch',
      `model "${name}": all rows have the same features, so there are no clusters`,
    );
  }
  const evaluator = new ml.ClusteringEvaluator({ featuresCol: vectorColumn, predictionCol: 'cluster' });
  return evaluator.evaluate(model.transform(standardised));
}

async function clusterSizes(assignments: DataFrame, k: number): Promise<number[]> {
  const rows = await assignments.groupBy('cluster').count().collect<{ cluster: number; count: bigint }>();
  const sizes = new Map(rows.map((row) => [row.get('cluster'), Number(row.get('count'))]));
  return Array.from({ length: k }, (_, cluster) => sizes.get(cluster) ?? 0);
}

/** Undoes standardisation and logarithm. */
export function inOwnUnits(
  centre: readonly number[],
  features: readonly Feature[],
  { means, deviations }: { means: readonly number[]; deviations: readonly number[] },
): Record<string, number> {
  const values = features.map(({ column, transform }, index): [string, number] => {
    const value = (centre[index] ?? 0) * (deviations[index] ?? 0) + (means[index] ?? 0);
    return [column, transform === 'log1p' ? Math.expm1(value) : value];
  });
  return Object.fromEntries(values);
}
