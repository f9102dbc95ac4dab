import { identifier, literal } from '../../datasets/sql-text.js';

/** Rows are put into this many buckets by a hash; ratios are rounded to it. */
const buckets = 1_000_000;

export type SplitConditions = { isTest: string; isTraining: string };

/**
 * SQL conditions that part rows by a hash of some columns. Unlike a random split, they say the same of a row each time
 * and whatever the order of rows.
 */
export function splitConditions(
  by: readonly string[],
  { seed, testRatio, sampleRatio }: { seed: number; testRatio: number; sampleRatio: number },
): SplitConditions {
  const columns = by.map(identifier).join(', ');
  const below = (purpose: string, ratio: number) =>
    `pmod(xxhash64(${columns}, ${literal(purpose)}, ${seed}L), ${buckets}) < ${Math.round(ratio * buckets)}`;
  const isTest = below('test', testRatio);
  const isSampled = sampleRatio === 1 ? '' : ` AND ${below('sample', sampleRatio)}`;
  return { isTest, isTraining: `NOT ${isTest}${isSampled}` };
}
