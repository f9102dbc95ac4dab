import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { defineOperator } from '../../activities/operator.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { TestWorker } from '../support/test-worker.js';

/** Gives back what it is given. */
const echo = defineOperator({
  name: 'echo',
  description: 'Gives back its value',
  params: z.strictObject({ value: z.json() }),
  run: async (_context, { value }) => value,
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start([echo]);
});
afterAll(() => worker.stop());

const path = (name: string): string => join(worker.folder, 'dags', name);
const write = (name: string, text: string): Promise<void> => writeFile(path(name), text);

let runs = 0;
/** Runs a DAG and gives the outputs of its tasks, or the message that the run failed with. */
async function outputs(dagId: string): Promise<unknown> {
  runs++;
  const run = `run-${runs}`;
  const result = await worker.run(dagId, undefined, `${dagId}/${run}`);
  if (typeof result === 'string') return result.replaceAll(`${worker.folder}/dags/`, '');
  const { tasks } = await worker.record(dagId, run);
  return Object.fromEntries(tasks.map(({ key, output }) => [key, output]));
}

describe('a worker that runs', () => {
  it('takes DAGs in TypeScript beside those in YAML, and their edits, those of imported modules too', async () => {
    await mkdir(path('lib'));
    await write('lib/operators.ts', "export const echo = { name: 'echo', params: undefined as any };");
    await write('lib/greeting.ts', "export const greeting = 'hello';");
    await write(
      'greet.dag.ts',
      `import { dag, expr } from 'nightjar';
import { greeting } from './lib/greeting.js';
import { echo } from './lib/operators.js';

export default dag({ dagId: 'greet', params: { n: { type: 'integer', default: 2 } } }, ({ task, params }) => {
  const names = task('names', echo, { with: { value: { list: ['Ada', 'Bob'], n: params.n } } });
  const each = task('each', echo, {
    expand: { name: names.output.list },
    with: ({ item, index }) => ({ value: \`\${greeting} \${item.name} \${index}\` }),
  });
  const all = task('all', echo, { with: { value: { said: each.output, twice: expr\`\${names.output.n} * \${2}\` } } });
  task('never', echo, { when: expr\`size(\${all.output.said}) > \${2}\`, with: { value: 1 } });
});
`,
    );
    await write('plain.yaml', 'dagId: plain\ntasks: [{ id: t, operator: echo, with: { value: one } }]');

    expect(await outputs('greet')).toMatchObject({
      names: { list: ['Ada', 'Bob'], n: 2 },
      'each[0]': 'hello Ada 0',
      'each[1]': 'hello Bob 1',
      all: { said: ['hello Ada 0', 'hello Bob 1'], twice: 4 },
    });
    expect(await outputs('plain')).toEqual({ t: 'one' });

    await write('lib/greeting.ts', "export const greeting = 'good night';");
    await write('plain.yaml', 'dagId: plain\ntasks: [{ id: t, operator: echo, with: { value: two } }]');
    expect(await outputs('greet')).toMatchObject({ 'each[0]': 'good night Ada 0' });
    expect(await outputs('plain')).toEqual({ t: 'two' });
  });

  it('goes on when files break, and says of their DAGs what is wrong', async () => {
    await write('lib/greeting.ts', 'export const greeting = ;');
    await write('other.yaml', 'dagId: other\ntasks: [{ id: t, operator: ech }]');
    expect(await outputs('plain')).toEqual({ t: 'two' });
    expect(await outputs('greet')).toBe('lib/greeting.ts:1:25: Unexpected ";"');
    expect(await outputs('other')).toMatch(
      /^other\.yaml:2:28: tasks\[0\]\.operator: there is no operator 'ech' \(did you mean 'echo'\?\)$/,
    );
    await write('lib/greeting.ts', "export const greeting = 'morning';");
    expect(await outputs('greet')).toMatchObject({ 'each[1]': 'morning Bob 1' });
  });

  it('includes files, and runs nothing that two files claim', async () => {
    await write('base.yaml', 'params: { who: { default: base } }');
    const text = (id: string) =>
      `dagId: ${id}\ninclude: base.yaml\ntasks: [{ id: t, operator: echo, with: { value: "\${{ params.who }}" } }]`;
    await write('included.yaml', text('included'));
    expect(await outputs('included')).toEqual({ t: 'base' });
    await write('base.yaml', 'params: { who: { default: changed } }');
    expect(await outputs('included')).toEqual({ t: 'changed' });

    await write('copy.yaml', text('included'));
    expect(await outputs('included')).toBe(
      [
        "copy.yaml:1:8: dagId: 'included' is also the id of the DAG in included.yaml:1:8 (every DAG has an id of its own)",
        "included.yaml:1:8: dagId: 'included' is also the id of the DAG in copy.yaml:1:8 (every DAG has an id of its own)",
      ].join('\n'),
    );
    await rm(path('copy.yaml'));
    expect(await outputs('included')).toEqual({ t: 'changed' });
  });
});

