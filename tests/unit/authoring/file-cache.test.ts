import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileCache } from '../../../activities/run/file-cache.js';

let folder: string;
let file: string;
let other: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-cache-'));
  file = join(folder, 'a');
  other = join(folder, 'b');
  await write(file, 'one');
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes a file as if at a time: seconds before now, so that changes aren't too fresh to be told apart. */
let age = 1000;
async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  const time = Date.now() / 1000 - age--;
  await utimes(path, time, time);
}

it('makes a value once, and again when a file that it was made from is changed, added or removed', async () => {
  const cache = new FileCache<string>();
  let made = 0;
  const get = () =>
    cache.get(file, async () => {
      made++;
      const texts = await Promise.all([file, other].map((path) => readFile(path, 'utf8').catch(() => '-')));
      return { value: texts.join(' '), from: [file, other] };
    });
  expect([await get(), await get(), await get()]).toEqual(['one -', 'one -', 'one -']);
  expect(made).toBe(1);
  await write(file, 'two');
  expect(await get()).toBe('two -');
  await write(other, 'there');
  expect(await get()).toBe('two there');
  await rm(other);
  expect([await get(), await get()]).toEqual(['two -', 'two -']);
  expect(made).toBe(4);
  expect(await Promise.all([get(), get(), get()])).toEqual(['two -', 'two -', 'two -']);
  expect(made).toBe(4);
});

it('makes a value again while a file is so fresh that a second change could look the same', async () => {
  const cache = new FileCache<string>();
  const get = () => cache.get(file, async () => ({ value: await readFile(file, 'utf8'), from: [file] }));
  for (const text of ['aaa', 'bbb', 'ccc', 'ddd']) {
    await writeFile(file, text);
    expect(await get()).toBe(text);
  }
});

it('makes a value again when its files are not known, or making it failed', async () => {
  const cache = new FileCache<number>();
  let made = 0;
  const make = async () => ({ value: ++made, from: undefined });
  expect([await cache.get(file, make), await cache.get(file, make)]).toEqual([1, 2]);
  await expect(cache.get(file, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await cache.get(file, make)).toBe(3);
});
