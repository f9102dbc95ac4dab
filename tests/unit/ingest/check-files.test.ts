import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../../activities/operators/ingest/check-files.js';
import { duckdb } from '../../support/duckdb.js';
import { tempFolder } from '../../support/temp-folder.js';

const types = (...columns: [string, string][]) => new Map(columns);

describe('Parquet files', () => {
  it('fit when every column is read by Spark as the declared type', async () => {
    const file = join(tempFolder(), 'a.parquet');
    await duckdb(`COPY (SELECT true AS a, 1::TINYINT AS b, 1::SMALLINT AS c, 1::INTEGER AS d, 1::BIGINT AS e, 1::UTINYINT AS f, 1::UINTEGER AS g,
      1::UBIGINT AS h, 1::FLOAT AS i, 1::DOUBLE AS j, 1::DECIMAL(9,2) AS k, 1::DECIMAL(38,10) AS l, 'x' AS m, 'x'::BLOB AS n, DATE '2025-01-01' AS o,
      TIMESTAMP '2025-01-01' AS p, TIMESTAMPTZ '2025-01-01' AS q, [1, 2] AS r, [[1.5::DOUBLE]] AS s, {'x': 1, 'y': ['z']} AS t, MAP {'k': 1::BIGINT} AS u,
      [{'x': 1}] AS v, 'a'::ENUM('a') AS w) TO '${file}' (FORMAT parquet)`);
    const declared = types(
      ['a', 'boolean'],
      ['b', 'tinyint'],
      ['c', 'smallint'],
      ['d', 'int'],
      ['e', 'bigint'],
      ['f', 'smallint'],
      ['g', 'bigint'],
      ['h', 'decimal(20,0)'],
      ['i', 'float'],
      ['j', 'double'],
      ['k', 'decimal(9,2)'],
      ['l', 'decimal(38,10)'],
      ['m', 'string'],
      ['n', 'binary'],
      ['o', 'date'],
      ['p', 'timestamp_ntz'],
      ['q', 'timestamp'],
      ['r', 'array<int>'],
      ['s', 'array<array<double>>'],
      ['t', 'struct<x:int,y:array<string>>'],
      ['u', 'map<string,bigint>'],
      ['v', 'array<struct<x:int>>'],
      ['w', 'string'],
    );
    expect(await checkFiles([file], { format: 'parquet', options: {} }, declared, tempFolder())).toEqual({
      accepted: [
        {
          path: file,
          bytes: expect.any(Number),
          rows: 1,
          readAs: expect.stringMatching(/0\.parquet$/),
          copied: false,
        },
      ],
      rejected: [],
      undeclared: [],
    });
  });

  it('are rejected for each thing that does not fit; more columns do no harm', async () => {
    const file = join(tempFolder(), 'a.parquet');
    await duckdb(
      `COPY (SELECT 1 AS a, TIME '10:00' AS b, 2 AS c FROM range(5)) TO '${file}' (FORMAT parquet)`,
    );
    const check = (...columns: [string, string][]) =>
      checkFiles([file], { format: 'parquet', options: {} }, types(...columns), tempFolder());
    expect((await check(['a', 'bigint'], ['b', 'timestamp'], ['A', 'int'])).rejected).toEqual([
      {
        file,
        reason:
          'column a is int, expected bigint; column b is Parquet INT64 TIME(MICROS), expected timestamp; column A is missing, there is a',
      },
    ]);
    expect(await check(['a', 'int'])).toMatchObject({ accepted: [{ rows: 5 }], undeclared: ['b', 'c'] });
  });
});

describe('CSV files', () => {
  /** The header that is found in a text, or why there is none. */
  async function header(text: string | Buffer, options: Record<string, string> = {}, name = 'a.csv') {
    const file = join(tempFolder(), name);
    await writeFile(file, text);
    const { accepted, rejected } = await checkFiles(
      [file],
      { format: 'csv', options },
      types(),
      tempFolder(),
    );
    return accepted[0]?.header ?? rejected[0]?.reason;
  }

  it('have a header line', async () => {
    expect(await header('a,b,c\r\n1,2,3\r\n')).toEqual(['a', 'b', 'c']);
    expect(await header('a')).toEqual(['a']);
    expect(await header('\uFEFF"a, ""b""";\'c;d\'', { sep: ';' })).toEqual(['a, "b"', "'c", "d'"]);
    expect(await header("'a|b'|c", { delimiter: '|', quote: "'" })).toEqual(['a|b', 'c']);
    expect(await header('a||b', { sep: '||' })).toEqual(['a', 'b']);
    expect(await header('"a,b', { quote: '' })).toEqual(['"a', 'b']);
    expect(await header(Buffer.from('größe,b', 'latin1'), { encoding: 'ISO-8859-1' })).toEqual([
      'größe',
      'b',
    ]);
    expect(await header(gzipSync('a,b\n1,2'), {}, 'a.csv.gz')).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'unreadable: it is empty'],
    ['\n \n', 'unreadable: it has no header line'],
    ['a,b,a', 'column a appears twice'],
    ['a,b,A', 'columns a and A differ only by case'],
    ['a,"b', 'unreadable: a quote in its header line is not closed, or text follows it'],
    ['x'.repeat(1_000_001), 'unreadable: its first line is too long for a header'],
  ])('are rejected without a usable one: %.10j', async (text, reason) => {
    expect(await header(text)).toBe(reason);
  });

  it('are rejected when they cannot be unpacked, or are of another encoding', async () => {
    expect(await header('not gzip', {}, 'a.csv.gz')).toMatch(/^unreadable: /);
    expect(await header('BZh9', {}, 'a.csv.bz2')).toBe(
      'unreadable: CSV packed as .bz2 is not supported; use .gz',
    );
    expect(await header(Buffer.from('\uFEFFa,b', 'utf16le'))).toBe(
      'unreadable: its byte order mark is that of utf-16le; set options.encoding to that',
    );
    expect(await header(Buffer.from('größe,b', 'latin1'))).toBe(
      'unreadable: its header line is not utf-8; set options.encoding',
    );
    expect(await header('a,b', { encoding: 'UTF-16' })).toBe(
      'unreadable: it has no byte order mark; set options.encoding to utf-16le or utf-16be',
    );
  });
});
