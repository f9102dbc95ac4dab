import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ml, SparkSession } from 'spark-connect-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readJson } from '../../activities/context/files.js';
import type { DatasetRef, Json } from '../../activities/operator.js';
import { ingest } from '../../activities/operators/ingest/operator.js';
import { sparkSql } from '../../activities/operators/spark-sql.js';
import { train } from '../../activities/operators/train/operator.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { TestTasks } from '../support/operator-context.js';

/**
 * 4,000 deliveries. Hours grow with distance and depend on the vehicle, by factors; `luck` has nothing to do with them.
 * 40 have no distance.
 */
const deliveries = `
  SELECT id, kind, distance, luck,
         (1 + distance / 20) * CASE kind WHEN 'bike' THEN 2 WHEN 'van' THEN 1 ELSE 0.5 END
           * exp(((hash(id) % 1000) / 1000.0 - 0.5) / 5) AS hours
  FROM (SELECT range AS id, ['bike', 'van', 'train'][range % 3 + 1] AS kind,
               CASE WHEN range % 100 = 7 THEN NULL ELSE (range * 37 % 400)::DOUBLE END AS distance,
               (hash(range, 5) % 100)::INTEGER AS luck
        FROM range(4000))`;

/** Towns of three kinds, 30 of each: large, small, and small but costly. */
const towns = `
  SELECT range AS id, 'town ' || range AS name, range % 3 AS kind,
         CASE range % 3 WHEN 0 THEN 1000000 ELSE 1000 END * (1 + (range % 7) / 50.0) AS people,
         CASE range % 3 WHEN 2 THEN 90 ELSE 10 END + (range % 5) / 5.0 AS cost
  FROM range(90)`;

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-train-'));
  const tasks = new TestTasks(join(folder, 'data'), folder);
  for (const [name, sql] of Object.entries({ deliveries, towns })) {
    await duckdb(`COPY (${sql}) TO '${join(folder, `${name}.parquet`)}' (FORMAT parquet)`);
  }
  const { output } = await tasks.run(ingest, 'ingest', {
    datasets: {
      deliveries: {
        files: 'deliveries.parquet',
        schema: { id: 'bigint', kind: 'string', distance: 'double', luck: 'int', hours: 'double' },
      },
      towns: {
        files: 'towns.parquet',
        schema: { id: 'bigint', name: 'string', kind: 'bigint', people: 'double', cost: 'double' },
      },
    },
  });
  const sparkSession = async () => {
    const spark = await SparkSession.builder()
      .remote(process.env.SPARK_REMOTE ?? 'sc://localhost')
      .getOrCreate();
    onTestFinished(() => spark.stop());
    return spark;
  };
  return {
    folder,
    tasks,
    sparkSession,
    dataRoot: join(folder, 'data'),
    deliveries: output.deliveries as DatasetRef,
    towns: output.towns as DatasetRef,
    /** A committed dataset as DuckDB sees it. */
    table: (ref: Json | undefined) => parquet(join(folder, 'data', (ref as DatasetRef).path)),
  };
}

/** The data, ingested once. */
let ready: Awaited<ReturnType<typeof setUp>>;
beforeAll(async () => {
  ready = await setUp();
});
afterAll(() => rm(ready.folder, { recursive: true }));

const hours = (data: DatasetRef, changes: object = {}) => ({
  models: {
    hours: {
      kind: 'regression',
      data,
      label: 'hours',
      labelTransform: 'log',
      features: ['distance', 'luck'],
      categories: ['kind'],
      keep: ['id'],
      split: { by: ['id'] },
      baseline: { groupBy: ['kind'] },
      gbt: { maxIter: 10, maxDepth: 4, stepSize: 0.4 },
      randomForest: { numTrees: 10, maxDepth: 8 },
      ...changes,
    },
  },
});

