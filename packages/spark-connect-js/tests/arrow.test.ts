import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal, LocalDate, Row, type StructType, Timestamp, types } from '../src/index.js';
import { readRows } from '../src/values/arrow-read.js';
import { type RowInput, writeRows } from '../src/values/arrow-write.js';
import { inferSchema } from '../src/values/infer-schema.js';
import { anyRowOf, anySchema } from './support/arbitrary.js';

function throughArrow(rows: readonly RowInput[], schema: StructType): Row[] {
  const bytes = arrow.tableToIPC(writeRows(rows, schema), 'stream');
  return arrow.tableFromIPC(bytes).batches.flatMap((batch) => readRows(batch, schema));
}

const table = (...fields: Parameters<typeof types.field>[]) =>
  types.struct(fields.map((field) => types.field(...field)));

describe('rows through Arrow', () => {
  it('come back equal, whatever their types', () => {
    const anyTable = anySchema.chain((schema) =>
      fc.tuple(fc.constant(schema), fc.array(anyRowOf(schema), { maxLength: 20 })),
    );
    fc.assert(
      fc.property(anyTable, ([schema, rows]) => {
        expect(throughArrow(rows, schema)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('take objects and arrays, and values that convert without loss', () => {
    const schema = table(
      ['id', types.long],
      ['price', types.decimal(6, 2)],
      ['day', types.date],
      ['at', types.timestamp],
    );
    const [first, second] = throughArrow(
      [
        { id: 7, price: '12.5', day: '2026-02-28', at: new Date(1) },
        [8n, 3, new LocalDate(0), '2026-01-01T00:00:00.000001+01:00'],
      ],
      schema,
    );
    expect(first?.values).toEqual([
      7n,
      Decimal.from('12.50'),
      LocalDate.parse('2026-02-28'),
      new Timestamp(1000n),
    ]);
    expect(second?.values).toEqual([
      8n,
      Decimal.from('3.00'),
      new LocalDate(0),
      Timestamp.parse('2025-12-31T23:00:00.000001Z'),
    ]);
  });

  it('treats missing keys as null', () => {
    const schema = table(['a', types.long], ['b', types.string]);
    expect(throughArrow([{ a: 1 }], schema)[0]?.values).toEqual([1n, null]);
  });

  it.each<[RowInput, string]>([
    [{ id: 1.5 }, 'row 0, column "id": 1.5 does not fit bigint'],
    [{ id: 2 ** 60 }, 'safe integer'],
    [{ id: 2n ** 63n }, '64 bits'],
    [{ nope: 1 }, 'row 0: "nope" is not a column; they are id, n, s, d, l, t'],
    [[1], 'row 0: expected 6 values, got 1'],
    [{ id: null }, 'row 0, column "id": null in a column that must not hold nulls'],
    [{ id: 1, n: 40_000 }, 'column "n": 40000 does not fit smallint: expected an integer of 16 bits'],
    [{ id: 1, s: 5 }, 'column "s": 5 does not fit string'],
    [{ id: 1, d: '1.234' }, '1.234 has more than 2 digits after the point'],
    [{ id: 1, d: '12345.67' }, 'at most 5 digits'],
    [{ id: 1, l: [{ x: 'a' }] }, 'row 0, column "l", an element, field "x": "a" does not fit int'],
    [{ id: 1, t: '2026-01-01T00:00:00' }, 'time zone'],
  ])('refuses a value and names it, case %#', (row, message) => {
    const schema = table(
      ['id', types.long, false],
      ['n', types.short],
      ['s', types.string],
      ['d', types.decimal(5, 2)],
      ['l', types.array(types.struct([types.field('x', types.integer)]))],
      ['t', types.timestamp],
    );
    expect(() => writeRows([row], schema)).toThrow(message);
  });

  it('names the row of a nested value', () => {
    const schema = table(['l', types.array(types.integer)]);
    expect(() => writeRows([[[]], [null], [[1, 2]], [[3, 'x']]], schema)).toThrow(
      'row 3, column "l", an element',
    );
  });
});

describe('inferSchema', () => {
  it('guesses types from values', () => {
    const schema = inferSchema([
      {
        a: 1,
        b: 1.5,
        c: 'x',
        d: null,
        e: [1n],
        f: new Map([['k', true]]),
        g: { h: new Date(0) },
        i: Decimal.from('1.25'),
      },
      {
        a: 2,
        b: 2,
        c: null,
        d: LocalDate.parse('2026-01-01'),
        e: [],
        f: new Map(),
        g: null,
        i: Decimal.from('100'),
      },
    ]);
    expect(schema).toEqual(
      table(
        ['a', types.long],
        ['b', types.double],
        ['c', types.string],
        ['d', types.date],
        ['e', types.array(types.long)],
        ['f', types.map(types.string, types.boolean)],
        ['g', types.struct([types.field('h', types.timestamp)])],
        ['i', types.decimal(5, 2)],
      ),
    );
    expect(inferSchema([[1n, 'x']])).toEqual(table(['_1', types.long], ['_2', types.string]));
  });

  it.each<[RowInput[], string]>([
    [[], 'Without rows'],
    [[{ a: null }], 'The type of "a" cannot be guessed from nulls'],
    [[{ a: 1 }, { a: 'x' }], 'The values of "a" are of several types (number, string)'],
    [[{ a: { b: [null] } }], '"a.b[]"'],
  ])('refuses rows without a clear type, case %#', (rows, message) => {
    expect(() => inferSchema(rows)).toThrow(message);
  });
});

describe('Row', () => {
  const schema = table(
    ['id', types.long],
    ['big', types.long],
    ['at', types.timestamp],
    ['id', types.string],
  );
  const row = new Row(schema, [1n, 2n ** 60n, new Timestamp(1n), 'second']);

  it('finds values by name and position', () => {
    expect(row.get('id')).toBe(1n);
    expect(row.at(3)).toBe('second');
    expect([...row]).toHaveLength(4);
    expect(() => row.get('nope')).toThrow('no column "nope"; its columns are: id, big, at, id');
    expect(() => row.at(4)).toThrow('has 4 columns');
  });

  it('writes JSON without losing digits', () => {
    const { id: _, ...rest } = JSON.parse(JSON.stringify(row)) as Record<string, unknown>;
    expect(rest).toEqual({ big: '1152921504606846976', at: '1970-01-01T00:00:00.000001Z' });
  });
});
