import { describe, expect, it } from 'vitest';
import { looked, useCases } from '../../support/cases.js';

const cases = useCases();

/** The rows that an ingest case took, and the reasons of those that it did not, by their id or else their text. */
async function split(dagId: string): Promise<{ good: unknown[]; bad: Record<string, unknown> }> {
  const run = await cases.run(dagId);
  expect(run.error).toBeUndefined();
  const { good, bad } = looked(run);
  return {
    good,
    bad: Object.fromEntries(bad.map((row) => [row.id ?? JSON.stringify(row._unparsed), row._reasons])),
  };
}

describe('text becomes a value only when it is one', () => {
  it.concurrent('dates and times', async () => {
    expect(await split('csv-times')).toEqual({
      good: [
        { id: 1, at: '2026-03-01T08:00:00.000000Z', day: '2026-03-01' },
        { id: 2, at: '2026-03-01T10:00:00.000000Z', day: '2026-03-01' },
      ],
      bad: {
        3: ['at.type', 'day.type'],
        4: ['at.type', 'day.type'],
        5: ['at.type', 'day.type'],
        6: ['at.type', 'day.type'],
        7: ['day.type'],
        8: ['at.type', 'day.type'],
      },
    });
  });

  it.concurrent('numbers', async () => {
    const run = await cases.run('csv-numbers');
    const { good, bad } = looked(run);
    expect(good).toEqual([]);
    expect(bad.map(({ id, x, m, n, b, _unparsed }) => ({ id, x, m, n, b, text: _unparsed }))).toEqual([
      { id: 1, b: true, text: { x: '7f', m: '12.345', n: '1e3' } },
      { id: 2, b: true, text: { x: '12D', m: '12.344', n: '1.0' } },
      { id: 3, m: 100, b: true, text: { x: '0x1p3', n: '12.7' } },
      { id: 4, x: 'NaN', n: 5, b: true, text: { m: '99999999.999' } },
      { id: 5, x: 'Infinity', n: 12, b: false, text: { m: '99999999.994' } },
      { id: 6, b: true, text: { x: '1,5', m: '1.234,50', n: '0x10' } },
      { id: 7, b: false, text: { x: '1_000', m: '1_0', n: '1_0' } },
    ]);
  });

  it.concurrent('dates and times by a pattern', async () => {
    expect(await split('csv-formats')).toEqual({
      good: [
        {
          id: 1,
          a: '2026-01-31',
          b: '2026-01-31',
          c: '2026-03-05T00:30:00.000000Z',
          e: '2026-03-01T08:00:00.000000Z',
        },
      ],
      bad: {
        2: ['a.type', 'b.type', 'c.type', 'e.type'],
        3: ['a.type', 'b.type', 'c.type', 'e.type'],
        4: ['a.type', 'e.type'],
      },
    });
  });

  it.concurrent('text of a limited length, bytes, and times without a zone', async () => {
    expect(await split('varchar')).toEqual({
      good: [{ id: 1, code: 'abc', c: 'xy', b: 'aGk=', t: '2026-03-29T02:30:00.000000' }],
      bad: { 2: ['code.type', 't.type'] },
    });
  });

  it.concurrent('values within JSON', async () => {
    expect(await split('json-nested')).toEqual({
      good: [
        { id: 1, tags: [1, 2], o: { a: 1, b: 'x' }, m: { k: 1 } },
        { id: 6, tags: [], o: { a: null, b: null }, m: null },
      ],
      bad: { 2: ['tags.type'], 3: ['o.type'], 4: ['m.type'], 5: ['tags.type', 'o.type'] },
    });
  });
});

it.concurrent('a file with a header alone has no rows, and breaks no limit', async () => {
  expect(await split('zero-threshold')).toEqual({ good: [], bad: {} });
});

it.concurrent('bounds are compared in the type of the column', async () => {
  expect(await split('float-bounds')).toMatchObject({
    good: [{ id: 1 }, { id: 2 }, { id: 3 }],
    bad: { 4: ['share.range', 'level.oneOf'] },
  });
});

it.concurrent('a line of JSON is one record to its end', async () => {
  const run = await cases.run('json-lines');
  const { good, bad } = looked(run);
  expect(good).toEqual([
    { id: 2, price: '1.0000', ok: false, at: '2026-03-01T00:00:00.000000Z', s: 'in a list' },
    { id: 3, price: '1.0000', ok: false, at: null, s: 'in a list' },
    { id: 9, price: '3.5000', ok: true, at: null, s: null },
    {
      id: '9007199254740993',
      price: '12345678901234.5678',
      ok: true,
      at: '2026-03-01T10:00:00.000000Z',
      s: 'a\u0000b',
    },
  ]);
  expect(bad.map(({ _reasons, _unparsed }) => [_reasons, _unparsed])).toEqual(
    expect.arrayContaining([
      [['at.type'], { at: '1772359200' }],
      [['malformed'], { '*': '{"id":5,"price":1}{"id":6,"price":1}' }],
      [['malformed'], { '*': '{"id":7,"id":8,"price":2}' }],
    ]),
  );
  expect(bad).toHaveLength(3);
});

describe('declarations that cannot be kept are refused before anything runs', () => {
  it.concurrent.each([
    ['csv-dateformat', /options\.dateFormat: .*does nothing here: give the column a pattern/],
    ['csv-weekyear', /schema\.a\.format: "YYYY-MM-dd" has Y or w.*write y for the year/],
    ['csv-metadata-name', /schema\._metadata: this column name is taken/],
    ['bigint-bounds', /9007199254740993|beyond 2\^53/],
  ])('%s', async (dagId, message) => {
    expect(await cases.worker().run(dagId)).toMatch(message);
  });
});
