import { type DataType, ml, types } from 'spark-connect-js';
import { describe, expect, it } from 'vitest';
import { configure } from '../../../activities/operators/train/algorithms.js';
import { bestOf, candidateRange, inOwnUnits } from '../../../activities/operators/train/clustering.js';
import {
  checkScale,
  encodingStages,
  featureImportances,
  vectorSlots,
} from '../../../activities/operators/train/encoding.js';
import { type RegressionSpec, trainParams } from '../../../activities/operators/train/params.js';
import { splitConditions } from '../../../activities/operators/train/split.js';
import { checkColumns } from '../../../activities/operators/train/training-data.js';
import { usableRow } from '../../../activities/operators/train/usable-rows.js';
import { modelsSettings } from '../../../config/sections/models.js';

const data = { dataset: 'sales', path: 'd/r/t/g/sales', rows: 10, schemaHash: 'h' };
const clustering = { kind: 'clustering', data, features: ['a', 'b'] };
const regression = { kind: 'regression', data, label: 'y', features: ['a'], categories: ['c'] };

const parse = (model: object) => trainParams.safeParse({ models: { m: model } });
const problem = (model: object) => {
  const [issue] = parse(model).error?.issues ?? [];
  return `${issue?.path.slice(2).join('.')}: ${issue?.message}`;
};
const regressionSpec = (changes: object = {}): RegressionSpec => {
  const spec = parse({ ...regression, ...changes }).data?.models.m;
  if (spec?.kind !== 'regression') throw new Error('not a regression');
  return spec;
};

describe('params', () => {
  it('fill in defaults, the same as those of the configuration', () => {
    const settings = modelsSettings.parse({});
    const { algorithm, gbt, randomForest, linear, sampleRatio, seed, split } = regressionSpec();
    expect({ algorithm, gbt, randomForest, linear, sampleRatio, seed, testRatio: split.testRatio }).toEqual(
      settings.durations,
    );
    expect(parse(clustering).data?.models.m).toMatchObject({
      ...settings.clustering,
      data: [data],
      features: [
        { column: 'a', transform: 'none' },
        { column: 'b', transform: 'none' },
      ],
    });
    expect(parse({ ...clustering, k: 4 }).data?.models.m).toMatchObject({ k: { min: 4, max: 4 } });
  });

  it('refuse what makes no model, and say where', () => {
    expect(problem({ ...clustering, kind: 'magic' })).toBe(
      'kind: expected a model whose kind is clustering or regression',
    );
    expect(problem({ ...clustering, features: [] })).toContain('features: ');
    expect(problem({ ...clustering, k: { min: 5, max: 3 } })).toBe('k.min: expected at most max');
    expect(problem({ ...clustering, features: ['a', 'a'] })).toBe('features: a column appears twice');
    expect(problem({ ...clustering, keep: ['pc1'] })).toContain('the column name pc1 is taken');
    expect(problem({ ...clustering, features: ['Cluster'] })).toContain('the column name Cluster is taken');
    expect(problem({ ...clustering, features: ['__features'] })).toContain('those that start with __');
    for (const [key, value] of Object.entries({
      features: ['predicted'],
      categories: ['PREDICTED'],
      label: 'baseline',
      split: { by: ['predicted'] },
      keep: ['actual'],
    }))
      expect(problem({ ...regression, [key]: value })).toMatch(/^: the column name \w+ is taken/);
    expect(parse({ ...regression, label: 'actual' }).success).toBe(true);
    expect(problem({ ...regression, features: [], categories: [] })).toContain(
      'features: expected features or categories',
    );
    expect(problem({ ...regression, features: ['y'] })).toBe('features: the label y is among them');
    expect(problem({ ...regression, categories: ['a'] })).toBe('categories: a is among the features too');
    expect(problem({ ...regression, algorithm: 'guess' })).toContain('algorithm: ');
    expect(problem({ ...regression, gbt: { trees: 3 } })).toContain('gbt: ');
    expect(problem({ ...regression, split: { testRatio: 1 } })).toContain('split.testRatio: ');
  });
});

describe('columns', () => {
  const fields = new Map<string, DataType>([
    ['a', types.long],
    ['c', types.string],
    ['y', types.decimal(10, 2)],
    ['tags', types.array(types.string)],
  ]);
  const check = (changes: object) => () => checkColumns('m', regressionSpec(changes), fields);

  it('must exist and be of a type that the model can use', () => {
    expect(check({})).not.toThrow();
    expect(check({ features: ['aa'] })).toThrow(
      'model "m", features: the data have no column aa; they have a, c, y, tags',
    );
    expect(check({ label: 'c', categories: [] })).toThrow(
      'label: column c is of type string, expected a number',
    );
    expect(check({ categories: ['tags'] })).toThrow('categories: column tags is of type array<string>');
    expect(check({ keep: ['tags', 'none'] })).toThrow('keep: the data have no column none');
    expect(check({ baseline: { groupBy: ['tags'] } })).toThrow('baseline.groupBy: column tags');
  });
});

