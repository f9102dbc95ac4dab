import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../dag/json.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { ExampleWorker, inStates } from '../support/example-runs.js';

let examples: ExampleWorker;
beforeAll(async () => {
  examples = await ExampleWorker.start();
});
afterAll(() => examples?.stop());

describe('branch', () => {
  it.each<[Record<string, Json>, string, string, number]>([
    [{ weight: 0.5 }, 'letter', 'parcel freight insure sign', 2],
    [{ weight: 12, value: 80 }, 'parcel insure', 'letter freight sign', 12],
    [{ weight: 200, value: 5000 }, 'freight insure sign', 'letter parcel', 244],
  ])('%o: %s', async (params, taken, skipped, price) => {
    const { state, states, outputs } = await examples.run('example-branch', { params });
    expect(states).toEqual(inStates({ success: `weigh extras price ${taken}`, skipped }));
    expect(outputs.price).toBe(price);
    expect(state).toBe('success');
  });
});

describe('nested-branch', () => {
  it.each<[Record<string, Json>, string, string, string]>([
    [{ kind: 'question' }, 'answer', 'by-severity hotfix backlog bug-handled', 'see the handbook'],
    [{ severity: 5 }, 'by-severity hotfix bug-handled', 'answer backlog', 'fixed tonight'],
    [{ severity: 1 }, 'by-severity backlog bug-handled', 'answer hotfix', 'noted'],
  ])('%o: %s', async (params, taken, skipped, text) => {
    const { states, outputs } = await examples.run('example-nested-branch', { params });
    expect(states).toEqual(inStates({ success: `by-kind reply ${taken}`, skipped }));
    expect(outputs.reply).toBe(`Dear customer: ${text}`);
  });
});

describe('branch-weekday', () => {
  it.each([
    // A Monday; 07:00 in Zurich.
    ['2026-03-02T06:00:00Z', 'trade morning', 'tidy-up evening', '2026-03-02: shop open, lights on'],
    // A Sunday; 13:00 in Zurich, where summer time began that day.
    ['2026-03-29T11:00:00Z', 'tidy-up evening', 'trade morning', '2026-03-29: shelves filled, lights off'],
  ])('%s: %s', async (logicalDate, taken, skipped, text) => {
    const { states, outputs } = await examples.run('example-branch-weekday', { logicalDate });
    expect(states).toEqual(inStates({ success: `which-day which-hour diary ${taken}`, skipped }));
    expect(outputs.diary).toBe(text);
  });
});

describe('short-circuit', () => {
  it.each<[string[], string, string]>([
    [[], 'look any-new many-new close', 'import report recount'],
    [['a.csv'], 'look any-new many-new close import report', 'recount'],
    [['a.csv', 'b.csv', 'c.csv'], 'look any-new many-new close import report recount', ''],
  ])('with the files %o', async (files, success, skipped) => {
    const folder = await examples.folder();
    await mkdir(join(folder, 'new'));
    for (const file of files) await writeFile(join(folder, 'new', file), '');
    const { states } = await examples.run('example-short-circuit', { params: { folder } });
    expect(states).toEqual(inStates({ success, ...(skipped && { skipped }) }));
    expect(await readdir(join(folder, 'new'))).toEqual([]);
    expect(await readdir(join(folder, 'done'))).toEqual(files);
  });
});

describe('skip', () => {
  it.each<[Record<string, Json>, string, string]>([
    [{}, 'order one no-failure nothing-went-out', 'ship-stock courier all some-work complete'],
    [{ stock: 3 }, 'order ship-stock all one no-failure some-work', 'courier complete nothing-went-out'],
    [
      { stock: 3, express: true },
      'order ship-stock courier all one no-failure some-work complete',
      'nothing-went-out',
    ],
  ])('%o', async (params, success, skipped) => {
    const { state, states } = await examples.run('example-skip', { params });
    expect(states).toEqual(inStates({ success, skipped }));
    expect(state).toBe('success');
  });
});

it('xcom: outputs keep their types on the way', async () => {
  const folder = await examples.folder();
  const { states, outputs } = await examples.run('example-xcom', { params: { folder } });
  expect(states).toEqual(inStates({ success: 'measure longest mean store tell' }));
  expect(outputs).toMatchObject({
    measure: { words: 9, longest: 'quick', lengths: [3, 5, 5, 3, 5, 4, 3, 4, 3] },
    longest: 'QUICK',
    store: `${folder}/words.txt`,
    tell: '9 words, mean length 3.888888888888889, the longest is QUICK, 3 are long; first brown, last the',
  });
  expect(await readFile(join(folder, 'words.txt'), 'utf8')).toBe(
    'brown\ndog\nfox\njumps\nlazy\nover\nquick\nthe\n',
  );
});

