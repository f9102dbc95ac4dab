import type { FinishedTask } from '../../../operator.js';
import { formatSeconds } from '../format.js';
import { type StageSummary, summariseStages } from '../stage-summary.js';
import { horizontalAxis } from './axes.js';
import { besideBars } from './categories.js';
import type { Chart, Frame, LegendEntry } from './chart.js';
import { chartStyle, textWidth } from './style.js';

const stateColours: Record<string, string> = {
  success: 'var(--c3)',
  failed: 'var(--c2)',
  upstreamFailed: 'var(--c5)',
};
const stateColour = (state: string) => stateColours[state] ?? 'var(--c8)';

const labelStyle = {
  fill: 'var(--ink)',
  fontSize: 12,
  fontFamily: 'inherit',
  verticalAlign: 'middle',
} as const;

/** When each task ran: one row a task, its mapped instances drawn over each other. */
export function timelineChart(stages: FinishedTask[], frame: Frame): Chart {
  const summaries = summariseStages(stages);
  const origin = Math.min(...summaries.map(({ startedAt }) => startedAt));
  const seconds = (instant: number) => (instant - origin) / 1000;
  const end = Math.max(...summaries.map(({ finishedAt }) => seconds(finishedAt)), 0.001);
  const axis = besideBars(
    summaries.map(({ taskId }) => taskId),
    frame,
  );
  const plotWidth = frame.width - 40 - axis.axisLabel.width;
  const spans = summaries.flatMap(({ instances }, row) =>
    instances.map(({ startedAt, finishedAt, state }) => ({
      row,
      from: seconds(Date.parse(startedAt)),
      to: seconds(Date.parse(finishedAt)),
      state,
    })),
  );
  return {
    option: {
      ...chartStyle,
      xAxis: {
        ...horizontalAxis({ label: 'Since the first task started', unit: 's' }, frame),
        min: 0,
        max: Math.max(...summaries.map((stage) => roomFor(stage, seconds(stage.finishedAt), plotWidth)), end),
        interval: tickSeconds(end, frame.narrow ? 3 : 7),
        axisLabel: {
          formatter: (value: number) => (value > end ? '' : formatSeconds(value)),
          color: 'var(--soft)',
        },
        splitLine: { show: false },
      },
      yAxis: axis,
      series: [
        {
          silent: true,
          type: 'custom',
          data: spans.map(({ row, from, to }) => [from, to, row]),
          encode: { x: [0, 1], y: 2 },
          renderItem: ({ dataIndex }, api) => {
            const span = spans[dataIndex];
            if (span === undefined) return null;
            const [left = 0, middle = 0] = api.coord([span.from, span.row]);
            const [right = 0] = api.coord([span.to, span.row]);
            return {
              type: 'rect',
              shape: { x: left, y: middle - 9, width: Math.max(right - left, 2), height: 18, r: 2 },
              style: { fill: stateColour(span.state), opacity: 0.85 },
            };
          },
        },
        {
          silent: true,
          type: 'custom',
          data: summaries.map(({ finishedAt }, row) => [seconds(finishedAt), row]),
          renderItem: ({ dataIndex }, api) => {
            const summary = summaries[dataIndex];
            const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
            return summary === undefined
              ? null
              : { type: 'text', x: x + labelGap, y, style: { ...labelStyle, text: spanText(summary) } };
          },
        },
      ],
    },
    height: summaries.length * 32 + 64,
    verticalTitle: '',
    legend: legendOf(stages),
    notes: [],
    summary: `Timeline of ${summaries.length} tasks over ${formatSeconds(end)}: ${summaries
      .map((summary) => `${summary.taskId} ${spanText(summary)}`)
      .join(', ')}.`,
  };
}

/** Pixels between a bar and its label. */
const labelGap = 8;

/** How long a task took and of how many instances it is. */
function spanText({ instances, startedAt, finishedAt }: StageSummary): string {
  const time = formatSeconds((finishedAt - startedAt) / 1000);
  return instances.length > 1 ? `${time}, ${instances.length} instances` : time;
}

/** How far the axis must reach for a task's label to fit behind its bar. */
function roomFor(summary: StageSummary, end: number, plotWidth: number): number {
  const label = textWidth(spanText(summary)) + labelGap;
  return (end * plotWidth) / Math.max(plotWidth - label, plotWidth / 3);
}

/** The smallest round step of time that makes at most so many ticks. */
function tickSeconds(end: number, ticks: number): number {
  const steps = [1, 2, 5, 10, 15, 30].flatMap((step) => [step, step * 60, step * 3600]);
  const fitting = [0.001, 0.01, 0.1, ...steps].toSorted((a, b) => a - b);
  return fitting.find((step) => end / step <= ticks) ?? 86_400 * Math.ceil(end / ticks / 86_400);
}

function legendOf(stages: FinishedTask[]): LegendEntry[] {
  const states = [...new Set(stages.map(({ state }) => state))];
  if (states.length < 2 && states[0] === 'success') return [];
  return states.map((state) => ({ name: state, colour: stateColour(state), mark: 'box' }));
}
