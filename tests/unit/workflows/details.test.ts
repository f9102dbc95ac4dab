import { describe, expect, it } from 'vitest';
import { failureReport, liveTable } from '../../../workflows/details.js';
import type { RunView, TaskView } from '../../../workflows/run-view.js';

const view = (tasks: TaskView[], state: RunView['state'] = 'running'): RunView => ({
  dagId: 'etl',
  runId: '1',
  logicalDate: '2026-01-01T00:00:00.000Z',
  state,
  tasks,
});

describe('liveTable', () => {
  it('has a row for each task with its figures, and the time a running one has taken so far', () => {
    const table = liveTable(
      view([
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
      ]),
      4500,
    );
    expect(table).toContain('| `load[0]` | 🟢 success | 2 | 1,000,000 | 999,000 | 1,000 | 1.5 |');
    expect(table).toContain('| `train` | 🔵 running |  |  |  |  | 2.5 |');
    expect(table).toContain('1 success, 1 running');
  });

  it('keeps a reason inside its cell', () => {
    const table = liveTable(
      view([{ key: 'a', operator: 'x', state: 'failed', reason: `one | two\nthree ${'x'.repeat(500)}` }]),
      0,
    );
    const row = table.split('\n').find((line) => line.startsWith('| `a`')) ?? '';
    expect(row).toContain('one \\| two three');
    expect(row.length).toBeLessThan(300);
    expect(row.replaceAll('\\|', '').split('|')).toHaveLength(9);
  });

  it('shows failed and running instances of a large run first and counts the rest', () => {
    const tasks: TaskView[] = Array.from({ length: 500 }, (_, index) => ({
      key: `t[${index}]`,
      operator: 'x',
      state: 'success',
    }));
    tasks.push({ key: 'late', operator: 'x', state: 'failed' });
    const table = liveTable(view(tasks), 0);
    expect(table).toContain('| `late` | 🔴 failed |');
    expect(table).toContain('… and 301 more task instances');
  });
});

describe('failureReport', () => {
  it('names the stage, the reason, the counts, what did not run, and the command to replay', () => {
    const report = failureReport(
      'etl/2026',
      view([
        {
          key: 'load',
          operator: 'ingest',
          state: 'failed',
          tries: 1,
          reason: 'too many',
          rejectedByReason: { NULL_KEY: 1200 },
        },
        { key: 'train', operator: 'train', state: 'upstreamFailed' },
      ]),
      'final tasks without success: train',
      'npm start -- --dag etl --replay etl/2026',
    );
    expect(report.split('\n')).toEqual([
      'DAG run etl/2026 failed: final tasks without success: train',
      '  load (ingest, 1 try): too many',
      '    rejected as NULL_KEY: 1,200 rows',
      '  did not run because of that: train',
      'Mend the cause, then run the failed stages again, reusing the others: npm start -- --dag etl --replay etl/2026',
    ]);
  });
});
