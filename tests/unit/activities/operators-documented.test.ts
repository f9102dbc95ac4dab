import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { controlOperators } from '../../../dag/control/index.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

const folder = join(repositoryRoot, 'docs/operators');
const index = readFileSync(join(folder, 'README.md'), 'utf8');

it.each([...controlOperators.keys(), ...builtInOperators.map(({ name }) => name)])(
  'docs/operators/README.md leads to a page about %s',
  (name) => {
    const page = new RegExp(`\\[${name}\\]\\(([^)#]+)`).exec(index)?.[1];
    expect(page !== undefined && existsSync(join(folder, page))).toBe(true);
  },
);
