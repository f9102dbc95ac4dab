import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFiles } from '../../../activities/files/find-files.js';
import { tempFolder } from '../../support/temp-folder.js';

/** A folder with files and links (by their targets), and what is found there, relative to it. */
async function setUp(files: string[], links: Record<string, string> = {}) {
  const folder = tempFolder();
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
  for (const [link, target] of Object.entries(links)) await symlink(target, join(folder, link));
  return async (text: string) =>
    (await findFiles(text, folder)).map(({ path }) => path.slice(folder.length + 1));
}

describe('files are found', () => {
  it('by patterns, each part of a path by itself', async () => {
    const find = await setUp([
      'in/b.csv',
      'in/a/c.csv',
      'in/a/d.json',
      'out/e.csv',
      'out/.f.csv',
      'out/_g.csv',
    ]);
    expect(await find('in/**/*.csv')).toEqual(['in/a/c.csv', 'in/b.csv']);
    expect(await find('**/*')).toEqual(['in/a/c.csv', 'in/a/d.json', 'in/b.csv', 'out/e.csv']);
    expect(await find('{in/a,out}/?.csv')).toEqual(['in/a/c.csv', 'out/e.csv']);
    expect(await find('in/[a-c]*')).toEqual(['in/b.csv']);
    expect(await find('in/../out/[e]*')).toEqual(['out/e.csv']);
    expect(await find('nothing/*.csv')).toEqual([]);
  });

  it('below a folder, also one that a pattern matches', async () => {
    const find = await setUp(['day=1/a', 'day=2/x/b', 'day=2/_SUCCESS', 'day=2/_tmp/c', 'other/d']);
    expect(await find('day=2')).toEqual(['day=2/x/b']);
    expect(await find('day=?')).toEqual(['day=1/a', 'day=2/x/b']);
  });

  it('whose names start with _ or . when the pattern says so', async () => {
    const find = await setUp(['a/_SUCCESS', 'a/.done', 'a/x']);
    expect(await find('*/_SUCCESS')).toEqual(['a/_SUCCESS']);
    expect(await find('a/.d*')).toEqual(['a/.done']);
    expect(await find('a/_SUCCESS')).toEqual(['a/_SUCCESS']);
  });

  it('by names with any characters; a name goes before a pattern', async () => {
    const names = [
      's[1].csv',
      's1.csv',
      '{a,b}.csv',
      '*.csv',
      'what?.csv',
      '10:00.csv',
      'a b+%41.csv',
      '#1.csv',
      '!x.csv',
    ];
    const odd = ['back\\slash.csv', 'comma,.csv', 'new\nline.csv', 'ü(1).csv'];
    const find = await setUp([...names, ...odd]);
    for (const name of [...names, ...odd]) expect(await find(name)).toEqual([name]);
    expect(await find('?*.csv')).toEqual([...names, ...odd].sort());
    expect(await find('#*.csv')).toEqual(['#1.csv']);
    expect(await find('\\*.c*')).toEqual(['*.csv']);
  });

  it('once, whatever links lead to them, and in circles of links too', async () => {
    const find = await setUp(['links/a/x.csv', 'links/b/y.csv'], {
      'links/b/again': '../a',
      'links/a/up': '..',
      'links/b/x.csv': '../a/x.csv',
      'links/self': 'self',
      outer: 'links',
    });
    expect(await find('links/**/*.csv')).toEqual(['links/a/x.csv', 'links/b/y.csv']);
    expect(await find('outer/*/x.csv')).toEqual(['outer/a/x.csv']);
    expect(await find('links/a/up/b/*.csv')).toEqual(['links/a/up/b/x.csv', 'links/a/up/b/y.csv']);
  });

  it('in time that grows with the folders, not with the ways through their links', async () => {
    const folders = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const links = folders.flatMap((from) => folders.map((to) => [`${from}/to-${to}`, `../${to}`]));
    const find = await setUp(
      folders.map((folder) => `${folder}/a.csv`),
      Object.fromEntries(links),
    );
    expect(await find('**/*.csv')).toHaveLength(folders.length);
  });

  it('when a link leads nowhere: who reads it says so', async () => {
    const find = await setUp(['a.csv'], { 'b.csv': 'gone' });
    expect(await find('*.csv')).toEqual(['a.csv', 'b.csv']);
  });
});
