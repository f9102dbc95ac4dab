import type { ColumnType } from '../report-data.js';
import type { Frame } from './chart.js';
import { axisStyle, textWidth, titledBelow } from './style.js';

/** Categories beyond which bars stand upright with some labels left out, rather than fill a page from left to right. */
export const maxHorizontal = 60;

/** Whether categories run down the side: on demand, or because their labels do not fit below upright bars. */
export function liesDown(labels: string[], type: ColumnType, frame: Frame, wanted: boolean): boolean {
  if (labels.length > maxHorizontal) return false;
  if (wanted) return true;
  const room = (frame.width - 80) / Math.max(labels.length, 1);
  return type === 'text' && labels.some((label) => textWidth(label) + 8 > room);
}

/** A vertical axis of categories. Its labels break into two lines; what is longer still is cut. */
export function besideBars(labels: string[], frame: Frame) {
  const widest = Math.max(...labels.map((label) => textWidth(label)), 0);
  // Rounded up: a label that fits exactly must not break.
  const width = Math.min(Math.ceil(widest) + 1, frame.narrow ? 130 : 240);
  return {
    ...categories,
    data: labels.map((label) => shorten(label, width * 1.7)),
    inverse: true,
    axisLabel: {
      ...axisStyle.axisLabel,
      width,
      overflow: 'break' as const,
      lineHeight: 13,
      interval: 0,
      hideOverlap: false,
    },
  };
}

/** A horizontal axis of categories. Names all stand there; of numbers and dates, as many as there is room for. */
export function belowBars(labels: string[], type: ColumnType, title: string) {
  const all = type === 'text' && labels.length <= maxHorizontal ? { interval: 0 } : {};
  return {
    ...categories,
    ...titledBelow(title),
    data: labels,
    axisLabel: { ...axisStyle.axisLabel, ...all },
  };
}

const categories = { ...axisStyle, type: 'category' as const, splitLine: { show: false } };

function shorten(label: string, width: number): string {
  if (textWidth(label) <= width) return label;
  const characters = [...label];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
