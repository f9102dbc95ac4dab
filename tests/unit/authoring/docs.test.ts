import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { readDagFiles } from '../../../activities/run/dag-files.js';
import { controlOperators } from '../../../dag/control/index.js';
import { formatSourceError } from '../../../dag/source.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

it('docs/authoring.md shows DAGs that are right, and the same in both forms', async () => {
  const text = await readFile(join(repositoryRoot, 'docs', 'authoring.md'), 'utf8');
  const blocks = [...text.matchAll(/```(yaml|ts)\n([\s\S]*?)```/g)].filter(([, , code = '']) =>
    /^(dagId:|export default)/m.test(code),
  );
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-docs-'));
  await mkdir(join(folder, 'shared'));
  await writeFile(join(folder, 'shared', 'defaults.yaml'), 'defaults: { retries: 2, retryDelay: 10s }');
  await writeFile(join(folder, 'shared', 'alerts.yaml'), 'callbacks: { onFailure: { command: [echo] } }');
  const sources = {
    folders: [],
    config: {},
    operators: new Map(
      [...builtInOperators, ...controlOperators.values()].map(({ name, params }) => [name, params]),
    ),
  };
  const read = await Promise.all(
    blocks.map(async ([, language, code = ''], index) => {
      const file = join(folder, `${index}.${language}`);
      await writeFile(file, code);
      const [dag] = await readDagFiles(sources, [file]);
      return dag?.ok ? dag : dag?.errors.map(formatSourceError);
    }),
  );
  await rm(folder, { recursive: true });
  expect(read).toEqual([
    expect.objectContaining({ ok: true }),
    expect.objectContaining({
      ok: true,
      dag: expect.objectContaining({ tasks: [expect.objectContaining({ retries: 0, retryDelay: 10_000 })] }),
    }),
    expect.objectContaining({ ok: true }),
  ]);
  const [yaml, , typescript] = read;
  expect(typescript).toMatchObject({ hash: (yaml as { hash: string }).hash });
});
