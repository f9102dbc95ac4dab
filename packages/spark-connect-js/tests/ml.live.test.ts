import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DataFrame, expr, ml, SparkConnectError, SparkSession } from '../src/index.js';
import * as types from '../src/ml/params.js';
import { openSession, remote } from './support/spark.js';

/** A new folder that the server reaches too. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'spark-ml-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const numbers = async (rows: DataFrame, column: string) =>
  (await rows.select(column).collect<Record<string, number>>()).map((row) => row.get(column));

/** Twenty points around (0, 0) and as many around (10, 10), as vectors `features`. */
const twoClouds = (spark: SparkSession) =>
  new ml.VectorAssembler({ inputCols: ['x', 'y'], outputCol: 'features' }).transform(
    spark.range(40).selectExpr('id', 'id % 2 * 10 + id % 3 / 10 AS x', 'id % 2 * 10 - id % 5 / 10 AS y'),
  );

/** y = 3a − 2b + an offset for each of the three values of c, without noise. */
const linearData = (spark: SparkSession) =>
  spark
    .range(60)
    .selectExpr(
      'CAST(id AS DOUBLE) AS a',
      'CAST(id * 7 % 11 AS DOUBLE) AS b',
      "array('x', 'y', 'z')[id % 3] AS c",
    )
    .withColumn('y', expr("3 * a - 2 * b + CASE c WHEN 'x' THEN 10 WHEN 'y' THEN 20 ELSE 30 END"));

const linearPipeline = () =>
  new ml.Pipeline([
    new ml.StringIndexer({ inputCols: ['c'], outputCols: ['index'], handleInvalid: 'keep' }),
    new ml.OneHotEncoder({ inputCols: ['index'], outputCols: ['onehot'] }),
    new ml.VectorAssembler({ inputCols: ['a', 'b', 'onehot'], outputCol: 'features' }),
    new ml.LinearRegression({ labelCol: 'y', maxIter: 50 }),
  ]);

it('collects vectors as the structs that Spark stores', async () => {
  const [row] = await twoClouds(await openSession())
    .filter('id = 1')
    .select('features')
    .collect();
  const { values, ...shape } = JSON.parse(JSON.stringify(row)).features;
  expect(shape).toEqual({ type: 1, size: null, indices: null });
  expect(values).toEqual([expect.closeTo(10.1, 9), expect.closeTo(9.9, 9)]);
});

describe('clustering', () => {
  it('finds two clouds, with centres, sizes and silhouette', async () => {
    const spark = await openSession();
    const data = twoClouds(spark);
    const model = await new ml.KMeans({ k: 2, seed: 1 }).fit(data);
    const centres = (await model.clusterCenters()).sort(([a = 0], [b = 0]) => a - b);
    expect(centres[0]?.[0]).toBeCloseTo(0.1, 9);
    expect(centres[1]?.[1]).toBeCloseTo(9.8, 9);
    expect(await model.summary.clusterSizes()).toEqual([20, 20]);
    expect(await model.summary.k()).toBe(2);
    expect(await model.summary.trainingCost()).toBeLessThan(2);
    expect(await model.numFeatures()).toBe(2);
    const clustered = model.transform(data);
    expect(await new ml.ClusteringEvaluator().evaluate(clustered)).toBeGreaterThan(0.99);
    const cluster = await model.predict(ml.Vectors.dense([9, 9]));
    expect(await numbers(clustered.filter('id = 1'), 'prediction')).toEqual([cluster]);
    expect(await model.predict(ml.Vectors.sparse(2, [], []))).toBe(1 - cluster);
    expect(await model.summary.predictions().count()).toBe(40);
  });

  it('standardises, projects to principal components and cuts into quantiles', async () => {
    const spark = await openSession();
    const data = twoClouds(spark);
    const scaler = await new ml.StandardScaler({
      inputCol: 'features',
      outputCol: 'scaled',
      withMean: true,
    }).fit(data);
    expect((await scaler.mean()).toArray()[0]).toBeCloseTo(5.0975, 9);
    const scaled = scaler.transform(data);
    const pca = await new ml.PCA({ k: 2, inputCol: 'scaled', outputCol: 'components' }).fit(scaled);
    const explained = (await pca.explainedVariance()).toArray();
    expect(explained[0]).toBeGreaterThan(0.99);
    expect((explained[0] ?? 0) + (explained[1] ?? 0)).toBeCloseTo(1, 9);
    expect((await pca.pc()).numCols).toBe(2);
    const first = ml.vectorToArray('components').getItem(0).alias('pc1');
    const [row] = await pca.transform(scaled).select(first).selectExpr('avg(pc1) AS mean').collect();
    expect(row?.get('mean')).toBeCloseTo(0, 9);
    const quartiles = await new ml.QuantileDiscretizer({
      inputCol: 'id',
      outputCol: 'quarter',
      numBuckets: 4,
    }).fit(data);
    expect((await quartiles.getSplits()).length).toBe(5);
    const counts = await quartiles.transform(data).groupBy('quarter').count().collect<{ count: bigint }>();
    expect(counts.length).toBe(4);
    for (const each of counts) expect(Math.abs(Number(each.get('count')) - 10)).toBeLessThanOrEqual(1);
  });
});

