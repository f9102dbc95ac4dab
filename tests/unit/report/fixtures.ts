import type { FinishedTask, Json } from '../../../activities/operator.js';
import { collect } from '../../../activities/operators/report/collect.js';
import { reportParams } from '../../../activities/operators/report/params.js';
import type { DataTable, ReportData } from '../../../activities/operators/report/report-data.js';

const start = Date.UTC(2025, 5, 24, 2);

/** A finished task, `from` and `to` in seconds after the run's start. */
export function stage(
  taskId: string,
  from: number,
  to: number,
  rest: Partial<FinishedTask> = {},
): FinishedTask {
  return {
    taskId,
    operator: taskId,
    state: 'success',
    tries: 1,
    startedAt: new Date(start + from * 1000).toISOString(),
    finishedAt: new Date(start + to * 1000).toISOString(),
    rowsRead: 0,
    rowsWritten: 0,
    rowsRejected: 0,
    bytesRead: 0,
    bytesWritten: 0,
    peakMemoryBytes: 0,
    rejectedByReason: {},
    rejectedFiles: [],
    metrics: {},
    ...rest,
  };
}

export const stages: FinishedTask[] = [
  stage('generate', 0, 3, { mapIndex: 0, rowsWritten: 500, bytesWritten: 1024 }),
  stage('generate', 1, 4, { mapIndex: 1, rowsWritten: 500, bytesWritten: 1024 }),
  stage('ingest', 4, 94, {
    rowsRead: 1000,
    rowsWritten: 990,
    rowsRejected: 10,
    rejectedByReason: { missing_key: 7, bad_status: 4 },
    rejectedFiles: [{ file: 'part-<3>.parquet', reason: 'column duration_hours is missing' }],
  }),
];

/** What a query returned. */
export interface Answer {
  table: DataTable;
  /** Queries that were asked, with their limits. */
  asked: { sql: string; maxRows: number }[];
}

/** Collects a report of sections as they are written in YAML. Queries get the given answer. */
export function collectReport(sections: { [key: string]: Json }[], answer?: Answer): Promise<ReportData> {
  const params = reportParams.parse({ title: 'Report', sections });
  const facts = {
    dagId: 'some-dag',
    runId: '2025-06-24T02:00:00Z',
    logicalDate: new Date(start),
    dataInterval: { start: new Date(start - 86_400_000), end: new Date(start) },
    stages,
    generatedAt: new Date(start + 120_000),
  };
  return collect(params, facts, {
    tables: [],
    runQuery: async (sql, maxRows) => {
      if (answer === undefined) throw new Error(`unexpected query ${sql}`);
      answer.asked.push({ sql, maxRows });
      return answer.table;
    },
    dagFolder: import.meta.dirname,
  });
}
