import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

/** What the image has of Nightjar; see Dockerfile. The client has a package.json of its own. */
const shipped = ['activities', 'cli', 'config', 'contract', 'dag', 'embedded', 'worker', 'workflows'];

it('installs what the image imports without development packages', () => {
  const { dependencies } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const files = globSync(
    shipped.map((folder) => `${folder}/**/*.{ts,mjs}`),
    { cwd: repositoryRoot, ignore: ['**/*.d.ts'] },
  );
  expect(files.length).toBeGreaterThan(100);
  const missing = files.flatMap((file) => {
    const text = readFileSync(join(repositoryRoot, file), 'utf8');
    const imports = text.matchAll(
      /^(?!import type|export type)(?:.*\bfrom |import |.*\bimport\()'([^.'][^']*)'/gm,
    );
    return [...imports]
      .map(([, specifier = '']) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      )
      .filter((name) => !isBuiltin(name) && name !== 'nightjar' && name !== 'spark-connect-js')
      .filter((name) => !(name in dependencies))
      .map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});
