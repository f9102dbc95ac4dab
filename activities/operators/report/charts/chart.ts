import type {
  BarSeriesOption,
  BoxplotSeriesOption,
  CustomSeriesOption,
  LineSeriesOption,
  ScatterSeriesOption,
} from 'echarts/charts';
import type { GridComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | BoxplotSeriesOption
  | CustomSeriesOption
  | GridComponentOption
  | LineSeriesOption
  | ScatterSeriesOption
>;

/** The space a chart is drawn for: every chart is drawn for a page and for a phone. */
export interface Frame {
  /** Units of the SVG, which are CSS pixels at full size. */
  width: number;
  narrow: boolean;
}

export const frames = {
  wide: { width: 860, narrow: false },
  narrow: { width: 400, narrow: true },
} as const satisfies Record<string, Frame>;

export type Mark = 'box' | 'line' | 'dashed' | 'dotted' | 'circle' | 'rect' | 'triangle' | 'diamond';

export interface LegendEntry {
  name: string;
  /** A CSS colour. */
  colour: string;
  mark: Mark;
}

/** A chart, ready to be drawn. Legend, title of the upper axis and notes are HTML around the drawing, so they wrap. */
export interface Chart {
  option: ChartOption;
  height: number;
  /** Title of the vertical axis, shown above the chart. */
  verticalTitle: string;
  /** Empty when one series needs no explanation. */
  legend: LegendEntry[];
  /** What a reader must know about what is not drawn. */
  notes: string[];
  /** One or two sentences for who cannot see the chart. */
  summary: string;
}
