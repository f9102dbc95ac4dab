import { describe, expect, it } from 'vitest';
import { stagesOf } from '../../../cli/stages.js';
import type { RunView, TaskView } from '../../../workflows/run-view.js';

const view = (tasks: TaskView[]): RunView => ({
  dagId: 'etl',
  runId: '1',
  logicalDate: '2026-01-01T00:00:00.000Z',
  state: 'running',
  tasks,
});

describe('stagesOf', () => {
  it('sums mapped instances up and keeps the order of the DAG', () => {
    const stages = stagesOf(
      view([
        {
          key: 'generate[0]',
          operator: 'g',
          state: 'success',
          tries: 1,
          rowsWritten: 10,
          startedAt: 0,
          finishedAt: 500,
        },
        { key: 'generate[1]', operator: 'g', state: 'running', startedAt: 100 },
        { key: 'ingest', operator: 'i', state: 'none' },
      ]),
      2000,
    );
    expect(stages.map(({ taskId, state }) => [taskId, state])).toEqual([
      ['generate', 'running'],
      ['ingest', 'none'],
    ]);
    expect(stages[0]).toMatchObject({ instances: 2, ended: 1, tries: 1, rowsWritten: 10, elapsedMs: 2000 });
    expect(stages[1]?.elapsedMs).toBeUndefined();
  });

  it('adds rejects up by reason and lets the worst instance speak for the stage', () => {
    const [stage] = stagesOf(
      view([
        {
          key: 'load[0]',
          operator: 'i',
          state: 'success',
          rowsRejected: 3,
          rejectedByReason: { A: 1, B: 2 },
        },
        {
          key: 'load[1]',
          operator: 'i',
          state: 'failed',
          reason: 'no',
          rowsRejected: 2,
          rejectedByReason: { B: 2 },
        },
      ]),
      0,
    );
    expect(stage).toMatchObject({
      state: 'failed',
      reason: 'no',
      rowsRejected: 5,
      rejectedByReason: { A: 1, B: 4 },
    });
  });
});
