import { describe, expect, it } from 'vitest';
import type { FinishedTask } from '../../../activities/operator.js';
import {
  describeRejects,
  errorThresholdBreaches,
  metricThresholdBreaches,
} from '../../../activities/thresholds.js';

const stats = (counts: Partial<FinishedTask>): FinishedTask => ({
  taskId: 'ingest',
  operator: 'ingest',
  state: 'success',
  tries: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  rowsRead: 1000,
  rowsWritten: 990,
  rowsRejected: 10,
  bytesRead: 0,
  bytesWritten: 0,
  peakMemoryBytes: 0,
  rejectedByReason: {},
  rejectedFiles: [],
  metrics: {},
  ...counts,
});

describe('errorThresholdBreaches', () => {
  it('holds at the limit and breaks above it', () => {
    expect(errorThresholdBreaches(stats({}), { maxRejectedRows: 10, maxRejectedRatio: 0.01 })).toEqual([]);
    expect(errorThresholdBreaches(stats({ rowsRejected: 11 }), { maxRejectedRows: 10 })).toEqual([
      '11 rows rejected, at most 10 allowed',
    ]);
    expect(errorThresholdBreaches(stats({ rowsRejected: 11 }), { maxRejectedRatio: 0.01 })).toEqual([
      '1.1 % of 1,000 rows rejected, at most 1 % allowed',
    ]);
  });

  it('counts files that were rejected whole', () => {
    const rejectedFiles = [{ file: 'a.parquet', reason: 'unreadable' }];
    expect(errorThresholdBreaches(stats({ rejectedFiles }), { maxRejectedFiles: 1 })).toEqual([]);
    expect(errorThresholdBreaches(stats({ rejectedFiles }), { maxRejectedFiles: 0 })).toEqual([
      '1 files rejected, at most 0 allowed',
    ]);
  });

  it('has no ratio to break when nothing was read', () => {
    expect(errorThresholdBreaches(stats({ rowsRead: 0, rowsRejected: 0 }), { maxRejectedRatio: 0 })).toEqual(
      [],
    );
  });
});

describe('metricThresholdBreaches', () => {
  it.each([
    [{ r2: 0.6 }, { r2: { min: 0.6 } }, []],
    [{ r2: 0.59 }, { r2: { min: 0.6 } }, ['r2 is 0.59, at least 0.6 required']],
    [{ rmse: 3.1 }, { rmse: { max: 3 } }, ['rmse is 3.1, at most 3 allowed']],
    [{ rmse: Number.NaN }, { rmse: { max: 3 } }, ['rmse is NaN, at most 3 allowed']],
    [{ mae: 1 }, { rmse: { max: 3 } }, ['metric "rmse" was not reported (reported: mae)']],
  ])('%o under %o', (metrics, thresholds, breaches) => {
    expect(metricThresholdBreaches(metrics, thresholds)).toEqual(breaches);
  });
});

it('describes rejects by reason, most first, and files by name', () => {
  const rejects = stats({
    rejectedByReason: { BAD_ENUM: 2, MISSING_KEY: 7 },
    rejectedFiles: [{ file: 'b.parquet', reason: 'misses column user_id' }],
  });
  expect(describeRejects(rejects)).toBe(
    'rows by reason: MISSING_KEY: 7, BAD_ENUM: 2; files: b.parquet (misses column user_id)',
  );
  expect(describeRejects(stats({}))).toBe('');
});
