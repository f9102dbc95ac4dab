import { join } from 'node:path';
import { type DataFrame, lit, ml, type SparkSession } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import { writeDataset } from '../../datasets/write-dataset.js';
import { type DatasetRef, type OperatorContext, OperatorError } from '../../operator.js';
import { checkScale, encodingStages, moments, vectorColumn } from './encoding.js';
import { recall } from './fitted-models.js';
import { modelSteps } from './model-steps.js';
import type { ClusteringSpec, Feature } from './params.js';
import { openTrainingData } from './training-data.js';
import { asNumber, countSkipped, type SkippedRows, skippedWarnings, usableRow } from './usable-rows.js';

/** Column with the principal components, as a vector. */
const componentsColumn = '__components';

type Candidate = { k: number; silhouette: number };

type ClusteringRows = SkippedRows & { used: number };

/** How many rows differ in their features; an estimate when that is many more than clusters. */
type Points = { points: number };

export type TrainedClustering = {
  rows: ClusteringRows;
  /** What was left out or has no effect. */
  warnings: string[];
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
  const { points, ...rows } = await step('count', () => countRows(spec, data));
  const range = candidateRange(name, spec.k, { ...rows, points });
  const columns = [...new Set([...keep, ...features.map(({ column }) => column)])].map(identifier);
  const selected = data.filter(usableRow(features)).selectExpr(...columns);
  const usable = inOneOrder(selected, features, rows.used);

  const encoding = new ml.Pipeline(
    encodingStages({ features, categories: [], oneHot: false, scaling: 'standard' }),
  );
  const encoders = await step('standardise', async () => {
    const fitted = await encoding.fit(usable);
    const { means = [], deviations = [] } = (await moments(fitted)) ?? {};
    checkScale(name, features, deviations);
    return { modelIds: fitted.modelIds, means, deviations };
  });
  const standardise = () => recall(spark, encoding, encoders.modelIds, () => encoding.fit(usable));
  const kMeans = (k: number) =>
    new ml.KMeans({ k, seed, maxIter, featuresCol: vectorColumn, predictionCol: 'cluster' });

  const candidates: Candidate[] = [];
  for (const k of range) {
    const candidate = await step(`k=${k}`, async (): Promise<Candidate | null> => {
      const standardised = (await standardise()).transform(usable);
      const model = await kMeans(k).fit(standardised);
      const silhouette = await silhouetteOf(model, standardised, k);
      await model.delete();
      return silhouette === undefined ? null : { k, silhouette };
    });
    if (candidate !== null) candidates.push(candidate);
  }
  const best = bestOf(name, range, candidates);

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

  const constant = features.filter((_, index) => encoders.deviations[index] === 0);
  return {
    rows,
    warnings: [
      ...skippedWarnings(rows),
      ...constant.map(({ column }) => `feature ${column} has no effect: it is the same in all rows`),
    ],
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

async function countRows({ features, k }: ClusteringSpec, data: DataFrame): Promise<ClusteringRows & Points> {
  const numbers = features.map(({ column }) => asNumber(column)).join(', ');
  const usable = usableRow(features);
  const [row] = await data
    .selectExpr(`${usable} AS usable`, `struct(${numbers}) AS point`)
    .selectExpr(
      'count_if(usable) AS used',
      'count_if(NOT usable) AS skipped',
      'approx_count_distinct(point) FILTER (WHERE usable) AS points',
    )
    .collect();
  const count = (column: string) => Number(row?.get(column) ?? 0);
  const skipped = count('skipped');
  return {
    used: count('used'),
    skipped,
    skippedByReason: skipped === 0 ? {} : await countSkipped(data, features),
    // An exact count costs a shuffle, and matters only when there may be fewer points than clusters.
    points: count('points') > 2 * k.max ? count('points') : await countPoints(data.filter(usable), numbers),
  };
}

async function countPoints(usable: DataFrame, numbers: string): Promise<number> {
  const [row] = await usable.selectExpr(`count(DISTINCT ${numbers}) AS points`).collect();
  return Number(row?.get('points') ?? 0);
}

/**
 * Numbers of clusters to try: fewer than there are rows, and no more than there are different points.
 * @throws OperatorError when there are too few for any
 */
export function candidateRange(
  name: string,
  { min, max }: { min: number; max: number },
  { used, points, ...skipped }: ClusteringRows & Points,
): number[] {
  const refuse = (reason: string) => new OperatorError('SchemaMismatch', `model "${name}": ${reason}`);
  if (used <= min) {
    const [leftOut] = skippedWarnings(skipped);
    throw refuse(
      `${used} rows are too few for ${min} clusters; more than ${min} are needed${leftOut === undefined ? '' : ` (${leftOut})`}`,
    );
  }
  if (points === 1) throw refuse('all rows have the same features, so there are no clusters');
  if (points < min) {
    throw refuse(
      `the ${used} rows have only ${points} different values of the features, too few for ${min} clusters; give a k of at most ${points}, or more features`,
    );
  }
  const most = Math.min(max, used - 1, points);
  return Array.from({ length: most - min + 1 }, (_, index) => min + index);
}

/**
 * The candidate with the greatest silhouette; of equal ones that with the fewest clusters.
 * @throws OperatorError when there is none
 */
export function bestOf(name: string, tried: readonly number[], candidates: readonly Candidate[]): Candidate {
  const [first, ...others] = candidates;
  if (first === undefined) {
    throw new OperatorError(
      'SchemaMismatch',
      `model "${name}", k: no clustering with ${tried.join(', ')} clusters can be rated, as most rows are alike next to a few far away; give a smaller k, leave those out by \`filter\`, or give a feature \`transform: log1p\``,
    );
  }
  return others.reduce(
    (best, candidate) => (candidate.silhouette > best.silhouette ? candidate : best),
    first,
  );
}

/**
 * The mean over rows of (b − a) / max(a, b), with a the mean squared distance to the rows of the own cluster and b that
 * to the rows of the nearest other one (Rousseeuw 1987, with squared Euclidean distances as Spark computes it). Undefined
 * where points are so near to each other, next to the rest, that KMeans ends with fewer clusters or distances vanish.
 */
async function silhouetteOf(
  model: ml.KMeansModel,
  standardised: DataFrame,
  k: number,
): Promise<number | undefined> {
  if ((await model.clusterCenters()).length < k) return undefined;
  const evaluator = new ml.ClusteringEvaluator({ featuresCol: vectorColumn, predictionCol: 'cluster' });
  const silhouette = await evaluator.evaluate(model.transform(standardised));
  return Number.isFinite(silhouette) ? silhouette : undefined;
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
