import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DagSources, findDag, readDagFiles } from '../../../activities/run/dag-files.js';
import { formatSourceError } from '../../../dag/source.js';

let folder: string;
let sources: DagSources;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-dags-'));
  sources = {
    folders: [folder],
    operators: new Map([
      ['print', z.strictObject({ text: z.string().optional(), rows: z.int().optional() })],
    ]),
    config: {},
  };
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Ids and errors of all DAGs, without the folder's name. */
async function read(): Promise<{ ids: string[]; errors: string[] }> {
  const files = await readDagFiles(sources);
  return {
    ids: files.flatMap((file) => (file.ok ? [file.dag.dagId] : [])),
    errors: files.flatMap((file) =>
      file.ok ? [] : file.errors.map((error) => formatSourceError(error).replaceAll(`${folder}/`, '')),
    ),
  };
}

async function find(dagId: string) {
  const found = await findDag(dagId, sources);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const tasks = 'tasks: [{ id: t, operator: print }]';
const typescript = (
  id: string,
  task = "task('t', print)",
  above = '',
): string => `import { dag } from 'nightjar';
${above}
const print = { name: 'print', params: undefined as any };
export default dag({ dagId: '${id}' }, ({ task }) => {
  ${task};
});
`;

describe('include', () => {
  it('merges defaults, params, callbacks and groups by name, what is nearer counting more', async () => {
    await write({
      'dags/a.yaml': `dagId: a
include: [../shared/first.yaml, ../shared/second.yaml]
params: { n: { type: integer, default: 1 } }
defaults: { retries: 1 }
${tasks}`,
      'shared/first.yaml':
        'owner: first\ntags: [one, two]\nparams: { n: { default: x }, m: { default: 1 } }\ndefaults: { retries: 5, retryDelay: 1s, queue: first }',
      'shared/second.yaml': 'include: deep/third.yaml\ntags: [three]\ndefaults: { retryDelay: 2s }',
      'shared/deep/third.yaml': 'owner: third\ndefaults: { queue: third, priority: 3 }',
    });
    const { dag, hash } = await find('a');
    expect(dag).toMatchObject({
      owner: 'third',
      tags: ['three'],
      params: { n: { type: 'integer', default: 1 }, m: { default: 1 } },
      tasks: [{ retries: 1, retryDelay: 2000, queue: 'third', priority: 3 }],
    });
    expect(dag).not.toHaveProperty('include');

    await write({
      'shared/second.yaml': 'include: deep/third.yaml\ntags: [three]\ndefaults: { retryDelay: 3s }',
    });
    const changed = await find('a');
    expect(changed.dag.tasks[0]?.retryDelay).toBe(3000);
    expect(changed.hash).not.toBe(hash);
  });

  it('gives a mistake the place in the file where it was made', async () => {
    await write({
      'a.yaml': `dagId: a\ninclude: base.yaml\ndefaults: { retries: -1 }\n${tasks}`,
      'base.yaml': 'params:\n  n: { tipe: integer }\nonwer: me\ndefaults:\n  retryDelay: soon\n',
      'b.yaml': `dagId: b\ninclude: [broken.yaml, tasks.yaml]\n${tasks}`,
      'broken.yaml': 'tags: [a',
      'tasks.yaml': 'owner: me\ntasks: []',
      'c.yaml': `dagId: c\ninclude:\n  - baes.yaml\n  - 5\n${tasks}`,
      'd.yaml': `dagId: d\ninclude: e.yaml\n${tasks}`,
      'e.yaml': 'owner: e\ninclude: [f.yaml]',
      'f.yaml': 'include: e.yaml',
    });
    const { errors } = await read();
    expect(errors).toEqual([
      'a.yaml:3:22: defaults.retries: expected at least 0, got -1',
      "base.yaml:2:8: params.n.tipe: unknown key (did you mean 'type'?)",
      "base.yaml:3:1: onwer: unknown key (did you mean 'owner'?)",
      expect.stringContaining('base.yaml:5:15: defaults.retryDelay: expected a duration'),
      expect.stringContaining('broken.yaml:1:9: Flow sequence'),
      "tasks.yaml:2:1: tasks: an included file can't have tasks: every DAG has its own",
      "c.yaml:3:5: include[0]: there is no file baes.yaml (did you mean 'base.yaml'?)",
      'c.yaml:4:5: include[1]: expected the path of a YAML file or a list of these',
      'f.yaml:1:10: include: files include each other: e.yaml → f.yaml → e.yaml',
    ]);
  });
});

describe('DAGs in TypeScript', () => {
  it('are read beside YAML: one, a list, with what they import and `import.meta`', async () => {
    await write({
      'one.dag.ts': typescript('one'),
      'many.ts': `import { basename } from 'node:path';
import { dag } from 'nightjar';
import { names, type Name } from './lib/names';
const print = { name: 'print', params: undefined as any };
const here = basename(import.meta.url);
export default names.map((name: Name) => dag({ dagId: name, owner: here }, ({ task }) => void task('t', print)));`,
      'lib/names.ts': 'export type Name = string;\nexport const names = ["two", "three"];',
      'lib/other.ts': 'throw new Error("never run");',
      'four.yaml': `dagId: four\n${tasks}`,
    });
    expect(await read()).toEqual({ ids: ['four', 'two', 'three', 'one'], errors: [] });
    expect((await find('two')).dag.owner).toBe('many.ts');
  });

  it('are read again when they or a module that they import have changed', async () => {
    await write({
      'a.dag.ts': typescript(
        'a',
        "task('t', print, { with: { text } })",
        "import { text } from './lib/text.js';",
      ),
      'lib/text.ts': "import { text as deep } from './deep.js';\nexport const text = deep;",
      'lib/deep.ts': "export const text = 'before';",
    });
    const textNow = async () => (await find('a')).dag.tasks[0]?.with.text;
    expect(await textNow()).toBe('before');
    await write({ 'lib/deep.ts': "export const text = 'after';" });
    expect(await textNow()).toBe('after');
    await write({ 'lib/deep.ts': 'export const txt = 1;' });
    await expect(textNow()).rejects.toThrow(/lib\/text\.ts:1:10: .*No matching export.*"text"/);
    await rm(join(folder, 'lib/deep.ts'));
    await expect(textNow()).rejects.toThrow(/lib\/text\.ts:1:30: Could not resolve "\.\/deep\.js"/);
    await write({ 'lib/deep.ts': "export const text = 'again';" });
    expect(await textNow()).toBe('again');
  });

  it('that are broken say where, and stop no other', async () => {
    await write({
      'a-syntax.dag.ts': 'import { dag } from "nightjar";\nexport default dag({ dagId: "x" ;',
      'b-throws.dag.ts': "import { boom } from './lib/boom.ts';\nexport default boom();",
      'lib/boom.ts':
        'export const boom = (): never => {\n  const nothing: any = undefined;\n  return nothing.x;\n};',
      'c-export.dag.ts': "import { dag } from 'nightjar';\nexport default { dagId: 'c' };",
      'd-import.dag.ts': "import { dagg } from 'nightjar';\nexport default dagg();",
      'e-checks.dag.ts': typescript(
        'e',
        "const a = task('a', print, { with: { rows: 1.5 } });\n  const b = task('b', print, { dependsOn: 'c' });\n  b.before(a);\n  a.before(b)",
      ),
      'f-builder.dag.ts': typescript('f', "task('t', print, {\n    with: { text: () => 1 } })"),
      'g-good.dag.ts': typescript('g'),
      'h-good.yaml': `dagId: h\n${tasks}`,
    });
    const { ids, errors } = await read();
    expect(ids).toEqual(['g', 'h']);
    expect(errors).toEqual([
      'a-syntax.dag.ts:2:33: Expected "}" but found ";"',
      "lib/boom.ts:3:18: TypeError: Cannot read properties of undefined (reading 'x')",
      expect.stringMatching(/^c-export\.dag\.ts:1:1: expected a default export made by dag\(\)/),
      expect.stringMatching(/^d-import\.dag\.ts:1:1: SyntaxError: .*'dagg'/),
      'e-checks.dag.ts:5:13: tasks[0].with.rows: expected a whole number, got 1.5',
      "e-checks.dag.ts:6:13: tasks[1].dependsOn[0]: there is no task 'c'",
      expect.stringMatching(
        /^e-checks\.dag\.ts:[78]:5: tasks\[[01]\]\.dependsOn\[[01]\]: tasks form a cycle/,
      ),
      'f-builder.dag.ts:5:3: with.text: expected a value that JSON can hold, got a function',
    ]);
  });
});

describe('ids', () => {
  it('that two files claim are refused in both, and a run of them', async () => {
    await write({
      'a.yaml': `dagId: same\n${tasks}`,
      'b.dag.ts': typescript('same'),
      'c.yaml': `dagId: other\n${tasks}`,
    });
    expect(await read()).toEqual({
      ids: ['other'],
      errors: [
        "a.yaml:1:8: dagId: 'same' is also the id of the DAG in b.dag.ts:4:16 (every DAG has an id of its own)",
        "b.dag.ts:4:16: dagId: 'same' is also the id of the DAG in a.yaml:1:8 (every DAG has an id of its own)",
      ],
    });
    await expect(find('same')).rejects.toThrow("'same' is also the id of the DAG in");
  });

  it('of a broken file lead to its mistakes', async () => {
    await write({ 'a.dag.ts': typescript('mine', "task('t', prnt)") });
    await expect(find('mine')).rejects.toThrow(/a\.dag\.ts:5:13: ReferenceError: prnt is not defined/);
  });
});
