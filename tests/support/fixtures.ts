import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The text of a file in tests/fixtures. */
export const readFixture = (...path: string[]): Promise<string> =>
  readFile(resolve('tests/fixtures', ...path), 'utf8');
