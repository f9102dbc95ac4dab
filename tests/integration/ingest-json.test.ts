import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonDifferences, jsonFile } from '../support/json-oracle.js';

/** The long form is `npm run fuzz`. */
it('reads lines of JSON as JSON.parse does, with all digits, and refuses the others', async () => {
  const texts = fc.sample(jsonFile, { seed: 20260301, numRuns: 120 }).map((text, index) => text(index));
  expect(await jsonDifferences(texts)).toEqual([]);
});
