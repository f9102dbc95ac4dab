import { describe, expect, it } from 'vitest';
import { orderByReferences } from '../../../activities/operators/ingest/dataset-order.js';
import { ingestParams } from '../../../activities/operators/ingest/params.js';

/** Datasets with a key, and a reference to the key of each of some others. */
function datasets(references: Record<string, string[]>) {
  const entries = Object.entries(references).map(([name, targets]) => [
    name,
    {
      files: 'x',
      schema: {
        id: 'int',
        ...Object.fromEntries(targets.map((target) => [target, { type: 'int', references: `${target}.id` }])),
      },
    },
  ]);
  return ingestParams.parse({ datasets: Object.fromEntries(entries) }).datasets;
}

const order = (references: Record<string, string[]>) =>
  orderByReferences(datasets(references)).map(([name]) => name);

describe('order of datasets', () => {
  it('is that of the declaration where no reference asks for another', () => {
    expect(order({ b: [], a: [], c: [] })).toEqual(['b', 'a', 'c']);
  });

  it('puts each after those that it references', () => {
    expect(order({ lines: ['orders', 'items'], orders: ['shops'], items: [], shops: [] })).toEqual([
      'shops',
      'orders',
      'items',
      'lines',
    ]);
  });

  it('refuses a circle, and names it', () => {
    expect(() => order({ a: ['b'], b: ['c'], c: ['a', 'd'], d: [] })).toThrow(
      expect.objectContaining({ type: 'InvalidParams', message: expect.stringContaining('a → b → c → a') }),
    );
  });
});
