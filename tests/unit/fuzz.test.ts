import { expect, it } from 'vitest';
import { pureTargets } from '../fuzz/pure-targets.js';
import { fuzz } from '../fuzz/target.js';

/** The long form is `npm run fuzz`. */
it.each(pureTargets)('$name: whatever comes in is read right or refused in words', async (target) => {
  expect((await fuzz(target, { seed: 11, inputs: 150 })).failure).toBeUndefined();
});
