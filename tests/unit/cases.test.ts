import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const testFiles = readdirSync('tests', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(`tests/${name}`, 'utf8'));

const mentions = (name: string): boolean => testFiles.some((text) => text.includes(`${name}'`));

it.each(['cases', 'hostile'])('a test names each of the fixtures in %s', (folder) => {
  const untested = readdirSync(`tests/fixtures/${folder}`).filter((name) => !mentions(name));
  expect(untested).toEqual([]);
});