describe('regression', () => {
  it('finds the coefficients behind data with a category', async () => {
    const spark = await openSession();
    const data = linearData(spark);
    const fitted = await linearPipeline().fit(data);
    const [indexer, , , regression] = fitted.stages;
    expect(indexer).toBeInstanceOf(ml.StringIndexerModel);
    expect(await (indexer as ml.StringIndexerModel).labelsArray()).toEqual([['x', 'y', 'z']]);
    const model = regression as ml.LinearRegressionModel;
    const [a = 0, b = 0, x = 0, y = 0, z = 0] = (await model.coefficients()).toArray();
    expect(a).toBeCloseTo(3, 6);
    expect(b).toBeCloseTo(-2, 6);
    expect([y - x, z - x].map((difference) => Math.round(difference * 1e6) / 1e6)).toEqual([10, 20]);
    expect(x + (await model.intercept())).toBeCloseTo(10, 6);
    expect(await model.summary.r2()).toBeCloseTo(1, 9);
    const predictions = fitted.transform(data);
    expect(
      await new ml.RegressionEvaluator({ labelCol: 'y', metricName: 'mae' }).evaluate(predictions),
    ).toBeLessThan(1e-6);
  });

  it('tells the features that matter from those that do not', async () => {
    const spark = await openSession();
    const data = new ml.VectorAssembler({
      inputCols: ['useless', 'useful'],
      outputCol: 'features',
    }).transform(
      spark.range(400).selectExpr('hash(id) AS useless', 'id % 20 AS useful', 'pow(id % 20, 2) AS label'),
    );
    const params = { maxDepth: 4, seed: 7 };
    const models = [
      await new ml.GBTRegressor({ ...params, maxIter: 5 }).fit(data),
      await new ml.RandomForestRegressor({ ...params, numTrees: 5, featureSubsetStrategy: 'all' }).fit(data),
    ];
    for (const model of models) {
      expect(await model.getNumTrees()).toBe(5);
      const [useless = 1, useful = 0] = (await model.featureImportances()).toArray();
      expect(useful).toBeGreaterThan(0.95);
      expect(useless + useful).toBeCloseTo(1, 9);
      const rmse = await new ml.RegressionEvaluator().evaluate(model.transform(data));
      expect(rmse).toBeLessThan(25);
    }
  });
});

describe('classification', () => {
  it('separates two classes', async () => {
    const spark = await openSession();
    const data = twoClouds(spark).withColumn('label', expr('CAST(id % 2 AS DOUBLE)'));
    const model = await new ml.LogisticRegression({ regParam: 0.01 }).fit(data);
    expect(await model.summary.areaUnderROC()).toBe(1);
    expect((await model.coefficientMatrix()).numRows).toBe(1);
    const predictions = model.transform(data);
    expect(await new ml.BinaryClassificationEvaluator().evaluate(predictions)).toBe(1);
    expect(
      await new ml.MulticlassClassificationEvaluator({ metricName: 'accuracy' }).evaluate(predictions),
    ).toBe(1);
  });
});

describe('the cache of models', () => {
  it('gives models up, and another process takes them up by id', async () => {
    const spark = await openSession();
    const data = twoClouds(spark);
    const estimator = new ml.KMeans({ k: 2, seed: 1 });
    const model = await estimator.fit(data);
    const other = await SparkSession.builder()
      .remote(remote())
      .sessionId(spark.sessionId)
      .userId(spark.client.userId)
      .getOrCreate();
    onTestFinished(() => other.disconnect());
    const again = estimator.attach(other, model.id);
    expect(await again.clusterCenters()).toEqual(await model.clusterCenters());
    const cached = await ml.cachedModels(spark);
    expect(cached).toEqual([
      { id: model.id, className: 'org.apache.spark.ml.clustering.KMeansModel', size: expect.any(Number) },
    ]);
    await again.delete();
    expect(await ml.cachedModels(spark)).toEqual([]);
    const error = await model.numFeatures().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SparkConnectError);
    expect((error as SparkConnectError).errorClass).toMatch(/^CONNECT_ML/);
    await estimator.fit(data);
    await ml.cleanCache(spark);
    expect(await ml.cachedModels(spark)).toEqual([]);
  });
});

