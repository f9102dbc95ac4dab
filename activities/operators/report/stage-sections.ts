import type { FinishedTask } from '../../operator.js';
import { chartFigure } from './chart-figure.js';
import { rejectedByReason, rejectsChart } from './charts/rejects.js';
import { timelineChart } from './charts/timeline.js';
import { formatBytes, formatNumber, formatSeconds } from './format.js';
import { type Html, html } from './html.js';
import { summariseStages } from './stage-summary.js';
import { allColumns, dataDetails, emptyNote, maxListed, tableElement } from './tables.js';

/** When the run's tasks ran, and what each read and wrote. */
export function timelineSection(title: string, stages: FinishedTask[], id: string): Html {
  if (stages.length === 0) return emptyNote('No task had finished before this report.');
  const rows = summariseStages(stages).map((stage) => [
    stage.instances.length > 1
      ? `${stage.taskId} (${formatNumber(stage.instances.length)} instances)`
      : stage.taskId,
    stage.states,
    formatNumber(stage.tries),
    formatSeconds((stage.finishedAt - stage.startedAt) / 1000),
    formatNumber(stage.rowsRead),
    formatNumber(stage.rowsWritten),
    formatNumber(stage.rowsRejected),
    formatBytes(stage.bytesWritten),
  ]);
  const texts = ['Task', 'State'];
  const numbers = ['Tries', 'Duration', 'Rows read', 'Rows written', 'Rows rejected', 'Bytes written'];
  const table = tableElement(`Stages of ${title}`, heads(texts, numbers), rows);
  return html`${chartFigure((frame) => timelineChart(stages, frame), id)}${table}\n`;
}

/** Rejected rows by reason and by task, and the files that were rejected whole. */
export function rejectsSection(title: string, stages: FinishedTask[], id: string): Html {
  const counts = rejectedByReason(stages);
  if (counts.rows.length === 0)
    return html`${emptyNote('No rows were rejected.')}${rejectedFiles(title, stages)}`;
  const notes = ['A row with several reasons is counted under each of them.'];
  const figure = chartFigure((frame) => rejectsChart(stages, frame), id, notes);
  const details = dataDetails(title, counts, allColumns(counts));
  return html`${figure}${details}${rejectTotals(title, stages)}${rejectedFiles(title, stages)}`;
}

/** Rejected rows, each once, beside what each task read. */
function rejectTotals(title: string, stages: FinishedTask[]): Html {
  const rows = summariseStages(stages)
    .filter(({ rowsRejected }) => rowsRejected > 0)
    .map(({ taskId, rowsRead, rowsRejected }) => [
      taskId,
      formatNumber(rowsRead),
      formatNumber(rowsRejected),
      rowsRead === 0 ? '–' : formatNumber(rowsRejected / rowsRead, '%'),
    ]);
  if (rows.length === 0) return html``;
  return html`<h3>Rejected rows by task</h3>
${tableElement(`Rejected rows by task of ${title}`, heads(['Task'], ['Rows read', 'Rows rejected', 'Share']), rows)}
`;
}

function rejectedFiles(title: string, stages: FinishedTask[]): Html {
  const files = stages.flatMap(({ taskId, rejectedFiles }) =>
    rejectedFiles.map(({ file, reason }) => [taskId, file, reason]),
  );
  if (files.length === 0) return html``;
  const rest =
    files.length > maxListed
      ? html`<p class="note">${maxListed} of ${formatNumber(files.length)} files; report.json has them all.</p>\n`
      : '';
  return html`<h3>Files rejected whole</h3>
${tableElement(`Rejected files of ${title}`, heads(['Task', 'File', 'Reason'], []), files.slice(0, maxListed))}
${rest}`;
}

const heads = (texts: string[], numbers: string[]) => [
  ...texts.map((label) => ({ label, type: 'text' as const })),
  ...numbers.map((label) => ({ label, type: 'number' as const })),
];
