import { describe, expect, it } from 'vitest';
import type { Json } from '../../../activities/operator.js';
import { render } from '../../../activities/operators/report/render.js';
import { collectReport } from './fixtures.js';

type Section = { [key: string]: Json };

const page = async (...sections: Section[]) =>
  render(await collectReport(sections)).replaceAll('\u202f', ' ');

/** The texts within the drawings for wide pages. */
function drawnTexts(html: string): string[] {
  const wide = [...html.matchAll(/<div class="wide">([\s\S]*?)<\/svg>/g)]
    .map(([, svg]) => svg ?? '')
    .join('');
  return [...wide.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '');
}

const labelsOf = (html: string) =>
  [...html.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, label]) => label);

const types = ['bug', 'feature', 'review'];

const samples: Record<string, Section> = {
  figures: { figures: { tasks: { label: 'Task logs', value: 996_012 }, done: { value: 0.8123, unit: '%' } } },
  bar: { data: { bug: 1200, feature: 34_000 }, x: 'name', y: 'value' },
  line: {
    data: [
      { week: 1, opened: 10, closed: 4 },
      { week: 2, opened: 12, closed: 9 },
    ],
    x: 'week',
    y: ['opened', 'closed'],
  },
  scatter: {
    data: [1, 2, 3].map((n) => ({ n, m: n * 2, group: types[n % 2] ?? '' })),
    x: 'n',
    y: 'm',
    series: 'group',
  },
  boxplot: {
    data: types.map((type, n) => ({ type, a: n + 1, b: n + 2, c: n + 3, d: n + 4, e: n + 5 })),
    x: 'type',
    quantiles: ['a', 'b', 'c', 'd', 'e'],
    y: { label: 'Duration', unit: 'h' },
  },
  histogram: {
    data: [0, 1, 2].map((n) => ({ low: n, high: n + 1, tasks: 10 - n })),
    x: { from: 'low', to: 'high', label: 'Duration', unit: 'h' },
    y: 'tasks',
  },
  table: { data: [{ team: 'Platform', hours: 12_345.6 }], columns: ['team', { column: 'hours', unit: 'h' }] },
  metrics: { values: { Trees: { rmse: 2.5, test: { rows: 1000 } }, 'Mean per type': { rmse: 4 } } },
  timeline: {},
  rejects: {},
};

const sample = (kind: string, more: Section = {}): Section => ({
  kind,
  title: `About ${kind}`,
  ...samples[kind],
  ...more,
});
const whole = () => page(...Object.keys(samples).map((kind) => sample(kind)));

