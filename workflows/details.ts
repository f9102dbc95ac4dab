import type { RunView, TaskView } from './run-view.js';

/** More rows than this make the page slow to read and to load: the rest is counted. */
const maxRows = 200;

const icons: Record<string, string> = {
  running: '🔵',
  success: '🟢',
  failed: '🔴',
  skipped: '⚪',
  upstreamFailed: '🟠',
  cancelled: '⚫',
};

const count = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en-US');

/** The run as Markdown, for the Temporal UI's page of the workflow. `now` is the workflow's clock, in milliseconds. */
export function liveTable(view: RunView, now: number): string {
  const states = new Map<string, number>();
  for (const { state } of view.tasks) states.set(state, (states.get(state) ?? 0) + 1);
  const summary = [...states].map(([state, tasks]) => `${tasks} ${state}`).join(', ');
  // What needs attention comes first when not all fits.
  const rank = ({ state }: TaskView): number => (state === 'failed' ? 0 : state === 'running' ? 1 : 2);
  const shown =
    view.tasks.length > maxRows
      ? [...view.tasks].sort((a, b) => rank(a) - rank(b)).slice(0, maxRows)
      : view.tasks;
  const hidden = view.tasks.length - shown.length;
  return [
    `**${view.dagId}** · logical date ${view.logicalDate} · ${icons[view.state] ?? ''} **${view.state}** · ${summary}`,
    '',
    '| Task | State | Tries | Rows read | Rows written | Rejected | Seconds |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...shown.map((task) => tableRow(task, now)),
    ...(hidden > 0 ? ['', `… and ${count(hidden)} more task instances`] : []),
  ].join('\n');
}

function tableRow(task: TaskView, now: number): string {
  const state = `${icons[task.state] ?? ''} ${task.state}${task.reused ? ' (reused)' : ''}`.trim();
  const cells = [
    `\`${task.key}\``,
    task.reason === undefined ? state : `${state}: ${cell(task.reason)}`,
    count(task.tries),
    count(task.rowsRead),
    count(task.rowsWritten),
    count(task.rowsRejected),
    seconds(task, now),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A reason fits in a cell: one line, without the character that ends the cell, not too long. */
function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

function seconds({ startedAt, finishedAt }: TaskView, now: number): string {
  return startedAt === undefined ? '' : (((finishedAt ?? now) - startedAt) / 1000).toFixed(1);
}

/** Why a run failed and what to do next: its workflow fails with this text. */
export function failureReport(
  workflowId: string,
  view: RunView,
  reason: string,
  replayCommand: string,
): string {
  const failed = view.tasks.filter(({ state }) => state === 'failed');
  const blocked = view.tasks.filter(({ state }) => state === 'upstreamFailed').map(({ key }) => key);
  return [
    `DAG run ${workflowId} failed: ${reason}`,
    ...failed.flatMap(({ key, operator, tries, reason: why, rejectedByReason }) => [
      `  ${key} (${operator}${tries === undefined ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`}): ${why ?? 'no reason given'}`,
      ...Object.entries(rejectedByReason ?? {}).map(
        ([code, rows]) => `    rejected as ${code}: ${count(rows)} rows`,
      ),
    ]),
    ...(blocked.length > 0 ? [`  did not run because of that: ${blocked.join(', ')}`] : []),
    `Mend the cause, then run the failed stages again, reusing the others: ${replayCommand}`,
  ].join('\n');
}