describe('params', () => {
  it('has a default for each', async () => {
    const { states, outputs } = await examples.run('example-params');
    expect(states).toEqual(inStates({ success: 'per-head invite', skipped: 'add-chairs' }));
    expect(outputs).toMatchObject({
      'per-head': 15.98,
      invite: ['Ada invites to dinner on 2026-06-20, inside.', 'There will be soup and risotto.'],
    });
  });

  it('takes others of the same kinds', async () => {
    const params = {
      host: 'Grace',
      guests: 9,
      budget: 200,
      day: '2026-12-24',
      course: 'lunch',
      vegetarian: true,
      dishes: ['curry'],
      table: { seats: 6, outside: true },
      song: 'a waltz',
    };
    const { states, outputs } = await examples.run('example-params', { params });
    expect(states).toEqual(inStates({ success: 'per-head invite add-chairs' }));
    expect(outputs).toMatchObject({
      'per-head': 20,
      invite: [
        'Grace invites to lunch on 2026-12-24, in the garden.',
        'There will be vegetarian curry, and a waltz.',
      ],
    });
  });

  it('refuses what is not of the kind, before anything runs', async () => {
    const params = { guests: 2.5, course: 'breakfast', dishes: ['soup', 'soup'], table: { chairs: 4 } };
    const message = await examples.worker.run('example-params', { params }, 'example-params/refused');
    expect(message).toMatch(/guests.*expected a whole number/);
    expect(message).toMatch(/course.*lunch.*dinner/);
    expect(message).toMatch(/dishes/);
    expect(message).toMatch(/table/);
  });
});

describe('setup-teardown', () => {
  const all = 'create-database make-folder fetch load remove-folder check drop-database';
  it.each<[string, Record<string, string>, string]>([
    ['nothing', { success: all }, ''],
    [
      'fetch',
      {
        success: 'create-database make-folder remove-folder drop-database',
        failed: 'fetch',
        upstreamFailed: 'load check',
      },
      'the source is down',
    ],
    [
      'load',
      {
        success: 'create-database make-folder fetch remove-folder drop-database',
        failed: 'load',
        upstreamFailed: 'check',
      },
      'a bird weighs nothing',
    ],
    ['check', { success: all.replace('check ', ''), failed: 'check' }, 'too few birds'],
    [
      'create-database',
      { failed: 'create-database', upstreamFailed: all.replace('create-database ', '') },
      'no room on the disk',
    ],
  ])('when it breaks: %s', async (broken, states, reason) => {
    const folder = await examples.folder();
    const run = await examples.run('example-setup-teardown', { params: { folder, break: broken } });
    expect(run.states).toEqual(inStates(states));
    expect(run.state).toBe(broken === 'nothing' ? 'success' : 'failed');
    if (reason !== '') expect(run.error).toContain(reason);
    else expect(run.outputs).toMatchObject({ load: 3, check: 1627 });
    // What was set up is gone, and the log is proof that it was there.
    if (broken === 'create-database') expect(await readdir(folder)).toEqual([]);
    else {
      expect(await readdir(folder)).toEqual(['log.txt']);
      expect(await readFile(join(folder, 'log.txt'), 'utf8')).toBe('created\ndropped\n');
    }
  });
});

it('task-group: groups wait for groups', async () => {
  const folder = await examples.folder();
  const { states, outputs } = await examples.run('example-task-group', { params: { folder } });
  expect(states).toEqual(inStates({ success: 'clean home about menu insert-menu bird links size publish' }));
  expect(outputs.links).toEqual(['about.html', 'bird.svg', 'index.html']);
  expect(outputs.publish).toEqual(['about.html', 'bird.svg', 'index.html']);
  expect(await readFile(join(folder, 'public/about.html'), 'utf8')).toBe(
    '<h1>About</h1>\n<a href=about.html>about</a>\n<a href=index.html>index</a>\n',
  );
});