describe('examples/authoring', () => {
  let examples: TestWorker;
  beforeAll(async () => {
    examples = await TestWorker.start(builtInOperators, [
      `dags.folders=[${repositoryRoot}/examples/authoring]`,
    ]);
  });
  afterAll(() => examples.stop());

  it.each(['orders-in-yaml', 'orders-in-typescript'])('%s runs', async (dagId) => {
    const view = await examples.run(dagId);
    expect(view).toMatchObject({ state: 'success' });
    const { tasks } = await examples.record(dagId);
    expect(Object.fromEntries(tasks.map(({ key, state, output }) => [key, output ?? state]))).toMatchObject({
      'count[2]': 60,
      choose: ['many'],
      many: '90 orders!',
      few: 'skipped',
    });
  });

  it('are the same DAG', async () => {
    const { dag: yaml } = await examples.record('orders-in-yaml');
    const { dag: typescript } = await examples.record('orders-in-typescript');
    expect({ ...yaml, dagId: '' }).toEqual({ ...typescript, dagId: '' });
  });
});

describe('nightjar dags', () => {
  let folder: string;
  beforeAll(async () => {
    // Within the repository, so that the operator finds its packages.
    folder = await mkdtemp(join(repositoryRoot, '.nightjar', 'authoring-'));
    await mkdir(join(folder, 'dags'));
    await mkdir(join(folder, 'operators'));
    await writeFile(
      join(folder, 'config.yaml'),
      `dags: { folders: [${folder}/dags] }\noperators: { folder: ${folder}/operators }\n`,
    );
    await writeFile(
      join(folder, 'operators', 'greet.ts'),
      `import { defineOperator } from 'nightjar';
import { z } from 'zod';
export default defineOperator({
  name: 'greet',
  description: 'Says hello',
  params: z.strictObject({ whom: z.string().describe('A name') }),
  run: async (_context, { whom }) => whom,
});
`,
    );
    await writeFile(
      join(folder, 'dags', 'good.dag.ts'),
      `import { dag } from 'nightjar';
import greet from '../operators/greet.js';
export default dag({ dagId: 'good' }, ({ task, group }) => {
  const start = task('start', greet, { with: { whom: 'all' } });
  const people = group('people', () =>
    group('near', () => task('each', greet, { expand: { name: ['Ada', 'Bob'] }, with: ({ item }) => ({ whom: item.name }) })),
  );
  const each = people.members.members;
  start.before(each).before(task('end', greet, { triggerRule: 'all_done', with: { whom: each.id } }));
});
`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const dags = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(repositoryRoot, 'dist/cli/main.js'), 'dags', ...args, '--config', join(folder, 'config.yaml')],
        { cwd: repositoryRoot },
        (error, stdout, stderr) => {
          const plain = (text: string): string => text.replaceAll(`${folder}/`, '');
          resolve({ code: Number(error?.code ?? 0), stdout: plain(stdout), stderr: plain(stderr) });
        },
      );
    });

  it('validate finds all errors of all files, counts them, and gives them as JSON', async () => {
    expect(await dags('validate')).toEqual({
      code: 0,
      stdout: 'dags/good.dag.ts: good: ok\nno errors in 1 file\n',
      stderr: '',
    });
    await writeFile(
      join(folder, 'dags', 'bad.yaml'),
      'dagId: bad\nretris: 1\ntasks: [{ id: t, operator: greet, with: { who: me } }]',
    );
    await writeFile(
      join(folder, 'dags', 'bad.dag.ts'),
      'import { dag } from "nightjar";\nexport default dag(;',
    );
    const { code, stdout, stderr } = await dags('validate');
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'dags/good.dag.ts: good: ok\n' });
    expect(stderr.split('\n')).toEqual([
      'dags/bad.dag.ts:2:20: Unexpected ";"',
      expect.stringMatching(/^dags\/bad\.yaml:2:1: retris: unknown key/),
      'dags/bad.yaml:3:41: tasks[0].with.whom: missing: expected text',
      "dags/bad.yaml:3:43: tasks[0].with.who: unknown key (did you mean 'whom'?)",
      '4 errors in 2 of 3 files',
      '',
    ]);
    const json = await dags('validate', '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      dags: [{ dagId: 'good', hash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
      errors: [{ line: 2, column: 20 }, { path: 'retris' }, {}, { hint: "did you mean 'whom'?" }],
    });
  });

  it('show prints the document with its hash, graph the tasks within their groups', async () => {
    const json = JSON.parse((await dags('show', 'good', '--json')).stdout);
    expect(json).toMatchObject({ hash: expect.any(String), dag: { dagId: 'good', params: {} } });
    expect(parse((await dags('show', 'good')).stdout)).toEqual(json);
    expect((await dags('graph', 'good')).stdout).toBe(`flowchart LR
  subgraph g0["people"]
    subgraph g1["near"]
      t1[["each"]]
    end
  end
  t0["start"]
  t2["end<br/>all_done"]
  t0 --> t1
  t1 --> t2
`);
  });

  it('schema knows the operators of the project', async () => {
    const { stdout } = await dags('schema');
    expect(stdout).toContain('"const": "greet"');
    expect(stdout).toContain('"description": "A name"');
  });
});
