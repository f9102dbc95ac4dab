import type { TaskFigures } from '../../contract/task.js';
import { noCounts } from '../../dag/stage-counts.js';
import type { FinishedTask, StageStats } from '../operator.js';

/** Counts what an operator reports. */
export class StatsCounter implements StageStats {
  readonly counts = noCounts();

  read(rows: number, bytes = 0): void {
    this.counts.rowsRead += rows;
    this.counts.bytesRead += bytes;
  }

  wrote(rows: number, bytes = 0): void {
    this.counts.rowsWritten += rows;
    this.counts.bytesWritten += bytes;
  }

  rejectReason(reason: string, count: number): void {
    this.counts.rejectedByReason[reason] = (this.counts.rejectedByReason[reason] ?? 0) + count;
  }

  rejectRows(rows: number): void {
    this.counts.rowsRejected += rows;
  }

  rejectFile(file: string, reason: string): void {
    this.counts.rejectedFiles.push({ file, reason });
  }

  metric(name: string, value: number): void {
    this.counts.metrics[name] = value;
  }
}

/** Shortens the figures for the way to the run, which completes them again. */
export function figuresOf({ taskId, mapIndex, operator, state, ...figures }: FinishedTask): TaskFigures {
  const counted = Object.entries(figures).filter(
    ([, value]) => value !== 0 && !(typeof value === 'object' && Object.keys(value).length === 0),
  );
  return Object.fromEntries(counted) as TaskFigures;
}
