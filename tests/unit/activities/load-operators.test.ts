import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadOperators } from '../../../activities/load-operators.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

let folder: string;
beforeEach(async () => {
  // Within the repository, as a user's operators are, so that they can import `nightjar` and zod.
  await mkdir(join(repositoryRoot, '.nightjar'), { recursive: true });
  folder = await mkdtemp(join(repositoryRoot, '.nightjar', 'operators-'));
});
afterEach(() => rm(folder, { recursive: true }));

const operator = (name: string) => `
import { defineOperator, OperatorError } from 'nightjar';
import { z } from 'zod';
export default defineOperator({
  name: '${name}',
  description: 'says hello',
  params: z.strictObject({ whom: z.string() }),
  run: async (context, { whom }): Promise<string> => {
    if (whom === '') throw new OperatorError('InvalidParams', 'whom?');
    return \`hello \${whom}\`;
  },
});
`;

it("adds the user's TypeScript operators to those in the box", async () => {
  await writeFile(join(folder, 'hello.ts'), operator('hello'));
  const operators = await loadOperators(folder);
  expect([...operators.keys()]).toEqual(expect.arrayContaining(['ingest', 'train', 'hello']));
  const hello = operators.get('hello');
  expect(hello?.params.safeParse({ whom: 5 }).success).toBe(false);
  expect(await hello?.run({} as never, { whom: 'you' })).toBe('hello you');
});

it.each([
  ['a file without an operator', 'empty.ts', 'export const x = 1;', /empty\.ts: expected a default export/],
  [
    'a name that is taken',
    'ingest.ts',
    operator('ingest'),
    /ingest\.ts: there is already an operator named "ingest"/,
  ],
  ['a name of a control operator', 'noop.ts', operator('noop'), /already an operator named "noop"/],
])('refuses %s, by name', async (_, file, text, message) => {
  await writeFile(join(folder, file), text);
  await expect(loadOperators(folder)).rejects.toThrow(message);
});

it('refuses a folder that is not there', async () => {
  await expect(loadOperators(join(folder, 'nowhere'))).rejects.toThrow('there is no folder');
});
