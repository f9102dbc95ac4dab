import { SparkSession } from 'spark-connect-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literal } from '../../activities/datasets/sql-text.js';
import { isNested, parseType } from '../../activities/operators/ingest/column-types.js';
import { parseJson } from '../../activities/operators/ingest/parse-json.js';
import { parseText } from '../../activities/operators/ingest/parse-text.js';
import { testServers } from '../support/test-servers.js';

let spark: SparkSession;
beforeAll(async () => {
  spark = await SparkSession.builder().remote(testServers.sparkRemote).getOrCreate();
});
afterAll(() => spark.stop());

/** What texts stand for as values of a type, in JSON's spelling: null when they are none. */
async function values(
  type: string,
  texts: readonly string[],
  { format, timeZone = 'UTC' }: { format?: string; timeZone?: string } = {},
): Promise<Record<string, unknown>> {
  await (await spark.sql(`SET spark.sql.session.timeZone=${timeZone}`)).collect();
  const parsed = parseType(type);
  const value = isNested(parsed) ? parseJson('t', parsed) : parseText('t', parsed, format);
  const rows = await (
    await spark.sql(
      `SELECT t, to_json(named_struct('v', ${value}), map('ignoreNullFields', 'false', 'timestampFormat', "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")) AS json
       FROM VALUES ${texts.map((text) => `(${literal(text)})`).join(', ')} AS texts(t)`,
    )
  ).collect<{ t: string; json: string }>();
  return Object.fromEntries(rows.map((row) => [row.get('t'), JSON.parse(row.get('json')).v]));
}

/** Texts that are no values. */
const none = (...texts: string[]): Record<string, null> =>
  Object.fromEntries(texts.map((text) => [text, null]));

