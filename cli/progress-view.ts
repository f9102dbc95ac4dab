import logUpdate from 'log-update';
import { duration, painter } from './format.js';
import { type Stage, stagesOf } from './stages.js';
import type { RunningTask, Snapshot } from './watch-run.js';

/** How often a stage's progress gets a line where there is no terminal to redraw. */
const lineIntervalMs = 15_000;

const marks: Record<string, string> = {
  success: '✔',
  failed: '✖',
  upstreamFailed: '⊘',
  skipped: '○',
  running: '▶',
};

/** Shows a run's progress on standard error: redrawn in place on a terminal, a line for each change elsewhere. */
export class ProgressView {
  private readonly terminal = process.stderr.isTTY === true;
  private readonly paint = painter(this.terminal);
  private readonly draw = this.terminal ? logUpdate : undefined;
  private toldProblem: string | undefined;
  private readonly told = new Map<string, { state: string; at: number }>();

  update({ view, running, unreachable }: Snapshot): void {
    if (view === undefined) return;
    if (view.problem !== undefined && view.problem !== this.toldProblem)
      process.stderr.write(`${this.paint.yellow(view.problem)}\n`);
    this.toldProblem = view.problem;
    const stages = stagesOf(view, Date.now());
    if (this.draw === undefined) this.tellLines(stages, running);
    else {
      const lines = stages.map((stage) => this.line(stage, running));
      const waiting = unreachable ? [this.paint.yellow('  waiting for the Temporal server …')] : [];
      this.draw([...lines, ...waiting].join('\n'));
    }
  }

  /** Leaves the last state on the screen. */
  done(): void {
    this.draw?.done();
  }

  private line(stage: Stage, running: RunningTask[]): string {
    const colour =
      { success: this.paint.green, failed: this.paint.red, running: this.paint.cyan }[stage.state] ??
      this.paint.dim;
    const time = stage.elapsedMs === undefined ? '' : duration(stage.elapsedMs).padStart(13);
    const mapped = stage.instances > 1 ? ` ${stage.ended}/${stage.instances}` : '';
    const name = `${stage.taskId}${mapped}`.padEnd(18);
    return `  ${colour(marks[stage.state] ?? '·')} ${name} ${time}  ${this.paint.dim(describe(stage, running))}`.trimEnd();
  }

  private tellLines(stages: Stage[], running: RunningTask[]): void {
    const now = Date.now();
    for (const stage of stages) {
      const last = this.told.get(stage.taskId);
      const isNews = last?.state !== stage.state;
      const isDue = stage.state === 'running' && last !== undefined && now - last.at >= lineIntervalMs;
      if (stage.state === 'none' || !(isNews || isDue)) continue;
      this.told.set(stage.taskId, { state: stage.state, at: now });
      process.stderr.write(`${this.line(stage, running)}\n`);
    }
  }
}

/** A few words on what a stage does: Spark's progress while it runs, why it failed afterwards. */
function describe(stage: Stage, running: RunningTask[]): string {
  if (stage.state !== 'running') return stage.reused ? 'reused' : (stage.reason?.split('\n')[0] ?? '');
  const mine = running.filter(({ key }) => key === stage.taskId || key.startsWith(`${stage.taskId}[`));
  const active = mine.find(({ progress }) => progress?.message !== undefined) ?? mine[0];
  if (active === undefined) return '';
  const { attempt, progress, lastFailure } = active;
  const percent = progress?.fraction === undefined ? '' : `${Math.floor(progress.fraction * 100)} %`;
  const retry =
    attempt > 1
      ? `try ${attempt}${lastFailure === undefined ? '' : ` after: ${lastFailure.split('\n')[0]}`}`
      : '';
  return [progress?.message ?? '', percent, retry].filter((part) => part !== '').join(' · ');
}