const trainHours = () => ready.tasks.run(train, 'train', hours(ready.deliveries));
let trained: ReturnType<typeof trainHours> | undefined;
/** Trains on the deliveries, once for all tests. */
const trainOnce = () => {
  trained ??= trainHours();
  return trained;
};

/** What a regression is expected to leave in the task's output. */
type RegressionOutput = {
  rows: { train: number; test: number; skipped: number };
  metrics: Record<string, number>;
  baseline: Record<string, number>;
  improvement: number;
  featureImportances: Record<string, number>;
  path: string;
};

const regressionOutput = (output: object) => (output as { models: { hours: RegressionOutput } }).models.hours;

/** Puts a task back to where it was before a step was recorded. */
async function forgetStep(taskFolder: string, name: string): Promise<void> {
  for (const file of await readdir(join(taskFolder, '.steps'))) {
    const path = join(taskFolder, '.steps', file);
    if ((await readJson<{ name: string }>(path))?.name === name) return rm(path);
  }
  throw new Error(`there is no record of step ${name}`);
}

describe('clustering', () => {
  it('finds the number of clusters and what they are like', async () => {
    const { tasks, towns, table, dataRoot, sparkSession } = ready;
    const { output, stats, folder } = await tasks.run(train, 'clusters', {
      models: {
        towns: {
          kind: 'clustering',
          data: towns,
          features: [{ column: 'people', transform: 'log1p' }, 'cost'],
          filter: 'id < 87',
          keep: ['id', 'kind'],
          k: { min: 2, max: 4 },
        },
      },
    });
    const assigned = table(output.towns_assignments as Json);
    // Every kind is one cluster, and every cluster one kind.
    const kinds = await duckdb(
      `SELECT kind, min(cluster) AS cluster, max(cluster) AS last, count(*)::INTEGER AS size,
              avg(people) AS people, avg(cost) AS cost, avg(pc1) AS pc1
       FROM ${assigned} GROUP BY kind ORDER BY kind`,
    );
    expect(kinds.map(({ cluster }) => cluster).sort()).toEqual([0, 1, 2]);
    const model = (output.models as Record<string, Json>).towns as {
      k: number;
      sizes: number[];
      centres: Record<string, number>[];
      candidates: { k: number; silhouette: number }[];
      explainedVariance: number[];
      path: string;
    };
    expect(model.k).toBe(3);
    expect(model.candidates.map(({ k }) => k)).toEqual([2, 3, 4]);
    for (const { cluster, last, size, people, cost } of kinds) {
      expect(last).toBe(cluster);
      expect(model.sizes[Number(cluster)]).toBe(size);
      const centre = model.centres[Number(cluster)];
      expect(centre?.cost).toBeCloseTo(Number(cost), 6);
      // The centre of logarithms is a geometric mean.
      expect(Number(centre?.people) / Number(people)).toBeCloseTo(1, 2);
    }
    expect(model.explainedVariance[0]).toBeGreaterThan(model.explainedVariance[1] ?? 1);
    const [spread] = await duckdb(`SELECT avg(pc1) AS mean, var_samp(pc1) / 2 AS share FROM ${assigned}`);
    expect(spread?.mean).toBeCloseTo(0, 9);
    expect(spread?.share).toBeCloseTo(model.explainedVariance[0] ?? 0, 9);
    expect(stats.metrics).toMatchObject({ 'towns.k': 3, 'towns.smallestCluster': 29 });
    expect(stats.metrics['towns.silhouette']).toBeGreaterThan(0.95);
    expect(stats).toMatchObject({ rowsRead: 90, rowsWritten: 87 });

    const saved = await readJson<Record<string, unknown>>(join(folder, 'models', 'towns', 'model.json'));
    expect(saved).toMatchObject({
      algorithm: 'kmeans',
      k: 3,
      parameters: { seed: 42, k: { min: 2, max: 4 } },
    });
    const spark = await sparkSession();
    const pipeline = await ml.PipelineModel.load(spark, join(dataRoot, model.path, 'spark'));
    const [row] = await pipeline
      .transform(await spark.sql('SELECT 1050000D AS people, 10D AS cost'))
      .select('cluster')
      .collect();
    expect(row?.get('cluster')).toBe(kinds[0]?.cluster);
  });
});

