import type { RunView, TaskView } from './run-view.js';

/** More rows than this make the page slow to read and to load: the rest is counted. */
const maxRows = 200;

const icons: Record<string, string> = {
  queued: '🟣',
  running: '🔵',
  upForReschedule: '🔵',
  held: '🟡',
  success: '🟢',
  failed: '🔴',
  skipped: '⚪',
  upstreamFailed: '🟠',
  cancelled: '⚫',
};

/** The UI leaves no space between columns: a no-break space, which Markdown keeps. */
const gap = '\u00a0';

const count = (value: number | undefined): string =>
  // Most are small, and Intl takes its time.
  value === undefined ? '' : value < 1000 ? String(value) : value.toLocaleString('en-US');

/**
 * The run as Markdown, for the Temporal UI's page of the workflow. Rows are made of tasks that have changed, so that to look at a run of
 * thousands of tasks again and again costs little.
 */
export class LiveTable {
  private readonly rows = new Map<string, { state: string; text: string }>();
  private readonly states = new Map<string, number>();
  /** What needs attention comes first when not all fits. */
  private readonly failed = new Set<string>();
  private readonly running = new Set<string>();

  update(task: TaskView): void {
    this.remove(task.key);
    this.rows.set(task.key, { state: task.state, text: tableRow(task) });
    this.states.set(task.state, (this.states.get(task.state) ?? 0) + 1);
    if (task.state === 'failed') this.failed.add(task.key);
    if (task.state === 'running') this.running.add(task.key);
  }

  /** Takes a row away, such as that of a task which has been expanded. */
  remove(key: string): void {
    const state = this.rows.get(key)?.state;
    if (state === undefined) return;
    const left = (this.states.get(state) ?? 0) - 1;
    if (left === 0) this.states.delete(state);
    else this.states.set(state, left);
    this.failed.delete(key);
    this.running.delete(key);
    // The row itself stays where it is, to be overwritten in its place.
    this.rows.set(key, { state: '', text: '' });
  }

  render({
    dagId,
    logicalDate,
    state,
    callbackProblems = [],
  }: Pick<RunView, 'dagId' | 'logicalDate' | 'state' | 'callbackProblems'>): string {
    const total = [...this.states.values()].reduce((sum, tasks) => sum + tasks, 0);
    const summary = [...this.states].map(([name, tasks]) => `${count(tasks)} ${name}`).join(', ');
    const shown = total > maxRows ? this.mostUrgent() : [...this.rows.values()].map(({ text }) => text);
    const lines = shown.filter((text) => text !== '');
    const hidden = total - lines.length;
    return [
      `**${dagId}** · logical date ${logicalDate} · ${icons[state] ?? ''} **${state}** · ${summary}`,
      '',
      `| Task | State | Tries | ${gap}Rows read | ${gap}Rows written | ${gap}Rejected | ${gap}Started | ${gap}Seconds |`,
      '| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |',
      ...lines,
      ...(hidden > 0 ? ['', `… and ${count(hidden)} more task instances`] : []),
      ...callbackProblems.map((problem) => `\n⚠️ callback ${cell(problem)}`),
    ].join('\n');
  }

  private mostUrgent(): string[] {
    const keys = new Set([...this.failed, ...this.running].slice(0, maxRows));
    for (const [key, { text }] of this.rows) {
      if (keys.size >= maxRows) break;
      if (text !== '') keys.add(key);
    }
    return [...keys].map((key) => this.rows.get(key)?.text ?? '');
  }
}

function tableRow(task: TaskView): string {
  const state = `${icons[task.state] ?? ''} ${task.state}${task.reused ? ' (reused)' : ''}`.trim();
  const cells = [
    `\`${task.key}\``,
    task.reason === undefined ? state : `${state}: ${cell(task.reason)}`,
    count(task.tries),
    count(task.rowsRead),
    count(task.rowsWritten),
    count(task.rowsRejected),
    task.startedAt === undefined ? '' : gap + new Date(task.startedAt).toISOString().slice(11, 19),
    task.startedAt === undefined || task.finishedAt === undefined
      ? ''
      : ((task.finishedAt - task.startedAt) / 1000).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A reason fits in a cell: one line, without the character that ends the cell, not too long. */
function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
