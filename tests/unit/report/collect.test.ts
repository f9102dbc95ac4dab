import { describe, expect, it } from 'vitest';
import type { Cell, Column } from '../../../activities/operators/report/report-data.js';
import { type Answer, collectReport } from './fixtures.js';

const answer = (columns: Column[], rows: Cell[][], truncated = false): Answer => ({
  table: { columns, rows, truncated },
  asked: [],
});

const typeAndCount: Column[] = [
  { name: 'type', type: 'text' },
  { name: 'tasks', type: 'number' },
];

describe('collecting a report', () => {
  it('runs queries within their limits and keeps their text, encoding and rows', async () => {
    const queries = answer(typeAndCount, [['bug', 3]], true);
    const report = await collectReport(
      [
        { kind: 'bar', title: 'A', sql: 'SELECT a', x: 'type', y: 'tasks', maxPoints: 50 },
        { kind: 'table', title: 'B', sql: { file: 'b.sql' } },
      ],
      queries,
    );
    expect(queries.asked).toEqual([
      { sql: 'SELECT a', maxRows: 50 },
      { sql: 'SELECT b\n', maxRows: 100 },
    ]);
    expect(report.sections[0]).toMatchObject({
      kind: 'bar',
      query: 'SELECT a',
      x: { column: 'type' },
      table: { rows: [['bug', 3]], truncated: true },
    });
  });

  it('makes rows of lists and of objects, such as feature importances of a template', async () => {
    const { sections } = await collectReport([
      { kind: 'bar', title: 'A', data: { complexity: 0.7, weekday: 0.3 }, x: 'name', y: 'value' },
      { kind: 'table', title: 'B', data: [{ a: 1 }, { a: 2, b: 'x' }, { a: 3 }], maxRows: 2 },
    ]);
    expect(sections).toMatchObject([
      {
        table: {
          columns: [
            { name: 'name', type: 'text' },
            { name: 'value', type: 'number' },
          ],
          rows: [
            ['complexity', 0.7],
            ['weekday', 0.3],
          ],
        },
      },
      {
        table: {
          rows: [
            [1, null],
            [2, 'x'],
          ],
          truncated: true,
        },
      },
    ]);
  });

  it('takes figures from the columns of one row and from values', async () => {
    const one = answer([{ name: 'tasks', type: 'number' }], [[996_012]]);
    const { figures, sections } = await collectReport(
      [
        {
          kind: 'figures',
          title: 'At a glance',
          sql: 'SELECT count(*) AS tasks',
          figures: { tasks: { label: 'Task logs' }, rmse: { value: 2.5, unit: 'h' } },
        },
      ],
      one,
    );
    expect(figures).toEqual({ tasks: 996_012, rmse: 2.5 });
    expect(sections[0]).toMatchObject({ figures: [{ label: 'Task logs' }, { label: 'Rmse', unit: 'h' }] });
  });

  it('refuses figures whose query lacks their column, or does not return one row', async () => {
    const section = { kind: 'figures', title: 'F', sql: 'SELECT 1', figures: { tasks: {} } };
    const columns: Column[] = [{ name: 'count', type: 'number' }];
    await expect(collectReport([section], answer(columns, [[1]]))).rejects.toMatchObject({
      type: 'InvalidParams',
      message:
        'section 1 "F": figure "tasks" has no value, and the query returns no column of that name; it returns: count',
    });
    await expect(collectReport([section], answer(columns, []))).rejects.toThrow('it returned none');
    await expect(collectReport([section], answer(columns, [[1]], true))).rejects.toThrow(
      'it returned several',
    );
  });

  it.each([
    [{ x: 'typ', y: 'tasks' }, 'x names the column "typ", but the rows have: type, tasks'],
    [{ x: 'type', y: ['tasks', 'type'] }, 'y needs numbers, but the column "type" holds text'],
    [{ x: 'type', y: 'tasks', series: 'status' }, 'series names the column "status"'],
  ])('refuses an encoding that does not fit its rows: %j', async (encoding, message) => {
    const section = { kind: 'bar', title: 'Bars', sql: 'SELECT 1', ...encoding };
    await expect(collectReport([section], answer(typeAndCount, [['bug', 3]]))).rejects.toMatchObject({
      type: 'InvalidParams',
      message: expect.stringContaining(`section 1 "Bars": ${message}`),
    });
  });

  it('accepts a query without rows, which tells no types', async () => {
    const section = { kind: 'line', title: 'L', sql: 'SELECT 1', x: 'type', y: 'tasks' };
    const nothing = answer(
      typeAndCount.map(({ name }) => ({ name, type: 'text' })),
      [],
    );
    await expect(collectReport([section], nothing)).resolves.toMatchObject({ sections: [{ kind: 'line' }] });
  });
});
