import { z } from 'zod';
import {
  clusterRange,
  gbtSettings,
  kMeansSettings,
  linearSettings,
  randomForestSettings,
  regressionAlgorithm,
  seed,
} from '../../../config/sections/models.js';
import { datasetName, datasetRef } from '../../datasets/dataset-ref.js';
import { distinctNames, namesFirst } from '../../datasets/distinct-names.js';

const column = z.string().min(1, 'expected the name of a column');

/** Columns that the operator adds to what a model reads, and to what it publishes. */
const added = {
  clustering: ['cluster', 'pc1', 'pc2'],
  regression: { read: ['predicted', 'baseline'], published: ['actual', 'predicted', 'baseline'] },
};

const columns = z
  .array(column)
  .refine((names) => new Set(names).size === names.length, 'a column appears twice');

/** A numeric or boolean column: its name, or with `transform: log1p`, ln(1 + x), for values ≥ 0 with a long tail. */
const feature = z.union(
  [
    column.transform((name) => ({ column: name, transform: 'none' as const })),
    z.strictObject({ column, transform: z.enum(['none', 'log1p']).default('none') }),
  ],
  { error: 'expected the name of a column, or { column: …, transform: log1p }' },
);

const features = z
  .array(feature)
  .refine((all) => new Set(all.map((each) => each.column)).size === all.length, 'a column appears twice');

const dataset = z.union([datasetRef.transform((ref) => [ref]), z.array(datasetRef).min(1)], {
  error: 'expected a dataset of another task, such as tasks.transform.output.sales in a template',
});

const common = {
  /** What to learn from. */
  data: dataset,
  /** SQL condition on its rows. Default: all rows. */
  filter: z.string().min(1).optional(),
  /** Columns that the published dataset gets besides those of the model, such as keys. Default none. */
  keep: columns.default([]),
  /** Default 42. */
  seed: seed.default(42),
};

const clustering = z
  .strictObject({
    kind: z.literal('clustering'),
    ...common,
    /** What rows are alike in. Each is standardised: mean 0, deviation 1. Rows where one is null, NaN or infinite are left out. */
    features: features.min(1),
    /** Number of clusters, or the range to choose from by the silhouette. Default 2 to 8. */
    k: z
      .union(
        [
          z
            .int()
            .min(2)
            .transform((k) => ({ min: k, max: k })),
          clusterRange,
        ],
        {
          error: 'expected a number from 2, or { min: 2, max: 8 }',
        },
      )
      .prefault({}),
    ...kMeansSettings,
  })
  .superRefine((model, issues) => {
    const names = [...model.features.map((each) => each.column), ...model.keep];
    checkNames(names, added.clustering, issues);
  });

const regression = z
  .strictObject({
    kind: z.literal('regression'),
    ...common,
    /** The numeric column to predict. Rows where it is null, NaN or infinite are left out. */
    label: column,
    /**
     * `log`: learns ln(label), for positive labels with a long tail. Predictions and metrics are in the label's own
     * unit: the exponential of what was learnt, times the mean of the exponential of the errors in training, since
     * the exponential of a mean of logarithms is too small (Duan 1983, smearing estimate). Default none.
     */
    labelTransform: z.enum(['none', 'log']).default('none'),
    /** Numeric and boolean columns to predict from. Rows where one is null, NaN or infinite are left out. */
    features: features.default([]),
    /** Columns to predict from that are names of something. Null and values not seen in training are a category too. */
    categories: columns.default([]),
    split: z
      .strictObject({
        /** Columns whose hash says on which side a row is: a key. Default: all columns of the model. */
        by: columns.min(1).optional(),
        /** Share of the rows to test on. Default 0.2. */
        testRatio: z.number().gt(0).lt(1).default(0.2),
      })
      .prefault({}),
    /** Share of the training rows to learn from. Default 1. */
    sampleRatio: z.number().gt(0).max(1).default(1),
    /** Default gbt. */
    algorithm: regressionAlgorithm.default('gbt'),
    /** Of the algorithm gbt. */
    gbt: gbtSettings.prefault({}),
    /** Of the algorithm random-forest. */
    randomForest: randomForestSettings.prefault({}),
    /** Of the algorithm linear. */
    linear: linearSettings.prefault({}),
    /** What the model is compared with: the mean of the label in each group of training rows. */
    baseline: z
      .strictObject({
        /** Default: one group of all rows. */
        groupBy: columns.default([]),
      })
      .prefault({}),
  })
  .superRefine((model, issues) => {
    const inputs = [...model.features.map((each) => each.column), ...model.categories];
    if (inputs.length === 0) {
      issues.addIssue({
        code: 'custom',
        path: ['features'],
        message: 'expected features or categories to learn from',
      });
    }
    if (inputs.includes(model.label)) {
      issues.addIssue({
        code: 'custom',
        path: ['features'],
        message: `the label ${model.label} is among them`,
      });
    }
    const both = model.categories.find((name) => model.features.some((each) => each.column === name));
    if (both !== undefined) {
      issues.addIssue({ code: 'custom', path: ['categories'], message: `${both} is among the features too` });
    }
    checkNames([...inputs, model.label, ...(model.split.by ?? [])], added.regression.read, issues);
    checkNames([...model.keep, ...model.baseline.groupBy], added.regression.published, issues);
  });

/** Spark doesn't tell names apart by case. */
function checkNames(names: string[], taken: string[], issues: z.RefinementCtx): void {
  const clash = names.find((name) => taken.includes(name.toLowerCase()) || name.startsWith('__'));
  if (clash !== undefined) {
    const message = clash.startsWith('__')
      ? `the column name ${clash} is taken: those that start with __ are of train itself; rename it by SQL before`
      : `the column name ${clash} is taken: train adds a column of this name; rename it by SQL before`;
    issues.addIssue({ code: 'custom', message });
  }
}

/** What the `train` operator takes. */
export const trainParams = z.strictObject({
  /** Models by name. Names are part of those of metrics (`<name>.rmse`) and of published datasets. */
  models: z
    .record(
      datasetName,
      z.discriminatedUnion('kind', [clustering, regression], {
        error: () => 'expected a model whose kind is clustering or regression',
      }),
    )
    .refine((models) => Object.keys(models).length > 0, 'expected at least one model')
    .superRefine(distinctNames, namesFirst),
});

export type ClusteringSpec = z.output<typeof clustering>;
export type RegressionSpec = z.output<typeof regression>;
export type Feature = z.output<typeof feature>;