describe('the page', () => {
  it('needs nothing from elsewhere and runs nothing', async () => {
    const html = await whole();
    expect(html).not.toMatch(/<script|<iframe|<object|<embed|<img|javascript:|\son\w+=/i);
    expect(html).not.toMatch(/@import|url\((?!#)/);
    expect([...html.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, target]) => target)).toSatisfy(
      (targets: string[]) => targets.every((target) => target.startsWith('#') || target === 'data:,'),
    );
    expect(html).toContain('content="default-src &#39;none&#39;;');
  });

  it('tells the run and lists its sections in a table of contents', async () => {
    const html = await whole();
    for (const fact of ['some-dag', '2025-06-24T02:00:00Z', '2025-06-24 02:00 UTC'])
      expect(html).toContain(fact);
    const links = [...html.matchAll(/<li><a href="#(\w+)">([^<]*)<\/a>/g)];
    expect(links.map(([, , title]) => title)).toEqual(Object.keys(samples).map((kind) => `About ${kind}`));
    for (const [, id] of links) expect(html).toContain(`<section id="${id}"`);
  });

  it('has no id twice', async () => {
    const ids = [...(await whole()).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the same for the same data', async () => {
    expect(await whole()).toBe(await whole());
  });

  it('describes every chart and draws it for wide and for narrow pages', async () => {
    const html = await whole();
    const charts = ['bar', 'line', 'scatter', 'boxplot', 'histogram', 'timeline', 'rejects'];
    expect(labelsOf(html)).toHaveLength(2 * charts.length);
    expect(labelsOf(html)).toContain(
      'Bar chart of Value by Name: 2 bars; largest feature (34,000), smallest bug (1,200).',
    );
    expect(labelsOf(html)).toContain(
      'Line chart of Opened and Closed over Week in 2 lines: 4 points, from 4 to 12.',
    );
    expect(labelsOf(html)).toContain(
      'Timeline of 2 tasks over 1 min 34 s: generate 4 s, 2 instances, ingest 1 min 30 s.',
    );
  });

  it('escapes whatever comes from data or params, in text, attributes and drawings', async () => {
    const evil = '<img src=x onerror=alert(1)> "&\'';
    const escaped = '&lt;img src=x onerror=alert(1)&gt;';
    const html = await page(
      {
        kind: 'bar',
        title: evil,
        text: evil,
        data: { [evil]: 1, other: 2 },
        x: 'name',
        y: { column: 'value', label: evil },
      },
      {
        kind: 'line',
        title: 'L',
        data: [
          { x: 1, y: 2, s: evil },
          { x: 1, y: 3, s: 't' },
        ],
        x: 'x',
        y: 'y',
        series: 's',
      },
      { kind: 'table', title: 'T', data: [{ [evil]: evil }] },
      { kind: 'figures', title: 'F', figures: { a: { label: evil, unit: evil, value: evil } } },
      { kind: 'metrics', title: 'M', values: { [evil]: { [evil]: evil } } },
      { kind: 'rejects', title: 'R' },
    );
    expect(html).not.toMatch(/<img|part-<3>/);
    expect(drawnTexts(html).join(' ')).toContain(escaped);
    expect(html).toContain('part-&lt;3&gt;.parquet');
    expect(html).not.toMatch(/aria-label="[^"]*</);
  });
});

describe('sections', () => {
  it('show figures with their units', async () => {
    const html = await page(sample('figures'));
    expect(html).toContain('<dt>Task logs</dt><dd>996,012</dd>');
    expect(html).toContain('<dt>Done</dt><dd>81.2%</dd>');
  });

  it('draw bars with their labels and values', async () => {
    expect(drawnTexts(await page(sample('bar')))).toEqual(
      expect.arrayContaining(['bug', 'feature', '1,200', '34K']),
    );
  });

  it('sort bars by their value and add up rows of the same bar', async () => {
    const rows = [
      { type: 'bug', n: 2 },
      { type: 'feature', n: 3 },
      { type: 'bug', n: 4 },
    ];
    const section = { ...sample('bar'), data: rows, x: 'type', y: 'n', sort: 'descending', horizontal: true };
    const texts = drawnTexts(await page(section));
    expect(texts.indexOf('bug')).toBeLessThan(texts.indexOf('feature'));
    expect(texts).toContain('6');
  });

  it('lay bars down when their labels do not fit below them', async () => {
    const long = Object.fromEntries(
      types.map((type) => [`a rather long name of a ${type} that needs room`.repeat(2), 1]),
    );
    const html = await page(sample('bar', { data: long }));
    expect(html).toContain('<div class="wide"><p class="axis" aria-hidden="true">Name</p>');
    expect(await page(sample('bar'))).toContain(
      '<div class="wide"><p class="axis" aria-hidden="true">Value</p>',
    );
  });

  it('name series in a legend, which one series does without', async () => {
    const names = (html: string) => [...html.matchAll(/<\/svg>([^<]+)<\/li>/g)].map(([, name]) => name);
    expect(names(await page(sample('line')))).toEqual(['Opened', 'Closed']);
    expect(names(await page(sample('scatter')))).toEqual(['feature', 'bug']);
    expect(names(await page(sample('line', { y: 'opened' })))).toEqual([]);
    expect(names(await page(sample('scatter', { series: null, reference: 'y=x' })))).toEqual(['M', 'y = x']);
  });

  it('give both axes one range when y = x is drawn', async () => {
    const data = [
      { n: 3, m: 180 },
      { n: 40, m: 7 },
    ];
    const axis = (column: string) => ({ column, scale: 'log' });
    const texts = drawnTexts(
      await page(sample('scatter', { data, x: axis('n'), y: axis('m'), series: null, reference: 'y=x' })),
    );
    expect(texts.filter((text) => text === '200')).toHaveLength(2);
    expect(texts.filter((text) => text === '2')).toHaveLength(2);
  });

  it('say what a log scale cannot draw', async () => {
    const data = [0, -1, 5, 50].map((n) => ({ n, m: 1 }));
    const html = await page(
      sample('scatter', { data, x: { column: 'n', scale: 'log' }, y: 'm', series: null }),
    );
    expect(html).toContain('2 values at or below zero cannot be drawn on the log scale.');
    expect(labelsOf(html)[0]).toContain('2 points; N from 5 to 50');
  });

  it('say when rows were left out', async () => {
    const html = await page(
      sample('bar', { maxPoints: 1 }),
      sample('table', { data: [{ a: 1 }, { a: 2 }], maxRows: 1, columns: null }),
    );
    expect(html).toContain('Not all rows are drawn, only the first 1:');
    expect(html).toContain('Not all rows are shown, only the first 1.');
  });

  it('list the data below a chart, at most 200 rows', async () => {
    const data = Array.from({ length: 250 }, (_, n) => ({ n, m: n * 1000 }));
    const html = await page(sample('line', { data, x: 'n', y: 'm' }));
    expect(html).toContain('<summary>Data (250 rows)</summary>');
    expect(html.match(/<tr>/g)).toHaveLength(201);
    expect(html).toContain('<td class="number">199,000</td>');
    expect(html).toContain('200 rows of 250 rows; report.json has them all.');
  });

  it('name units once in the heading of a table', async () => {
    const html = await page(sample('table'));
    expect(html).toContain('<th scope="col" class="number">Hours (h)</th>');
    expect(html).toContain('<td class="number">12,346</td>');
  });

  it('flatten metrics and set models side by side', async () => {
    const html = await page(sample('metrics'));
    expect(html).toContain(
      '<th scope="row">test.rows</th><td class="number">1,000</td><td class="number">–</td>',
    );
    expect(html).toContain('<th scope="row">rmse</th><td class="number">2.5</td><td class="number">4</td>');
  });

  it('sum up mapped instances in the timeline', async () => {
    const html = await page(sample('timeline'));
    expect(html).toContain('<th scope="row">generate (2 instances)</th>');
    expect(html).toContain('<td class="number">2 KiB</td>');
    expect(drawnTexts(html)).toContain('4 s, 2 instances');
  });

  it('count rejected rows by reason and by task and name rejected files', async () => {
    const html = await page(sample('rejects'));
    expect(drawnTexts(html)).toEqual(expect.arrayContaining(['Missing key', '7', 'Bad status', '4']));
    expect(html).toContain('<td class="number">10</td><td class="number">1%</td>');
    expect(html).toContain('column duration_hours is missing');
  });

  it('say so when there is nothing to show', async () => {
    expect(await page(sample('bar', { data: {} }))).toContain('There are no rows to draw.');
    expect(await page(sample('table', { data: [], columns: null }))).toContain('There are no rows to show.');
  });
});
