import { describe, expect, it } from 'vitest';
import { type CaseRun, useCases } from '../../support/cases.js';

const cases = useCases();

/** What a model's summary in the output has, as far as these tests look. */
type Model = {
  k: number;
  metrics: Record<string, number>;
  baseline: Record<string, number>;
  rows: { used: number; train: number; test: number; skipped: number; skippedByReason: object };
  sizes: number[];
  candidates: { k: number; silhouette: number }[];
  featureImportances: Record<string, number>;
  warnings: string[];
};

/** The model of a case whose task `train` succeeded, and what the task reported of it. */
async function trained(name: string): Promise<Model> {
  const run = await cases.run(name);
  const { state, reason } = taskOf(run);
  expect(state, reason).toBe('success');
  const { m } = (run.outputs.train as { models: { m: Model } }).models;
  // A metric is a number, or it is not there.
  const metrics = Object.values({ ...m.metrics, ...m.baseline, ...metricsOf(run) });
  expect(metrics.filter((value) => !Number.isFinite(value))).toEqual([]);
  return m;
}

const taskOf = ({ record }: CaseRun) => {
  const task = record.tasks.find(({ key }) => key === 'train');
  if (task === undefined) throw new Error('the run has no task train');
  return task;
};

const metricsOf = (run: CaseRun) => (taskOf(run).stats as { metrics: Record<string, number> }).metrics;

/** Why the task `train` of a case failed. */
async function refused(name: string): Promise<string | undefined> {
  const { state, reason } = taskOf(await cases.run(name));
  expect(state).toBe('failed');
  return reason;
}

describe('clustering', () => {
  it.concurrent('kmeans-constant-column: no more clusters than different points', async () => {
    const { k, metrics, candidates, sizes, warnings } = await trained('kmeans-constant-column');
    expect({ k, silhouette: metrics.silhouette, sizes }).toEqual({
      k: 4,
      silhouette: 1,
      sizes: [10, 10, 10, 10],
    });
    expect(candidates.map((candidate) => candidate.k)).toEqual([2, 3, 4]);
    expect(warnings).toEqual(['feature z has no effect: it is the same in all rows']);
  });

  it.concurrent('kmeans-infinite: the row is left out, and counted with its reason', async () => {
    const { k, rows, warnings } = await trained('kmeans-infinite');
    expect({ k, rows }).toEqual({
      k: 4,
      rows: { used: 39, skipped: 1, skippedByReason: { 'x.infinite': 1 } },
    });
    expect(warnings).toEqual(['1 row left out: x.infinite 1']);
  });

  it.concurrent('too few rows, and a name that is taken', async () => {
    const [few, taken] = await Promise.all([refused('kmeans-few-rows'), refused('kmeans-cluster-column')]);
    expect(few).toBe('model "m": 2 rows are too few for 2 clusters; more than 2 are needed');
    expect(taken).toContain('the column name cluster is taken: train adds a column of this name');
  });
});

describe('regression', () => {
  it.concurrent('train-constant-label: no error, and no metric that is not defined', async () => {
    const { metrics, warnings } = await trained('train-constant-label');
    expect(metrics).toEqual({ rmse: 0, mae: 0 });
    expect(warnings).toEqual([
      'r2 is not defined: all labels of the test rows are equal',
      'improvement is not defined: the baseline makes no error',
    ]);
  });

  it.concurrent('train-dots-feature: a name may have a dot', async () => {
    const { metrics, featureImportances } = await trained('train-dots-feature');
    expect(metrics.rmse).toBeCloseTo(0.0104, 4);
    expect(featureImportances).toEqual({ 'my.x': 1 });
  });

  it.concurrent('values and types of categories and features', async () => {
    const [empty, emptyTrees, none, one, types] = await Promise.all(
      [
        'train-empty-category',
        'train-empty-category-gbt',
        'train-null-category',
        'train-one-category',
        'train-decimal-bool',
      ].map(trained),
    );
    expect(empty?.metrics.rmse).toBeCloseTo(0.007, 4);
    expect(emptyTrees?.metrics.rmse).toBeCloseTo(0.4191, 4);
    expect(none?.featureImportances).toEqual({ x: 1, c: 0 });
    expect(one?.featureImportances).toEqual({ x: 1, c: 0 });
    expect(types?.metrics).toEqual({ rmse: 0, mae: 0, r2: 1 });
  });

  it.concurrent('train-unique-category: as many values as rows', async () => {
    const { metrics, rows } = await trained('train-unique-category');
    expect(metrics.rmse).toBe(0);
    expect(rows).toMatchObject({ train: 233, test: 67 });
  });

  it.concurrent('rows with infinities are left out, and counted with their reason', async () => {
    const [feature, label] = await Promise.all([
      trained('train-infinite-feature'),
      trained('train-infinite-label'),
    ]);
    expect(feature.rows).toMatchObject({ skipped: 10, skippedByReason: { 'x.infinite': 10 } });
    expect(feature.metrics.rmse).toBeCloseTo(0.0101, 4);
    expect(label.rows).toMatchObject({ skipped: 1, skippedByReason: { 'y.infinite': 1 } });
    expect(label.metrics.rmse).toBe(0);
  });

  it.concurrent('nothing to train on or to test on', async () => {
    const [few, infinite, all, taken] = await Promise.all(
      ['train-few-distinct', 'train-infinite', 'train-all-null-feature', 'train-actual-column'].map(refused),
    );
    expect(few).toMatch(
      /^model "m": 2000 rows to train on and 0 to test on.* the split goes by distinct rows.*\(x, y\).* give split\.by a key/,
    );
    // As a NaN would be: without its row, the rest has too few different rows to be split.
    expect(infinite).toMatch(
      /199 rows to train on and 0 to test on \(1 left out: x\.infinite 1\).*split\.by/,
    );
    expect(all).toBe(
      'model "m": 0 rows to train on and 0 to test on: all 200 rows are left out (x.null 200); leave the column out of the model, or fill it by SQL before',
    );
    expect(taken).toContain('the column name predicted is taken: train adds a column of this name');
  });
});
