import { describe, expect, it } from 'vitest';
import { LiveTable } from '../../../workflows/live-table.js';
import type { TaskView } from '../../../workflows/run-view.js';

const render = (tasks: readonly TaskView[], change?: (table: LiveTable) => void): string => {
  const table = new LiveTable();
  for (const task of tasks) table.update(task);
  change?.(table);
  return table.render({ dagId: 'etl', logicalDate: '2026-01-01T00:00:00.000Z', state: 'running' });
};

describe('LiveTable', () => {
  const tasks: TaskView[] = [
    {
      key: 'load[0]',
      operator: 'ingest',
      state: 'success',
      tries: 2,
      rowsRead: 1_000_000,
      rowsWritten: 999_000,
      rowsRejected: 1000,
      startedAt: 0,
      finishedAt: 1500,
    },
    { key: 'train', operator: 'train', state: 'running', startedAt: 2000 },
  ];

  it('has a row for each task with its figures', () => {
    const table = render(tasks);
    expect(table).toContain(
      '| `load[0]` | 🟢 success | 2 | 1,000,000 | 999,000 | 1,000 | \u00a000:00:00 | 1.5 |',
    );
    expect(table).toContain('| `train` | 🔵 running |  |  |  |  | \u00a000:00:02 |  |');
    expect(table).toContain('1 success, 1 running');
  });

  it('follows changes: a row keeps its place, and one that is gone counts no longer', () => {
    const table = render(tasks, (live) => {
      live.update({ key: 'load[0]', operator: 'ingest', state: 'failed' });
      live.remove('train');
    });
    expect(table).toContain('· 1 failed');
    expect(table).not.toContain('train');
    const both = render(tasks, (live) =>
      live.update({ key: 'load[0]', operator: 'ingest', state: 'failed' }),
    );
    expect(both.indexOf('load[0]')).toBeLessThan(both.indexOf('train'));
  });

  it('keeps a reason inside its cell', () => {
    const table = render([
      { key: 'a', operator: 'x', state: 'failed', reason: `one | two\nthree ${'x'.repeat(500)}` },
    ]);
    const row = table.split('\n').find((line) => line.startsWith('| `a`')) ?? '';
    expect(row).toContain('one \\| two three');
    expect(row.length).toBeLessThan(300);
    expect(row.replaceAll('\\|', '').split('|')).toHaveLength(10);
  });

  it('shows failed and running instances of a large run first and counts the rest', () => {
    const many: TaskView[] = Array.from({ length: 500 }, (_, index) => ({
      key: `t[${index}]`,
      operator: 'x',
      state: 'success',
    }));
    many.push({ key: 'late', operator: 'x', state: 'failed' });
    const table = render(many);
    expect(table).toContain('| `late` | 🔴 failed |');
    expect(table).toContain('… and 301 more task instances');
  });
});
