import { describe, expect, it } from 'vitest';
import { failureReport } from '../../../workflows/failure-report.js';
import type { RunView, TaskView } from '../../../workflows/run-view.js';

const view = (tasks: TaskView[], state: RunView['state'] = 'running'): RunView => ({
  dagId: 'etl',
  runId: '1',
  logicalDate: '2026-01-01T00:00:00.000Z',
  state,
  tasks,
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
      'Fix the cause, then run the failed stages again, reusing the others: npm start -- --dag etl --replay etl/2026',
    ]);
  });
});
