import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOperators } from '../../activities/load-operators.js';
import { type DagFile, readDagFiles } from '../../activities/run/dag-files.js';
import { loadConfig } from '../../config/loader.js';
import { DagReader } from '../../worker/dag-reader.js';
import { dagSources } from '../../worker/dag-sources.js';
import { tempFolder } from '../support/temp-folder.js';

const module = (id: string, before: string): string =>
  `import { dag } from 'nightjar';
import { noop } from 'nightjar/operators';
${before}
export default dag({ dagId: '${id}' }, ({ task }) => void task('a', noop, {}));
`;

let folder: string;
let reader: DagReader;

beforeEach(async () => {
  folder = tempFolder();
  await mkdir(join(folder, 'operators'));
  const settings = { config: {}, operatorsFolder: join(folder, 'operators') };
  reader = new DagReader(settings, { time: 10_000, heap: 256 });
});
afterEach(() => reader.close());

/** What reading the files comes to, by DAG id. */
async function read(files: Record<string, string>): Promise<Record<string, DagFile>> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const config = loadConfig({ env: {}, overrides: [`dags.folders=[${folder}]`] });
  const sources = dagSources(config, await loadOperators());
  const makeElsewhere = (file: string, text: string) => reader.read(file, text);
  const found = await readDagFiles({ ...sources, makeElsewhere });
  return Object.fromEntries(found.map((file) => [file.ok ? file.dag.dagId : file.dagId, file]));
}

const errorsOf = (file: DagFile | undefined): string[] | undefined =>
  file?.ok === false ? file.errors.map(({ line, message }) => `${line}: ${message}`) : undefined;

describe('DAG files that may take long', () => {
  it('are read beside the others, with the same result', async () => {
    const tasks = Array.from(
      { length: 2_000 },
      (_, index) => `  - { id: t${index}, operator: shell, with: { command: "true" } }`,
    );
    const found = await read({
      'small.yaml': 'dagId: small\ntasks: [{ id: a, operator: shell, with: { command: "true" } }]\n',
      'large.yaml': `dagId: large\ntasks:\n${tasks.join('\n')}\n`,
      'wrong.yaml': `dagId: wrong\ntasks:\n${tasks.join('\n')}\n  - { id: t0, operator: nothing }\n`,
      'code.dag.ts': module('code', ''),
    });
    expect(found.small?.ok).toBe(true);
    expect(found.code).toMatchObject({ ok: true, file: join(folder, 'code.dag.ts') });
    expect(found.large).toMatchObject({ ok: true, dag: { tasks: { length: 2_000 } } });
    expect(errorsOf(found.wrong)).toEqual([
      expect.stringContaining('2003: '),
      expect.stringContaining('2003: '),
    ]);
  });

  it('are given up when they take too long or too much, or end the thread', async () => {
    const found = await read({
      'exit.dag.ts': module('exit', 'process.exit(3);'),
      'good.dag.ts': module('good', ''),
      'hang.dag.ts': module('hang', 'for (;;);'),
      'memory.dag.ts': module('memory', 'const all = []; for (;;) all.push(new Array(100_000).fill(0.5));'),
      'other.dag.ts': module('other', ''),
    });
    expect(errorsOf(found.exit)).toEqual([expect.stringMatching(/^1: reading it ended early/)]);
    expect(errorsOf(found.hang)).toEqual(['1: reading it takes more than 10 s, so it was given up']);
    expect(errorsOf(found.memory)).toEqual([
      '1: reading it takes more than 256 MiB of memory, so it was given up',
    ]);
    expect([found.good?.ok, found.other?.ok]).toEqual([true, true]);
  });
});
