import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { beforeEach, describe, expect, test } from 'vitest';
import { isBuilt, sourceHash } from '../../../embedded/setup/build.mjs';
import { run } from '../../../embedded/setup/command.mjs';
import { lockHolder } from '../../../embedded/setup/lock.mjs';
import { packagesInstalled } from '../../../embedded/setup/npm.mjs';
import { Progress } from '../../../embedded/setup/progress.mjs';
import { carryOut } from '../../../embedded/setup/setup.mjs';
import { tempFolder } from '../../support/temp-folder.js';

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

function write(place: string, content: string | object): void {
  const file = path.join(folder, place);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

function recorder() {
  const stream = new PassThrough();
  return {
    progress: new Progress(stream as unknown as WriteStream),
    text: () => String(stream.read() ?? ''),
  };
}

describe('steps', () => {
  const step = (name: string, journal: string[], work = async () => {}) => {
    const state = { done: false };
    return {
      title: name,
      isDone: () => state.done,
      run: async () => {
        journal.push(name);
        await work();
        state.done = true;
      },
    };
  };

  test('that are done are skipped, and the second time all are', async () => {
    const journal: string[] = [];
    const steps = ['a', 'b', 'c'].map((name) => step(name, journal));
    await steps[1]?.run();
    const { progress, text } = recorder();
    await carryOut(steps, folder, progress, false);
    expect(journal).toEqual(['b', 'a', 'c']);
    expect(text()).toMatch(/^• a\n✓ a .*\n• c\n✓ c .*\n✓ Set-up: done .*\n$/);
    await carryOut(steps, folder, progress, false);
    expect(text()).toMatch(/^✓ Set-up: everything is in place .*\n$/);
    await carryOut(steps, folder, progress, true);
    expect(text()).toBe('');
    expect(journal).toHaveLength(3);
  });

  test('go on after the one that failed, once the lock is free', async () => {
    const journal: string[] = [];
    let broken = true;
    const failing = step('b', journal, async () => {
      if (broken) throw new Error('no network');
    });
    const steps = [step('a', journal), failing, step('c', journal)];
    const { progress } = recorder();
    await expect(carryOut(steps, folder, progress, true)).rejects.toThrow('no network');
    expect(lockHolder(path.join(folder, 'setup.lock'))).toBeUndefined();
    broken = false;
    await carryOut(steps, folder, progress, true);
    expect(journal).toEqual(['a', 'b', 'b', 'c']);
  });
});

describe('a command', () => {
  const sh = (script: string) =>
    run({
      home: folder,
      name: 'test',
      what: 'do it',
      command: 'sh',
      args: ['-c', script],
      cwd: folder,
      retryMs: 0,
    });

  test('is tried again when the network failed', async () => {
    await sh(`echo x >> tries; [ $(wc -l < tries) = 2 ] || { echo 'npm error code ECONNRESET'; exit 1; }`);
    await expect(sh(`echo x >> more; echo 'Read timed out'; exit 1`)).rejects.toThrow(
      /^Could not do it: the network failed, twice\. Check .* Log: .*test\.log$/,
    );
  });

  test('that fails otherwise is not, and its own words are shown', async () => {
    await expect(sh('echo one >> once; echo "syntax error"; exit 3')).rejects.toThrow(
      /^syntax error\nCould not do it: sh ended with exit code 3\. Log: .*test\.log$/,
    );
    await expect(sh('echo "OSError: [Errno 28] No space left on device"; exit 1')).rejects.toThrow(
      /^Could not do it: the disk is full/,
    );
  });
});

describe('npm packages', () => {
  const lock = {
    '': { name: 'nightjar' },
    'packages/own': { version: '1.0.0' },
    'node_modules/own': { resolved: 'packages/own', link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/for-mac': { version: '2.0.0', integrity: 'sha512-m', optional: true },
  };
  const { '': _root, 'node_modules/for-mac': _optional, ...installed } = lock;
  const install = (packages: object) => write('node_modules/.package-lock.json', { packages });

  test('are there when npm has noted all that the lockfile asks for, others besides', () => {
    write('package-lock.json', { packages: lock });
    expect(packagesInstalled(folder)).toBe(false);
    install({ ...installed, 'node_modules/extra': { version: '3.0.0' } });
    expect(packagesInstalled(folder)).toBe(true);
  });

  test.each([
    ['one is missing', { 'node_modules/a': undefined }],
    ['one has another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['one has other content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
  ])('are not there when %s', (_, change) => {
    write('package-lock.json', { packages: lock });
    install({ ...installed, ...change });
    expect(packagesInstalled(folder)).toBe(false);
  });

  test('are not there when npm was cut off while it noted them', () => {
    write('package-lock.json', { packages: lock });
    write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }).slice(0, -5));
    expect(packagesInstalled(folder)).toBe(false);
  });
});

describe('the build', () => {
  const outputs = ['dist/cli/main.js', 'packages/spark-connect-js/dist/index.js'];
  beforeEach(() => {
    write('cli/main.ts', 'export {};');
    write('packages/spark-connect-js/src/index.ts', 'export {};');
    for (const output of outputs) write(output, '');
    write('dist/.stamp', sourceHash(folder));
  });

  test('is done while sources and outputs stay as they are', () => {
    write('config/dags/some.yaml', 'dagId: some');
    write('dist/cli/other.js', '');
    write('packages/spark-connect-js/tests/some.test.ts', '');
    expect(isBuilt(folder)).toBe(true);
  });

  test.each([
    ['a source changed', () => write('cli/main.ts', 'export const a = 1;')],
    ['a source is new', () => write('dag/new.ts', '')],
    [
      'a source was renamed',
      () => {
        rmSync(path.join(folder, 'cli/main.ts'));
        write('cli/main2.ts', 'export {};');
      },
    ],
    ['a dependency changed', () => write('package-lock.json', '{}')],
    ['it was interrupted', () => write('dist/.stamp', 'unfinished')],
    ['an output is missing', () => rmSync(path.join(folder, 'dist/cli/main.js'))],
    ['it never ran', () => rmSync(path.join(folder, 'dist'), { recursive: true })],
  ])('is not done when %s', (_, change) => {
    expect(isBuilt(folder)).toBe(true);
    change();
    expect(isBuilt(folder)).toBe(false);
  });
});
