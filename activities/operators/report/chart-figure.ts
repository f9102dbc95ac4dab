import { type Chart, type Frame, frames, type LegendEntry } from './charts/chart.js';
import { drawSvg } from './charts/draw.js';
import { type Html, html } from './html.js';

/**
 * A chart with its legend, axis title and notes, drawn for wide and for narrow pages; the style sheet shows one of the
 * two. `id` is unique in the page.
 */
export function chartFigure(toChart: (frame: Frame) => Chart, id: string, extraNotes: string[] = []): Html {
  const drawings = Object.entries(frames).map(([name, frame]) => {
    const chart = toChart(frame);
    const title =
      chart.verticalTitle === '' ? '' : html`<p class="axis" aria-hidden="true">${chart.verticalTitle}</p>`;
    return html`<div class="${name}">${title}${drawSvg(chart, frame, `${id}-${name}-`)}</div>\n`;
  });
  const { legend, notes } = toChart(frames.wide);
  return html`<figure class="chart">
${legendList(legend)}${drawings}${[...notes, ...extraNotes].map((note) => html`<p class="note">${note}</p>\n`)}</figure>
`;
}

function legendList(entries: LegendEntry[]): Html {
  if (entries.length === 0) return html``;
  const items = entries.map((entry) => html`<li>${legendMark(entry)}${entry.name}</li>`);
  return html`<ul class="legend">${items}</ul>\n`;
}

function legendMark({ colour, mark }: LegendEntry): Html {
  const shapes = {
    box: html`<rect x="3" y="0" width="14" height="12" rx="2"/>`,
    circle: html`<circle cx="10" cy="6" r="5"/>`,
    rect: html`<rect x="5" y="1" width="10" height="10"/>`,
    triangle: html`<path d="M10 1l6 10H4z"/>`,
    diamond: html`<path d="M10 0l5 6-5 6-5-6z"/>`,
    line: html`<path d="M0 6h20" stroke-width="3"/>`,
    dashed: html`<path d="M0 6h20" stroke-width="3" stroke-dasharray="6 3"/>`,
    dotted: html`<path d="M0 6h20" stroke-width="3" stroke-dasharray="2 3"/>`,
  };
  return html`<svg viewBox="0 0 20 12" fill="${colour}" stroke="${colour}" stroke-width="0" aria-hidden="true">${shapes[mark]}</svg>`;
}