describe('saving', () => {
  it('keeps a pipeline, fitted or not, in Spark’s own format', async () => {
    const spark = await openSession();
    const data = linearData(spark);
    const path = join(folder(), 'model');
    const fitted = await linearPipeline().fit(data);
    await fitted.save(path);
    await expect(fitted.save(path)).rejects.toThrow('already exists');
    await fitted.save(path, { overwrite: true });
    const predicted = await numbers(fitted.transform(data), 'prediction');
    await fitted.delete();
    const loaded = await ml.PipelineModel.load(spark, path);
    expect(loaded.uid).toBe(fitted.uid);
    expect(loaded.stages.map(({ uid }) => uid)).toEqual(fitted.stages.map(({ uid }) => uid));
    expect(await numbers(loaded.transform(data), 'prediction')).toEqual(predicted);
    // Field by field what Spark itself writes, and where.
    const ours = metadata(path);
    const theirs = metadata(pySparkModel);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    expect(ours).toMatchObject({ class: theirs.class, sparkVersion: spark.version, defaultParamMap: {} });
    expect(ours.paramMap).toEqual({ stageUids: fitted.stages.map(({ uid }) => uid) });
    expect(Math.abs(Date.now() - Number(ours.timestamp))).toBeLessThan(3_600_000);
    expect(readdirSync(join(path, 'stages')).sort()).toEqual(
      fitted.stages.map(({ uid }, index) => `${index}_${uid}`),
    );

    const template = join(folder(), 'pipeline');
    await linearPipeline().save(spark, template);
    const pipeline = await ml.Pipeline.load(spark, template);
    expect(pipeline.stages.map(classAndParams)).toEqual(linearPipeline().stages.map(classAndParams));
    await expect(ml.PipelineModel.load(spark, template)).rejects.toThrow(
      'holds a org.apache.spark.ml.Pipeline, expected',
    );
  });

  it('reads a pipeline that PySpark fitted and saved, and predicts the same', async () => {
    const spark = await openSession();
    const model = await ml.PipelineModel.load(spark, pySparkModel);
    const rows = await spark.sql(
      "SELECT * FROM VALUES (1D, 2D, 'x'), (5D, 1D, 'z'), (5D, 1D, 'unseen') AS (a, b, c)",
    );
    // What PySpark 4.3.0 printed for these rows.
    expect(await numbers(model.transform(rows), 'prediction')).toEqual([
      9.146291553081857, 43.076722927783436, 32.09038495119047,
    ]);
    const [, , , regression] = model.stages;
    expect((regression as ml.LinearRegressionModel).params).toEqual({ labelCol: 'y', regParam: 0.1 });
  });
});

const classAndParams = (stage: ml.PipelineStage) => [
  stage.constructor,
  'params' in stage ? stage.params : undefined,
];

const pySparkModel = join(import.meta.dirname, 'fixtures', 'pipeline-model');

function metadata(path: string): Record<string, unknown> {
  const file = readdirSync(join(path, 'metadata')).find((name) => name.startsWith('part-'));
  return JSON.parse(readFileSync(join(path, 'metadata', file ?? ''), 'utf8'));
}

describe('every estimator, transformer and evaluator', () => {
  /** Values within the bounds that Spark checks. */
  const samples = new Map<types.ParamType<never>, unknown>([
    [types.int, 2],
    [types.long, 2n ** 60n],
    [types.double, 0.25],
    [types.bool, true],
    [types.string, 'some'],
    [types.stringList, ['one', 'two']],
    [types.intList, [2, 3]],
    [types.doubleList, [0.25, 0.5, 0.75]],
    [
      types.doubleLists,
      [
        [0.25, 0.5, 0.75],
        [1, 2, 3],
      ],
    ],
    [types.vector, ml.Vectors.dense([1, 2])],
    [types.matrix, new ml.DenseMatrix(1, 2, [1, 2])],
  ]);
  const narrower: Record<string, unknown> = {
    epsilon: 1.5,
    p: 1.5,
    featureSubsetStrategy: 'all',
    intermediateStorageLevel: 'MEMORY_ONLY',
  };

  it('is known to the server with all its params, and comes back as it was saved', async () => {
    const spark = await openSession();
    const root = folder();
    const classes = Object.entries(ml).filter(([, value]) => 'kind' in value && value.kind !== 'model');
    expect(classes.length).toBeGreaterThanOrEqual(30);
    const saveAndLoad = async ([name, value]: [string, unknown]) => {
      const Stage = value as typeof ml.KMeans;
      const table = new Stage().definition.params;
      const params = Object.fromEntries(
        Object.entries(table).map(([param, type]) => {
          const word = /^one of "([^"]*)"/.exec(type.expected)?.[1];
          return [param, narrower[param] ?? word ?? samples.get(type)];
        }),
      );
      const path = join(root, name);
      await new Stage(params, { uid: `uid_of_${name}` }).save(spark, path);
      const loaded = await Stage.load(spark, path);
      expect(loaded.uid).toBe(`uid_of_${name}`);
      expect(loaded.params, name).toEqual(params);
    };
    await Promise.all(classes.map(saveAndLoad));
  });
});
