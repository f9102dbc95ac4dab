import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';

let folder: string;
beforeAll(async () => {
  // Within the repository, as a user's operators are, so that they can import `nightjar` and zod.
  folder = await mkdtemp(join(repositoryRoot, '.nightjar', 'scaffold-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Ended = { code: number; text: string };

const execute = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: repositoryRoot }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });

/** The real command, with a folder of operators of its own. */
const nightjar = (...args: string[]): Promise<Ended> =>
  execute(join(repositoryRoot, 'dist/cli/main.js'), ...args, '--set', `operators.folder=${folder}`);

describe.each([
  ['say-hello', [], /greet .*success/],
  ['full-minute', ['--sensor'], /wait .*success/],
])('nightjar operators new %s', (name, options, shown) => {
  it('writes an operator, a test that passes, and a DAG that runs', async () => {
    const made = await nightjar('operators', 'new', name, ...options);
    expect(made).toMatchObject({ code: 0, text: expect.stringContaining(`${name}.example.yaml`) });
    const files = (await readdir(folder)).filter((file) => file.startsWith(name));
    expect(files).toEqual([`${name}.example.yaml`, `${name}.test.ts`, `${name}.ts`]);

    const types = [
      'node_modules/typescript/bin/tsc',
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
    ];
    const compiler = ['--module', 'NodeNext', '--target', 'ES2023', '--types', 'node'];
    const sources = [join(folder, `${name}.ts`), join(folder, `${name}.test.ts`)];
    expect(await execute(...types, ...compiler, ...sources)).toEqual({ code: 0, text: '' });
    const tested = await execute('--import', 'tsx', '--test', join(folder, `${name}.test.ts`));
    expect(tested).toMatchObject({ code: 0, text: expect.stringMatching(/fail 0/) });

    const dag = join(folder, `${name}.example.yaml`);
    const ran = await nightjar(
      'start',
      '--dag',
      dag,
      '--set',
      `dataRoot=${folder}/data`,
      '--set',
      `temporal.taskQueue=${name}`,
    );
    expect(ran.text).toMatch(shown);
    expect(ran.code).toBe(0);
  });

  it('is listed, and is not written over', async () => {
    const code = await readFile(join(folder, `${name}.ts`), 'utf8');
    const again = await nightjar('operators', 'new', name);
    expect(again).toMatchObject({
      code: 2,
      text: expect.stringContaining('there is already an operator named'),
    });
    expect(await readFile(join(folder, `${name}.ts`), 'utf8')).toBe(code);
    const { text } = await nightjar('operators', 'list', '--json');
    expect(JSON.parse(text)).toContainEqual(
      expect.objectContaining({ name, from: 'own', sensor: options.length > 0, needsWorker: true }),
    );
  });
});

it('nightjar operators list names all, in one line each', async () => {
  const { text } = await nightjar('operators', 'list');
  for (const name of [
    'shell',
    'http',
    'python',
    'notify',
    'branch',
    'trigger-dag',
    'task-sensor',
    'spark-sql',
  ])
    expect(text).toMatch(new RegExp(`│ ${name} +│ \\w.* +│ nightjar +│`));
});

it.each([
  ['a name that is taken', 'shell', /there is already an operator named "shell"/],
  ['a name of a control operator', 'branch', /there is already an operator named "branch"/],
  ['a name of another shape', 'SayHello', /expected small letters and digits/],
  ['a file that is there', 'notes', /notes\.test\.ts is there already/],
])('refuses %s and writes nothing', async (_, name, message) => {
  await writeFile(join(folder, 'notes.test.ts'), '');
  const before = await readdir(folder);
  expect(await nightjar('operators', 'new', name)).toMatchObject({
    code: 2,
    text: expect.stringMatching(message),
  });
  expect(await readdir(folder)).toEqual(before);
});

it('says what to set when there is no folder for operators', async () => {
  const { code, text } = await execute(join(repositoryRoot, 'dist/cli/main.js'), 'operators', 'new', 'hello');
  expect({ code, text }).toEqual({
    code: 2,
    text: expect.stringContaining('set operators.folder in config/config.yaml'),
  });
});
