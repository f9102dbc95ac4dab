import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findJava } from '../../../embedded/setup/java.mjs';
import { folderOf, pins, repositoryRoot } from '../../../embedded/setup/layout.mjs';
import { findPython } from '../../../embedded/setup/python.mjs';
import { tempFolder } from '../../support/temp-folder.js';

/** A folder for PATH with programs that are shell scripts. */
function programs(scripts: Record<string, string>): string {
  const folder = tempFolder();
  for (const [name, script] of Object.entries(scripts)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

const python = (version: string, hasPip: boolean) =>
  `case "$*" in *version_info*) echo ${version}; echo /real/python${version};; *) exit ${hasPip ? 0 : 1};; esac`;
const java = (version: string) => `echo 'openjdk version "${version}" 2025-04-15' >&2`;

describe('Python', () => {
  test('3.10 or newer with pip is found, past one that is too old or has no pip: the interpreter behind the command', async () => {
    const folder = programs({
      python3: python('3.9', true),
      'python3.13': python('3.13', false),
      'python3.11': python('3.11', true),
    });
    expect(await findPython({ PATH: folder })).toBe('/real/python3.11');
  });

  test.each([
    [
      'nothing',
      {},
      /needs Python 3\.10 or newer with pip .* found none: install it .*, then run .* again\.$/,
    ],
    [
      'an old one',
      { python3: python('3.9', true) },
      /needs Python 3\.10 or newer .* found only 3\.9: install it/,
    ],
    [
      'one without pip',
      { python3: python('3.11', false) },
      /by pip, and python3 has none: install it \(Debian/,
    ],
  ])('with %s, one sentence says what to install', async (_, scripts, message) => {
    await expect(findPython({ PATH: programs(scripts) })).rejects.toThrow(message);
  });
});

describe('Java', () => {
  const home = '/nowhere';

  test('JAVA_HOME goes first, and PATH stands in for one of another version', async () => {
    const folder = programs({
      java: java('17.0.15'),
      'jdk21/bin/java': java('21.0.8'),
      'jdk11/bin/java': java('11.0.27'),
    });
    const find = (name: string) => findJava(home, { PATH: folder, JAVA_HOME: path.join(folder, name) });
    expect(await find('jdk21')).toBe(path.join(folder, 'jdk21/bin/java'));
    expect(await find('jdk11')).toBe('java');
    expect(await find('missing')).toBe('java');
  });

  test.each(['1.8.0_392', '11.0.27', '25'])(
    'version %s will not do, an installed Java 21 will',
    async (version) => {
      const env = { PATH: programs({ java: java(version) }) };
      expect(await findJava(home, env)).toBeUndefined();
      const installed = tempFolder();
      const own = path.join(folderOf(installed, pins.java), pins.java.proof);
      mkdirSync(path.dirname(own), { recursive: true });
      writeFileSync(own, '');
      expect(await findJava(installed, env)).toBe(own);
    },
  );
});

test('an old Node.js is told what it should be, in one sentence', () => {
  const pretend = 'Object.defineProperty(process, "versions", { value: { node: "18.20.4" } })';
  const main = path.join(repositoryRoot, 'embedded/setup/main.mjs');
  const run = () =>
    execFileSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, main],
      {
        stdio: 'pipe',
        encoding: 'utf8',
      },
    );
  expect(run).toThrow(
    expect.objectContaining({
      status: 1,
      stderr: expect.stringMatching(/^Nightjar needs Node\.js 20\.19 or newer, and this is 18\.20\.4: .*\n$/),
    }),
  );
});
