import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  dagFolder,
  pathBelow,
  runFolderName,
  runIdOf,
  taskFolderName,
} from '../../../activities/context/layout.js';

describe('runIdOf', () => {
  it.each([
    ['etl/2026-01-01T02:00:00Z', '2026-01-01T02:00:00Z'],
    ['etl-2026-01-01T02:00:00Z', '2026-01-01T02:00:00Z'],
    ['typed by hand', 'typed by hand'],
    ['etl', 'etl'],
    ['etl/', 'etl/'],
    ['etlx/1', 'etlx/1'],
  ])('of workflow %s is %s', (workflowId, runId) => {
    expect(runIdOf('etl', workflowId)).toBe(runId);
  });
});

describe('runFolderName', () => {
  it('keeps timestamps readable, without the colons that Hadoop refuses', () => {
    expect(runFolderName('2026-01-01T02:00:00.123Z')).toBe('2026-01-01T02-00-00.123Z');
  });

  it('stays inside its parent and never maps two ids to one folder', () => {
    const ids = ['a/b', 'a:b', 'a_b', 'a b', '..', '.', '../../etc', '_x', 'x'.repeat(300), 'x'.repeat(301)];
    const names = ids.map(runFolderName);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9=+-][\w.=+-]{0,99}$/);
  });
});

it('gives no run the place of the file beside the runs, and every id a folder', () => {
  for (const id of ['current.json', 'CURRENT.json', '']) {
    expect(runFolderName(id)).not.toBe(id);
    expect(runFolderName(id)).not.toBe('');
  }
});

it.each(['../../etc', '..', '.', '', 'a/b', 'a\\b', '/etc', 'a\0', '.datasets', 'x'.repeat(251), 'ａ'])(
  'has no folder for the DAG %j',
  (dagId) => {
    expect(() => dagFolder('/data', dagId)).toThrow('expected the id of a DAG');
  },
);

describe('pathBelow', () => {
  it('gives what stays below the data root, links included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'layout-'));
    const root = join(folder, 'link-to-root');
    try {
      await mkdir(join(folder, 'root', 'a'), { recursive: true });
      await mkdir(join(folder, 'outside'));
      await symlink(join(folder, 'root'), root);
      await symlink(join(folder, 'outside'), join(root, 'out'));
      await symlink(join(folder, 'root', 'a'), join(root, 'in'));
      for (const path of ['a', 'a/b/c', 'in/b', 'a/../a', '..a', join(root, 'a')])
        expect(await pathBelow(root, path), path).toBe(join(root, path.replace(root, '')));
      for (const path of [
        '',
        '.',
        '..',
        'a/../..',
        '/etc/passwd',
        'out',
        'out/x',
        'in/../../x',
        'a\0b',
        '../outside',
      ])
        expect(await pathBelow(root, path), path).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('keeps the folder of a mapped instance apart from that of a task with such a name', () => {
  expect(taskFolderName('generate', 3)).not.toBe(taskFolderName('generate-3', undefined));
  expect(taskFolderName('generate', undefined)).toBe('generate');
});
