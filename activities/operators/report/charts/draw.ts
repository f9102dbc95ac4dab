import { BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml, type Html, trustedHtml } from '../html.js';
import type { Chart, Frame } from './chart.js';
import { textWidth } from './style.js';

use([BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);
setPlatformAPI({
  measureText: (text, font) => ({ width: textWidth(text, Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12)) }),
});

/**
 * Draws a chart as an SVG element for inline use. Colours stay CSS variables, so that it follows the page's theme.
 *
 * @param id Prefix of the ids within the drawing, unique in the page.
 */
export function drawSvg(chart: Chart, frame: Frame, id: string): Html {
  const instance = init(null, null, { renderer: 'svg', ssr: true, width: frame.width, height: chart.height });
  try {
    instance.setOption(chart.option);
    return trustedHtml(tidy(instance.renderToSVGString(), frame, chart, id));
  } finally {
    instance.dispose();
  }
}

/**
 * Leaves of the renderer's SVG what an inline picture without scripts needs, with ids that do not depend on what was
 * drawn before. The patterns cannot meet data: in text and attributes, data's quotes and angle brackets are escaped.
 */
function tidy(svg: string, { width }: Frame, { height, summary }: Chart, id: string): string {
  const body = svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
    .replace(/font-family:inherit;/g, '')
    .replace(/(["#])zr\d+-/g, `$1${id}-`)
    .replace(/\n+/g, '\n');
  const label = escapeHtml(summary);
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">${body}`;
}