describe('encoding', () => {
  const features = [
    { column: 'size', transform: 'log1p' as const },
    { column: 'odd`name', transform: 'none' as const },
  ];
  const categories = ['town', 'kind'];

  it('quotes names and leaves out rows that have no number', () => {
    expect(usableRow(features)).toBe(
      "coalesce(CAST(`size` AS DOUBLE) > -1 AND CAST(`size` AS DOUBLE) < double('Infinity'), false) AND " +
        "coalesce(abs(CAST(`odd``name` AS DOUBLE)) < double('Infinity'), false)",
    );
    expect(usableRow([])).toBe('true');
  });

  it('makes only the stages that are needed', () => {
    const names = (encoding: Parameters<typeof encodingStages>[0]) =>
      encodingStages(encoding).map((stage) => stage.constructor);
    expect(names({ features, categories: [], oneHot: false, scaling: 'standard' })).toEqual([
      ml.SQLTransformer,
      ml.VectorAssembler,
      ml.StandardScaler,
    ]);
    expect(names(configure(regressionSpec(), 'p').encoding)).toEqual([
      ml.SQLTransformer,
      ml.StringIndexer,
      ml.VectorAssembler,
    ]);
    expect(names(configure(regressionSpec({ algorithm: 'linear' }), 'p').encoding)).toEqual([
      ml.SQLTransformer,
      ml.StringIndexer,
      ml.OneHotEncoder,
      ml.VectorAssembler,
      ml.StandardScaler,
    ]);
  });

  it('knows what each component of the vector stands for', () => {
    const labels = [['=oslo', '='], ['=x']];
    expect(vectorSlots({ features, categories, oneHot: false, scaling: 'none' }, labels)).toEqual([
      { feature: 'size' },
      { feature: 'odd`name' },
      { feature: 'town' },
      { feature: 'kind' },
    ]);
    const slots = vectorSlots({ features, categories, oneHot: true, scaling: 'deviation' }, labels);
    expect(slots.slice(2)).toEqual([
      { feature: 'town', value: 'oslo' },
      { feature: 'town', value: '' },
      { feature: 'kind', value: 'x' },
    ]);
    const importances = featureImportances(slots, [1, 0, -2, 3, 2]);
    expect(Object.entries(importances)).toEqual([
      ['town', 5 / 8],
      ['kind', 2 / 8],
      ['size', 1 / 8],
      ['odd`name', 0],
    ]);
    expect(featureImportances([{ feature: 'a' }], [0])).toEqual({ a: 0 });
  });

  it('gives trees a bin for every value of a category', () => {
    const params = (rows: number, maxCategories: number) =>
      configure(regressionSpec(), 'p').estimator({ rows, maxCategories }).params;
    expect(params(1000, 10)).toMatchObject({ maxBins: 32, minInstancesPerNode: 10 });
    expect(params(1000, 200)).toMatchObject({ maxBins: 201, minInstancesPerNode: 10 });
    // Each row has a value of its own, so that rows count twice.
    expect(params(200, 200)).toMatchObject({ maxBins: 201, minInstancesPerNode: 20 });
  });

  it('names the feature that is too large to be scaled', () => {
    expect(() => checkScale('m', features, [3, 0])).not.toThrow();
    expect(() => checkScale('m', features, [3, Number.POSITIVE_INFINITY])).toThrow(
      'model "m", features: the values of column odd`name are too large for a standard deviation',
    );
  });
});

describe('the split', () => {
  it('goes by a hash of the key and the seed', () => {
    const split = splitConditions(['id', 'odd`name'], { seed: 7, testRatio: 0.25, sampleRatio: 1 });
    expect(split.isTest).toBe("pmod(xxhash64(`id`, `odd``name`, 'test', 7L), 1000000) < 250000");
    expect(split.isTraining).toBe(`NOT ${split.isTest}`);
    const sampled = splitConditions(['id'], { seed: 7, testRatio: 0.25, sampleRatio: 0.5 });
    expect(sampled.isTraining).toBe(
      `NOT ${sampled.isTest} AND pmod(xxhash64(\`id\`, 'sample', 7L), 1000000) < 500000`,
    );
  });
});

describe('clusters', () => {
  it('are fewer than the rows', () => {
    const range = (min: number, used: number, points = used, skippedByReason = {}) =>
      candidateRange('m', { min, max: 5 }, { used, points, skipped: 0, skippedByReason });
    expect(range(2, 100)).toEqual([2, 3, 4, 5]);
    expect(range(2, 4)).toEqual([2, 3]);
    expect(() => range(4, 4)).toThrow('model "m": 4 rows');
    expect(range(2, 100, 3)).toEqual([2, 3]);
    expect(() => range(4, 100, 3)).toThrow('the 100 rows have only 3 different values of the features');
    expect(() => range(2, 100, 1)).toThrow('all rows have the same features');
  });

  it('are as many as give the best silhouette, and of equal ones the fewest', () => {
    const candidates = [0.5, 0.7, 0.7, 0.6].map((silhouette, index) => ({ k: index + 2, silhouette }));
    expect(bestOf('m', [2, 3, 4, 5], candidates).k).toBe(3);
    expect(() => bestOf('m', [4, 5], [])).toThrow('no clustering with 4, 5 clusters can be rated');
  });

  it('have their centres in the features’ own units', () => {
    const features = [
      { column: 'rate', transform: 'none' as const },
      { column: 'size', transform: 'log1p' as const },
    ];
    const moments = { means: [0.5, Math.log(10)], deviations: [0.1, Math.log(10)] };
    const { rate, size } = inOwnUnits([-2, 1], features, moments);
    expect(rate).toBeCloseTo(0.3, 12);
    expect(size).toBeCloseTo(99, 9);
  });
});