const cases: [type: string, expected: Record<string, unknown>][] = [
  [
    'double',
    {
      ...{ '1e3': 1000, ' 12 ': 12, '.5': 0.5, '5.': 5, '+1': 1, '-0.25': -0.25 },
      ...{ NaN: 'NaN', Infinity: 'Infinity', '-inf': '-Infinity' },
      ...none('7f', '12D', '0x1p3', '1,5', '1_000', '1e400', '', 'abc', '１２', 'infx'),
    },
  ],
  ['float', { '0.1': 0.1, Inf: 'Infinity', ...none('3.5e38', '1f') }],
  ['int', { '+5': 5, ' 12 ': 12, '-0': 0, '007': 7, ...none('1.0', '1e3', '2147483648', '1_0', '0x10', '') }],
  [
    'decimal(10,2)',
    {
      ...{ '1e2': 100, '99999999.99': 99999999.99, '.5': 0.5, '5.': 5, '12.3400': 12.34, '007': 7, '+3': 3 },
      ...{ '1.5e-1': 0.15, '0e5': 0, '1E+2': 100, '12.3451e2': 1234.51, '1e7': 1e7 },
      ...none('12.345', '12.344', '99999999.994', '1.5e-2', '1.25e-1', '1e-30', '1e8', '1.234,50', '１２'),
      ...none('.', '', '1_0', 'NaN', '1,5', '1f', '999999999'),
      ...{ '1.5 ': 1.5, '-7': -7 },
    },
  ],
  ['decimal(38,10)', { '1.5': 1.5, ...none('12345678901234567890123456789', '0.00000000001') }],
  [
    'date',
    {
      ...{ '2026-03-01': '2026-03-01', '2026-3-1': '2026-03-01', ' 2024-02-29 ': '2024-02-29' },
      ...{ '0001-01-01': '0001-01-01', '9999-12-31': '9999-12-31' },
      ...none('2026', '2026-03', '20260301', '01/03/2026', '2026-03-01Tgarbage', '2026-03-01 and more'),
      ...none(
        '2026-03-1T',
        '2026-03-T1',
        ' 026-03-01',
        '2026-02-29',
        '2026-13-01',
        '0000-01-01',
        '10000-01-01',
        '+2026-03-01',
        '2026-03-01T00:00:00',
      ),
    },
  ],
  [
    'timestamp',
    {
      '2026-03-01': '2026-03-01T00:00:00.000000Z',
      '2026-03-01 10:00': '2026-03-01T10:00:00.000000Z',
      '2026-03-01 10:00:0Z': '2026-03-01T10:00:00.000000Z',
      '2026-03-01T10:00:00+0200': '2026-03-01T08:00:00.000000Z',
      '2026-03-01 10:00:00 +02:00': '2026-03-01T08:00:00.000000Z',
      '2026-03-01T10:00:00.123456000Z': '2026-03-01T10:00:00.123456Z',
      '2026-03-01 10:00:00 Europe/Zurich': '2026-03-01T09:00:00.000000Z',
      '2026-03-29 02:30:00': '2026-03-29T02:30:00.000000Z',
      ...none('12:30', 'T07:15:00', '2026', '2026-03', '1772359200', '2026-03-01 10', '2026-03-01T'),
      ...none(
        '2026-03-01x10:00:00',
        '0000-03-01 10:00:00',
        '2026-02-30 10:00:00',
        '2026-03-01T24:00:00',
        '2026-03-01T23:59:60',
      ),
      ...none('2026-03-01T10:00:00.1234567Z', '2026-03-01T10:00:00 CST', '2026-03-01T10:00:00 Nowhere/Land'),
      ...none(
        '2026-03-01T10:00:00Zgarbage',
        '2026-03-29 02:30:00 Europe/Zurich',
        '2026-03-01T10:00:00+19:00',
      ),
    },
  ],
  [
    'timestamp_ntz',
    {
      '2026-03-29T02:30:00': '2026-03-29T02:30:00.000',
      '2026-03-29': '2026-03-29T00:00:00.000',
      ...none('2026-03-29T02:30:00+05:00', '2026-03-29T02:30:00Z', '2026-03-01 10:00:0Z', '12:30'),
      ...none('2026-3-1 1:2:3+2:00', '2026-03-1 1:2:3-2:0'),
    },
  ],
  [
    'boolean',
    { t: true, ' true': true, '1': true, yes: true, n: false, FALSE: false, ...none('2', 'on', 'tru', '') },
  ],
  ['varchar(3)', { abc: 'abc', äöü: 'äöü', '': '', ...none('abcd') }],
  [
    'array<int>',
    { '[1, null]': [1, null], '["9"]': [9], ...none('[1,2.7]', '[1] x', '"[1]"', '{"a":1}', '7', '') },
  ],
  [
    'struct<a:int,b:string>',
    {
      '{"a":1,"b":"x"}': { a: 1, b: 'x' },
      '{"b":{"z":1}}': { a: null, b: '{"z":1}' },
      '{"b":1.5}': { a: null, b: '1.5' },
      ...none('{"a":1,"a":2}', '{"a":2147483648}', '{"a":"x"}', '[]', '{"a":1}}', '{"a":1},{"a":2}]'),
      ...none('{"b":1e400}', '{"b":12345678901234567890123456789012345678901}'),
      '{"b":[1,"x",0.1]}': { a: null, b: '[1,"x",0.1]' },
      '{"b":[12345678901234567,1]}': { a: null, b: '[12345678901234567,1]' },
      '{"b":{"z":1234567890123456789.0123456789}}': { a: null, b: '{"z":1234567890123456789.0123456789}' },
      ...none('{"b":{"z":12345678901234567890123456789012345678901}}', '{"b":{"z":[true,1e400]}}'),
      ...none('{"b":[1,0.12345678901234567890123456789012345678901]}', '{"b":[1e300]}'),
    },
  ],
  [
    'struct<p:decimal(20,4),x:double,`odd name.x`:array<struct<y:float>>>',
    {
      '{"p":1e2,"odd name.x":[{"y":0.1},null]}': { p: 100, x: null, 'odd name.x': [{ y: 0.1 }, null] },
      ...none(
        '{"p":1.23456}',
        '{"x":"7f"}',
        '{"x":1e400}',
        '{"odd name.x":[{"y":"q"}]}',
        '{"odd name.x":[7]}',
      ),
    },
  ],
  [
    'map<string,array<varchar(2)>>',
    { '{"k":["xy"]}': { k: ['xy'] }, '{}': {}, ...none('{"k":["xyz"]}', '{"k":"xy"}', '[]') },
  ],
];

describe('the value that a text stands for', () => {
  it.each(cases)('%s', async (type, expected) => {
    expect(await values(type, Object.keys(expected))).toEqual(expected);
  });

  it('keeps all digits of decimals within JSON', async () => {
    const found = await spark.sql(
      `SELECT string(${parseJson(`'{"p":12345678901234.5678}'`, parseType('struct<p:decimal(20,4)>'))}.p) AS p`,
    );
    expect((await found.collect<{ p: string }>()).map((row) => row.get('p'))).toEqual([
      '12345678901234.5678',
    ]);
  });

  it('takes no time that clocks skip in the time zone of the session', async () => {
    const texts = ['2026-03-29 02:30', '2026-03-29 03:30', '2026-10-25 02:30'];
    const expected = {
      '2026-03-29 02:30': null,
      '2026-03-29 03:30': '2026-03-29T03:30:00.000000+02:00',
      '2026-10-25 02:30': '2026-10-25T02:30:00.000000+02:00',
    };
    const timeZone = 'Europe/Zurich';
    expect(await values('timestamp', texts, { timeZone })).toEqual(expected);
    expect(await values('timestamp', texts, { timeZone, format: 'yyyy-MM-dd HH:mm' })).toEqual(expected);
  });

  it('takes a pattern for the whole text, and real days alone', async () => {
    const texts = ['31.01.2026', '31.02.2026', '1.2.2026', '01.02.2026 extra', '01.02.0000', '01.02.+12026'];
    expect(await values('date', texts, { format: 'dd.MM.yyyy' })).toEqual({
      '31.01.2026': '2026-01-31',
      ...none(...texts.slice(1)),
    });
  });
});