describe('regression', () => {
  it('beats the baseline, by figures that DuckDB confirms from what was published', async () => {
    const { deliveries, table, dataRoot, sparkSession } = ready;
    const { output, stats, folder } = await trainOnce();
    const { rows, metrics, baseline, improvement, featureImportances, path } = regressionOutput(output);
    const predictions = table(output.hours_predictions as Json);
    const quality = (column: string) =>
      duckdb(
        `SELECT sqrt(avg((actual - ${column}) ** 2)) AS rmse, avg(abs(actual - ${column})) AS mae,
                1 - avg((actual - ${column}) ** 2) / var_pop(actual) AS r2 FROM ${predictions}`,
      );
    for (const [column, figures] of Object.entries({ predicted: metrics, baseline })) {
      const [expected] = await quality(column);
      for (const name of ['rmse', 'mae', 'r2'])
        expect(figures[name]).toBeCloseTo(Number(expected?.[name]), 9);
    }
    expect(improvement).toBeCloseTo(1 - (metrics.rmse ?? 0) / (baseline.rmse ?? 1), 12);
    expect(metrics.r2).toBeGreaterThan(0.97);
    expect(improvement).toBeGreaterThan(0.7);
    expect(stats.metrics).toMatchObject({
      'hours.rmse': metrics.rmse,
      'hours.r2': metrics.r2,
      'hours.baselineRmse': baseline.rmse,
      'hours.improvement': improvement,
    });

    // The baseline is the mean of the training rows of the same kind: all usable rows that are not tested on.
    const [different] = await duckdb(
      `WITH means AS (SELECT kind, avg(hours) AS mean FROM ${table(deliveries)}
                      WHERE distance IS NOT NULL AND id NOT IN (SELECT id FROM ${predictions}) GROUP BY kind)
       SELECT count(*)::INTEGER AS n FROM ${predictions} JOIN means USING (kind) WHERE abs(baseline - mean) > 1e-9`,
    );
    expect(different).toEqual({ n: 0 });
    expect(rows.skipped).toBe(40);
    expect(rows.train + rows.test).toBe(3960);
    expect(Math.abs(rows.test / 3960 - 0.2)).toBeLessThan(0.03);
    expect((output.hours_predictions as DatasetRef).rows).toBe(rows.test);

    expect(Object.keys(featureImportances)).toEqual(expect.arrayContaining(['distance', 'kind', 'luck']));
    expect(featureImportances.luck).toBeLessThan(0.02);
    const sum = Object.values(featureImportances).reduce((total, share) => total + share, 0);
    expect(sum).toBeCloseTo(1, 9);

    const saved = await readJson<Record<string, unknown>>(join(folder, 'models', 'hours', 'model.json'));
    expect(saved).toMatchObject({ algorithm: 'gbt', label: 'hours', metrics, baseline, data: [deliveries] });
    // The saved pipeline predicts on rows as they come, in hours.
    const spark = await sparkSession();
    const pipeline = await ml.PipelineModel.load(spark, join(dataRoot, path, 'spark'));
    const rowsAgain = spark.read
      .parquet(join(dataRoot, deliveries.path))
      .filter('id < 50 AND distance IS NOT NULL');
    const published = await duckdb(`SELECT id, predicted FROM ${predictions} WHERE id < 50`);
    const again = await pipeline
      .transform(rowsAgain)
      .select('id', 'predicted')
      .collect<{ id: bigint; predicted: number }>();
    const byId = new Map(again.map((row) => [row.get('id'), row.get('predicted')]));
    expect(published.length).toBeGreaterThan(3);
    for (const { id, predicted } of published)
      expect(byId.get(id as bigint)).toBeCloseTo(Number(predicted), 9);
  });

  it('works by other algorithms too, on the same split', async () => {
    const { tasks, deliveries, table } = ready;
    const ids = async (output: object) =>
      (
        await duckdb(
          `SELECT id FROM ${table((output as Record<string, Json>).hours_predictions)} ORDER BY id`,
        )
      ).map(({ id }) => id);
    const log = { features: [{ column: 'distance', transform: 'log1p' }, 'luck'] };
    const linear = await tasks.run(train, 'linear', hours(deliveries, { algorithm: 'linear', ...log }));
    const forest = await tasks.run(train, 'forest', hours(deliveries, { algorithm: 'random-forest' }));
    expect(regressionOutput(linear.output).metrics.r2).toBeGreaterThan(0.85);
    expect(regressionOutput(forest.output).metrics.r2).toBeGreaterThan(0.9);
    expect(await ids(linear.output)).toEqual(await ids(forest.output));
    const saved = await readJson<{ components: { feature: string; value?: string; weight: number }[] }>(
      join(linear.folder, 'models', 'hours', 'model.json'),
    );
    const weight = (value: string) =>
      saved?.components.find((component) => component.value === value)?.weight ?? 0;
    expect(saved?.components.map(({ feature }) => feature)).toEqual([
      'distance',
      'luck',
      'kind',
      'kind',
      'kind',
    ]);
    expect(weight('bike')).toBeGreaterThan(weight('van'));
    expect(weight('van')).toBeGreaterThan(weight('train'));
    // Without a transform, on half of the training rows, with one group as baseline.
    const plain = await tasks.run(
      train,
      'plain',
      hours(deliveries, { labelTransform: 'none', sampleRatio: 0.5, baseline: {} }),
    );
    const { rows, metrics, baseline } = regressionOutput(plain.output);
    expect(Math.abs(rows.train / (3960 * 0.8 * 0.5) - 1)).toBeLessThan(0.1);
    expect(metrics.r2).toBeGreaterThan(0.95);
    expect(baseline.r2).toBeLessThan(0.01);
    expect(await ids(plain.output)).toEqual(await ids(forest.output));
  });

  it('resumes where it was, also when the server has forgotten the models', async () => {
    const first = await trainOnce();
    const modelData = join(first.folder, 'models', 'hours', 'spark', 'metadata');
    const written = (await stat(modelData)).mtimeMs;

    const resumed = await trainHours();
    expect(resumed.output).toEqual(first.output);
    expect(resumed.stats).toEqual(first.stats);

    // Died while rating: the session of the first attempt is gone, the saved model is there.
    await forgetStep(first.folder, 'hours: evaluate');
    const rated = await trainHours();
    expect(rated.output).toEqual(first.output);
    expect((await stat(modelData)).mtimeMs).toBe(written);

    // Died while fitting: encoders are fitted again too, and give the same model.
    await forgetStep(first.folder, 'hours: fit gbt');
    await forgetStep(first.folder, 'hours: evaluate');
    const fitted = await trainHours();
    expect(fitted.output).toEqual(first.output);
    expect((await stat(modelData)).mtimeMs).toBeGreaterThan(written);
  });

  it('says what is wrong with the data', async () => {
    const { tasks, deliveries, towns } = ready;
    const refusal = async (task: string, params: object) =>
      tasks.run(train, task, params).then(
        () => 'none',
        (error: { type: string; message: string }) => `${error.type}: ${error.message}`,
      );
    expect(await refusal('a', hours(deliveries, { label: 'minutes' }))).toBe(
      'SchemaMismatch: model "hours", label: the data have no column minutes; they have id, kind, distance, luck, hours',
    );
    expect(await refusal('b', hours(deliveries, { filter: 'speed > 3' }))).toMatch(
      /^SparkQueryFailed: model "hours", filter: .*speed/,
    );
    expect(await refusal('c', hours(deliveries, { label: 'luck', features: ['distance'] }))).toMatch(
      /^SchemaMismatch: model "hours", labelTransform: \d+ rows have a luck of 0 or less/,
    );
    expect(await refusal('d', hours(deliveries, { filter: 'id < 0' }))).toContain(
      '0 rows to train on and 0 to test on',
    );
    const clusters = { kind: 'clustering', data: towns, features: ['cost'] };
    expect(await refusal('e', { models: { towns: { ...clusters, filter: 'id < 2' } } })).toContain('too few');
    expect(
      await refusal('f', { models: { towns: { ...clusters, features: ['kind'], filter: 'kind = 1' } } }),
    ).toContain('all rows have the same features');
  });

  it('takes names and values as they come, or says how to go on', async () => {
    const { tasks } = ready;
    const { output } = await tasks.run(sparkSql, 'odd', {
      datasets: {
        odd: {
          sql: `SELECT id, CAST(id % 7 AS DOUBLE) AS x, id % 7 AS \`odd name\`, id % 5 AS \`back\`\`tick\`,
                       id % 7 + 1 AS \`the.label\`, CAST(NULL AS STRING) AS nothing, 3.1D AS same,
                       CASE WHEN id % 10 = 0 THEN '__unknown' ELSE concat('v', id % 4) END AS \`c.d\`,
                       1e200 * (id % 7) AS huge, date'2026-01-01' AS day, array(1.0D) AS vector,
                       CASE WHEN id < 5 THEN id WHEN id = 6 THEN 1e12 ELSE 0 END AS far
                FROM range(100)`,
        },
      },
    });
    const data = output.odd as DatasetRef;
    const regression = { kind: 'regression', data, label: 'x', split: { by: ['id'] } };
    const clusters = { kind: 'clustering', data };

    const named = await tasks.run(train, 'named', {
      models: {
        m: {
          ...regression,
          label: 'the.label',
          labelTransform: 'log',
          features: ['odd name', { column: 'back`tick', transform: 'log1p' }],
          categories: ['c.d'],
          keep: ['odd name', 'back`tick'],
          split: { by: ['id', 'the.label'] },
          baseline: { groupBy: ['c.d'] },
          algorithm: 'linear',
        },
      },
    });
    const { m } = named.output.models as Record<string, { featureImportances: object }>;
    expect(Object.keys(m?.featureImportances ?? {}).sort()).toEqual(['back`tick', 'c.d', 'odd name']);

    const refusals: Record<string, [model: object, why: string]> = {
      nothing: [
        { ...regression, categories: ['nothing'], algorithm: 'linear' },
        'model "m", categories: column nothing is null in all rows to train on; leave it out',
      ],
      one: [{ ...regression, features: ['odd name'], filter: 'id = 1' }, 'equal in split.by (id)'],
      day: [{ ...regression, features: ['day'] }, 'column day is of type date, expected a number or boolean'],
      vector: [{ ...regression, features: ['vector'] }, 'column vector is of type array<double>'],
      large: [
        { ...regression, features: ['huge'], algorithm: 'linear' },
        'values of column huge are too large',
      ],
      label: [
        { ...regression, label: 'huge', features: ['x'], gbt: { maxIter: 1 } },
        'rmse of column predicted is Infinity',
      ],
      k: [
        { ...clusters, features: ['x', 'same'], k: 8 },
        'the 100 rows have only 7 different values of the features, too few for 8 clusters',
      ],
      far: [{ ...clusters, features: ['far'], k: 4 }, 'no clustering with 4 clusters can be rated'],
    };
    const said = await Promise.all(
      Object.entries(refusals).map(([task, [model]]) =>
        tasks.run(train, task, { models: { m: model } }).then(
          () => 'success',
          (error: Error) => error.message,
        ),
      ),
    );
    for (const [index, [, why]] of Object.values(refusals).entries()) expect(said[index]).toContain(why);
  });
});
