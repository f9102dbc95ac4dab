import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reportParams } from '../../../activities/operators/report/params.js';

const parse = (...sections: object[]) => reportParams.safeParse({ title: 'Report', sections });

function complaintsOf(...sections: object[]): string {
  const result = parse(...sections);
  return result.success ? '' : z.prettifyError(result.error);
}

const bar = { kind: 'bar', title: 'Bars', sql: 'SELECT 1', x: 'type', y: 'tasks' };

describe('params of the report', () => {
  it('takes a column name where an axis is expected and labels it', () => {
    const { sections } = reportParams.parse({
      title: 'Report',
      sections: [{ ...bar, y: ['leadTime', 'lag_h'] }],
    });
    expect(sections[0]).toMatchObject({
      x: { column: 'type', label: 'Type', unit: '' },
      y: [
        { column: 'leadTime', label: 'Lead Time' },
        { column: 'lag_h', label: 'Lag h' },
      ],
      maxPoints: 2000,
    });
  });

  it.each([
    ['an unknown kind', { ...bar, kind: 'pie' }, 'kind is one of: bar, line, scatter', 'sections[0].kind'],
    ['an unknown key', { ...bar, colour: 'red' }, 'Unrecognized key: "colour"', 'sections[0]'],
    [
      'no source of rows',
      { ...bar, sql: undefined },
      'give sql (a query over the inputs) or data',
      'sections[0].sql',
    ],
    ['two sources of rows', { ...bar, data: [] }, 'give sql or data, not both', 'sections[0].data'],
    [
      'rows that are none',
      { ...bar, sql: undefined, data: 'x' },
      'expected a list of rows',
      'sections[0].data',
    ],
    [
      'a misspelt file',
      { ...bar, sql: { path: 'a.sql' } },
      'expected SQL text, or { file: … }',
      'sections[0].sql',
    ],
    ['no column', { ...bar, y: undefined }, 'expected the name of a column', 'sections[0].y[0]'],
    [
      'no column in an axis',
      { ...bar, x: { label: 'X' } },
      'expected the name of a column',
      'sections[0].x.column',
    ],
    [
      'both ways of series',
      { ...bar, y: ['a', 'b'], series: 'c' },
      'give one y column with a series',
      'sections[0].series',
    ],
    ['too many points', { ...bar, maxPoints: 50_000 }, '<=20000', 'sections[0].maxPoints'],
    [
      'four quantiles',
      {
        kind: 'boxplot',
        title: 'Boxes',
        sql: 'SELECT 1',
        x: 'a',
        quantiles: ['b', 'c', 'd', 'e'],
        y: { label: 'Y' },
      },
      'expected five columns',
      'sections[0].quantiles',
    ],
    [
      'a figure from nowhere',
      { kind: 'figures', title: 'Figures', figures: { total: { label: 'Total' } } },
      'figure total needs a value',
      'sections[0].figures',
    ],
  ])('refuses %s', (_, section, message, path) => {
    const complaints = complaintsOf(section);
    expect(complaints).toContain(message);
    expect(complaints).toContain(`→ at ${path}`);
  });

  it('refuses a figure that appears twice, since figures are the keys of the output', () => {
    const figures = { kind: 'figures', title: 'Figures', figures: { total: { value: 1 } } };
    expect(complaintsOf(figures, figures)).toMatch(/appears twice.*\n.*sections\[1\]\.figures\.total/);
  });
});