describe('dynamic-mapping', () => {
  it('has an instance for every file, and a list of their outputs', async () => {
    const folder = await examples.folder();
    const texts = { 'a.txt': 'one', 'b.txt': 'one two three', 'c.txt': 'one two', 'd.csv': 'no text' };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    const { states, outputs } = await examples.run('example-dynamic-mapping', { params: { folder } });
    expect(states).toEqual(inStates({ success: 'files count[0] count[1] count[2] total longest' }));
    expect(outputs).toMatchObject({
      'count[0]': 1,
      'count[1]': 3,
      'count[2]': 2,
      total: '6 words in 3 files',
      longest: '3',
    });
  });

  it('goes on without an instance that failed only where a rule says so', async () => {
    const folder = await examples.folder();
    await writeFile(join(folder, 'a.txt'), 'one two');
    await mkdir(join(folder, 'b.txt'));
    const { state, states, outputs } = await examples.run('example-dynamic-mapping', { params: { folder } });
    expect(states).toEqual(
      inStates({ success: 'files count[0] longest', failed: 'count[1]', upstreamFailed: 'total' }),
    );
    expect(outputs.longest).toBe('2');
    expect(state).toBe('failed');
  });

  it('is skipped when there is no file', async () => {
    const folder = await examples.folder();
    const { state, states } = await examples.run('example-dynamic-mapping', { params: { folder } });
    expect(states).toEqual(inStates({ success: 'files', skipped: 'count total longest' }));
    expect(state).toBe('success');
  });
});

describe('bash-commands', () => {
  it('retries, compresses, and removes what is too much', async () => {
    const folder = await examples.folder();
    const { states, outputs } = await examples.run('example-bash-commands', { params: { folder } });
    expect(states).toEqual(
      inStates({ success: 'write-logs[0] write-logs[1] write-logs[2] list compress clean-up finish' }),
    );
    expect(outputs).toMatchObject({
      list: ['0-monday.log', '1-tuesday.log', '2-wednesday.log'],
      compress: 3,
      'clean-up': ["removed '2-wednesday.log'"],
    });
    expect(await readdir(folder)).toEqual(['0-monday.log', '1-tuesday.log', 'logs.gz']);
    expect(await readFile(join(folder, '1-tuesday.log'), 'utf8')).toBe(
      'tuesday, instance 1 of write-logs in example-bash-commands\n',
    );
  });

  it('skips what skips itself', async () => {
    const folder = await examples.folder();
    const { states } = await examples.run('example-bash-commands', { params: { folder, keep: 5 } });
    expect(states).toMatchObject({ compress: 'success', 'clean-up': 'skipped', finish: 'success' });
  });
});

describe('python-tasks', () => {
  it('runs a script for each player', async () => {
    const { states, outputs } = await examples.run('example-python-tasks', { params: { players: 3 } });
    expect(states).toEqual(inStates({ success: 'context throw[0] throw[1] throw[2] estimate' }));
    expect(outputs.context).toMatch(/^Python 3\.\d+\.\d+ for example-python-tasks of \d{4}-/);
    const { pi, throws } = outputs.estimate as { pi: number; throws: number };
    expect(throws).toBe(60_000);
    expect(Math.abs(pi - Math.PI)).toBeLessThan(0.05);
  });

  it('fails with the words of an exception', async () => {
    const { states, error } = await examples.run('example-python-tasks', { params: { players: 0 } });
    expect(states).toEqual(inStates({ success: 'context', skipped: 'throw', failed: 'estimate' }));
    expect(error).toContain('nobody has thrown a dart');
  });
});

describe('the gallery', () => {
  it('has no mistakes', async () => {
    const command = [join(repositoryRoot, 'dist/cli/main.js'), 'dags', 'validate', 'examples', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: repositoryRoot });
    expect(JSON.parse(stdout).errors).toEqual([]);
  });

  it('shows every example, and tests run each', async () => {
    const folder = join(repositoryRoot, 'examples');
    const files = (await readdir(folder)).filter((name) => /\.(yaml|ts)$/.test(name));
    const gallery = await readFile(join(repositoryRoot, 'docs/examples.md'), 'utf8');
    const tests = (await readdir(import.meta.dirname)).filter((name) => name.startsWith('examples'));
    const tested = (
      await Promise.all(tests.map((name) => readFile(join(import.meta.dirname, name), 'utf8')))
    ).join();
    for (const file of files) {
      const [, dagId] = /dagId: '?([a-z-]+)/.exec(await readFile(join(folder, file), 'utf8')) ?? [];
      expect(gallery).toContain(`](../examples/${file})`);
      expect(tested).toContain(`'${dagId}'`);
    }
    expect(files.length).toBeGreaterThanOrEqual(15);
  });
});
