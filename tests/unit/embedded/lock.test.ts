import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { lockHolder, tryLock, waitForLock } from '../../../embedded/setup/lock.mjs';
import { identify, isRunning } from '../../../embedded/setup/process-identity.mjs';
import { until } from '../../support/embedded/until.js';
import { tempFolder } from '../../support/temp-folder.js';

const holder = path.join(import.meta.dirname, '../../support/embedded/lock-holder.mjs');

/** A pid that no process has: that of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('a lock', () => {
  test('has one holder at a time, and is free again when released', () => {
    const file = path.join(tempFolder(), 'new', 'lock');
    const lock = tryLock(file);
    expect(lock).toBeDefined();
    expect(tryLock(file)).toBeUndefined();
    expect(lockHolder(file)?.pid).toBe(process.pid);
    lock?.release();
    expect(existsSync(file)).toBe(false);
    expect(lockHolder(file)).toBeUndefined();
    const next = tryLock(file);
    lock?.release();
    expect(lockHolder(file)?.pid).toBe(process.pid);
    next?.release();
  });

  test.each([
    ['its holder has died', async () => JSON.stringify({ pid: await deadPid(), startedAt: '1' })],
    [
      'its pid belongs to another process now',
      async () => JSON.stringify({ pid: process.pid, startedAt: '1' }),
    ],
    ['it was cut short', async () => '{"pid":1'],
    ['it is empty', async () => ''],
  ])('is free when %s', async (_, content) => {
    const file = path.join(tempFolder(), 'lock');
    writeFileSync(file, await content());
    const lock = tryLock(file);
    expect(lock).toBeDefined();
    expect(lockHolder(file)?.pid).toBe(process.pid);
    lock?.release();
  });

  test('passes to one waiting process after the other, also when all find it left behind', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'lock');
    const journal = path.join(folder, 'journal');
    writeFileSync(file, JSON.stringify({ pid: await deadPid(), startedAt: '1' }));
    const children = Array.from({ length: 8 }, () => spawn(process.execPath, [holder, file, journal, '15']));
    await Promise.all(children.map((child) => once(child, 'exit')));
    const lines = readFileSync(journal, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(16);
    for (let index = 0; index < lines.length; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('enter', 'leave'));
    }
  });

  test('passes on when its holder is killed, after one word to who waits', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'lock');
    const child = spawn(process.execPath, [holder, file, path.join(folder, 'journal'), '600000']);
    await until(() => lockHolder(file)?.pid === child.pid);
    const onWait = vi.fn();
    const waiting = waitForLock(file, { onWait, pollMs: 5 });
    await until(() => onWait.mock.calls.length > 0);
    child.kill('SIGKILL');
    (await waiting).release();
    expect(onWait).toHaveBeenCalledOnce();
    expect(onWait.mock.calls[0]?.[0].pid).toBe(child.pid);
  });
});

test('a process is recognised while it runs, and not after', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const identity = identify(child.pid ?? 0);
  expect(identity && isRunning(identity)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(identity && isRunning(identity)).toBe(false);
});
