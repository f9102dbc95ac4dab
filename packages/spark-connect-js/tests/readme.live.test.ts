import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { remote } from './support/spark.js';

it("the README's session prints what the README says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1];
  const program = block('ts')?.replace("'spark-connect-js'", "'../src/index.js'");
  // Beside the sources, so that it finds them and the packages they need.
  const file = fileURLToPath(new URL('./readme-session.tmp.ts', import.meta.url));
  onTestFinished(() => rm(file, { force: true }));
  await writeFile(file, program ?? '');
  const env = { ...process.env, SPARK_REMOTE: remote() };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], { env });
  expect(stdout.trim()).toBe(block('text')?.trim());
});
