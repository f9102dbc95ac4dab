import { expect, it } from 'vitest';
import { chaos } from '../chaos/suite.js';

/** The long form is `npm run chaos`. */
it('gives the results of undisturbed runs after faults, and leaves nothing behind', async () => {
  const lines: string[] = [];
  const only = ['mapped tasks', 'pools', 'held runs'];
  const { problems } = await chaos({ runs: 3, seed: 3, only, tell: (line) => lines.push(line) });
  expect(problems, lines.join('\n')).toEqual([]);
}, 600_000);
