import type { FinishedTask } from '../../../operator.js';
import { humanise } from '../format.js';
import type { DataTable } from '../report-data.js';
import { barChart } from './bar.js';
import type { Chart, Frame } from './chart.js';

/** Rejected rows by reason, coloured by task. */
export function rejectsChart(stages: FinishedTask[], frame: Frame): Chart {
  return barChart(
    {
      kind: 'bar',
      title: '',
      text: '',
      query: null,
      table: rejectedByReason(stages),
      x: { column: 'reason', label: 'Reason', unit: '' },
      y: [{ column: 'rows', label: 'Rejected rows', unit: '' }],
      series: 'task',
      horizontal: true,
      stacked: true,
      sort: 'descending',
      maxPoints: Number.POSITIVE_INFINITY,
    },
    frame,
  );
}

/** Rows by task and reason; mapped instances of a task are added up. A row with several reasons counts under each. */
export function rejectedByReason(stages: FinishedTask[]): DataTable {
  const counts = new Map<string, { task: string; reason: string; rows: number }>();
  for (const { taskId, rejectedByReason } of stages) {
    for (const [reason, rows] of Object.entries(rejectedByReason)) {
      const key = JSON.stringify([taskId, reason]);
      const entry = counts.get(key) ?? { task: taskId, reason: humanise(reason), rows: 0 };
      entry.rows += rows;
      counts.set(key, entry);
    }
  }
  return {
    columns: [
      { name: 'task', type: 'text' },
      { name: 'reason', type: 'text' },
      { name: 'rows', type: 'number' },
    ],
    rows: [...counts.values()].map(({ task, reason, rows }) => [task, reason, rows]),
    truncated: false,
  };
}
