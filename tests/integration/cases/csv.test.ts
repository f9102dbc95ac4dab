import { describe, expect, it } from 'vitest';
import { look, useCases } from '../../support/cases.js';

const cases = useCases();
const seen = async (dagId: string) => look(await cases.run(dagId));

describe.concurrent('CSV is RFC 4180', () => {
  it('with doubled quotes, plain backslashes, and quotes within fields', async () => {
    const { good, malformed } = await seen('csv-quotes');
    expect(good).toEqual([
      { id: 1, note: 'He said "hi", twice', amount: '1.50' },
      { id: 2, note: 'ends with backslash\\', amount: '2.50' },
      { id: 3, note: 'C:\\dir\\', amount: '3.50' },
      { id: 4, note: 'plain "inner" quote', amount: '4.50' },
      { id: 5, note: null, amount: '5.50' },
      { id: 6, note: null, amount: '6.50' },
    ]);
    expect(malformed).toEqual([]);
  });

  it.for(['csv-newline', 'csv-newline-multi'])('with line breaks in quotes: %s', async (dagId) => {
    const { good, malformed } = await seen(dagId);
    expect(good).toEqual([
      { id: 1, note: 'first line\nsecond, line' },
      { id: 2, note: 'ok' },
    ]);
    expect(malformed).toEqual([]);
  });

  it('with a byte order mark, and lines that end in CR LF or CR', async () => {
    const { good, rejected } = await seen('csv-bom');
    expect(good).toEqual([
      { id: 1, s: 'x\r\ny' },
      { id: 2, s: 'mac' },
    ]);
    expect(rejected).toEqual({});
  });

  it('in the encoding that is named', async () => {
    const { good, malformed } = await seen('csv-utf16');
    expect(good).toEqual([
      { id: 1, s: 'ü' },
      { id: 2, s: 'z' },
    ]);
    expect(malformed).toEqual([]);
  });

  it('and a record with bytes of another encoding is malformed', async () => {
    const { good, malformed } = await seen('csv-latin');
    expect(good).toEqual([{ id: 2, s: 'ok' }]);
    expect(malformed).toEqual(['1,caf\uFFFD']);
  });

  it('and an encoding that is not supported is refused by name', async () => {
    expect(await cases.worker().run('csv-1252')).toMatch(
      /options\.encoding: encoding windows-1252 is not supported; use utf-8/,
    );
  });
});

describe.concurrent('options of CSV', () => {
  it('take \\t for a tab', async () => {
    expect((await seen('csv-tab')).good).toEqual([{ id: 1, s: 'a' }]);
  });

  it('allow comments before the header', async () => {
    const { good, malformed } = await seen('csv-comment');
    expect(good).toEqual([
      { id: 1, s: 'a' },
      { id: 2, s: 'b' },
    ]);
    expect(malformed).toEqual([]);
  });
});

describe.concurrent('headers', () => {
  it('with a name twice reject that file alone, whatever the case', async () => {
    const { good, rejected } = await seen('csv-case-dup');
    expect(good).toEqual([{ id: 1, s: 'a' }]);
    expect(rejected).toEqual({ 'dup.csv': 'columns id and ID differ only by case' });
  });

  it('decide for each file by itself whether it fits', async () => {
    const { good, rejected } = await seen('csv-bom1');
    expect(good).toEqual([
      { id: 1, s: 'x' },
      { id: 3, s: 'swapped' },
      { id: 10, s: 'padded' },
      { id: 11, s: 'trailing' },
    ]);
    expect(rejected).toEqual({
      'e.csv': 'unreadable: it is empty',
      'f.csv': 'column id appears twice',
      'g.csv': 'column id is missing, there is ID',
    });
  });

  it('without records give no rows, also under thresholds', async () => {
    const { good, malformed } = await seen('zero-threshold');
    expect({ good, malformed }).toEqual({ good: [], malformed: [] });
  });
});

it('values with / : = and umlauts survive as partitions, and "" is null', async () => {
  const run = await cases.run('partition-empty');
  const { good, reasons } = look(run);
  expect(good).toEqual([
    { id: 2, shop: 'a b/c:d' },
    { id: 3, shop: 'ü' },
    { id: 4, shop: 'x=y' },
  ]);
  expect(reasons).toEqual([['shop.notNull']]);
});
