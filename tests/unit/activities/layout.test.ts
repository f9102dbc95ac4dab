import { describe, expect, it } from 'vitest';
import { runFolderName, runIdOf, taskFolderName } from '../../../activities/context/layout.js';

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

it('keeps the folder of a mapped instance apart from that of a task with such a name', () => {
  expect(taskFolderName('generate', 3)).not.toBe(taskFolderName('generate-3', undefined));
  expect(taskFolderName('generate', undefined)).toBe('generate');
});
