import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../activities/context/files.js';
import type { Manifest } from '../../activities/context/manifest.js';
import type { DatasetRef } from '../../activities/operator.js';
import { ingest } from '../../activities/operators/ingest/operator.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { TestTasks } from '../support/operator-context.js';
import { tempFolder } from '../support/temp-folder.js';

/** Files that DuckDB writes, and an ingest of them. */
function setUp() {
  const folder = tempFolder();
  const tasks = new TestTasks(join(folder, 'data'), folder);
  return {
    folder,
    path: (name: string) => join(folder, name),
    /** Writes the result of a query as one Parquet file. */
    write: (name: string, query: string) =>
      duckdb(`COPY (${query}) TO '${join(folder, name)}' (FORMAT parquet)`),
    ingest: (datasets: object, task = 'ingest') => tasks.run(ingest, task, { datasets }),
    /** Rows of a written dataset, by DuckDB. */
    rows: (output: unknown, dataset: string, select = '*', rest = '') => {
      const refs = output as Record<string, DatasetRef> & { quarantine: Record<string, DatasetRef> };
      const [group, name] = dataset.split('.');
      const ref = group === 'quarantine' ? refs.quarantine[name ?? ''] : refs[dataset];
      return duckdb(`SELECT ${select} FROM ${parquet(join(folder, 'data', ref?.path ?? ''))} ${rest}`);
    },
  };
}

const sales = { sale_id: { type: 'bigint', nullable: false }, amount: 'double' };
const good = 'SELECT range AS sale_id, range / 2.0::DOUBLE AS amount FROM range(100)';

describe('files', () => {
  it('rejects each file that does not fit, by name and with the reason, and ingests the others', async () => {
    const { write, path, ingest, rows } = setUp();
    await write('a-good.parquet', good);
    await write('b-wrong-type.parquet', 'SELECT 7::BIGINT AS sale_id, 7::INTEGER AS amount');
    await write('c-missing.parquet', 'SELECT 7::BIGINT AS sale_id');
    await writeFile(path('d-text.parquet'), 'this is not Parquet');
    await write('e-cut-off.parquet', good);
    await truncate(path('e-cut-off.parquet'), 400);
    await writeFile(path('f-empty.parquet'), '');
    await write('g-more.parquet', "SELECT 1000::BIGINT AS sale_id, 5::DOUBLE AS amount, 'x' AS note");

    const { output, stats } = await ingest({ sales: { files: '*.parquet', schema: sales } });

    const reasons = Object.fromEntries(
      stats.rejectedFiles.map(({ file, reason }) => [basename(file), reason]),
    );
    expect(reasons).toEqual({
      'b-wrong-type.parquet': 'column amount is int, expected double',
      'c-missing.parquet': 'column amount is missing',
      'd-text.parquet': expect.stringMatching(/^unreadable: /),
      'e-cut-off.parquet': expect.stringMatching(/^unreadable: /),
      'f-empty.parquet': 'unreadable: it is empty',
    });
    expect(stats).toMatchObject({ rowsRead: 101, rowsWritten: 101, rowsRejected: 0 });
    expect(await rows(output, 'sales', 'count(*)::INT AS n, max(sale_id)::INT AS most')).toEqual([
      { n: 101, most: 1000 },
    ]);
    expect(await rows(output, 'sales', '*', 'LIMIT 1')).toEqual([{ sale_id: 0n, amount: 0 }]);
  });

  it('rejects a file whose footer is sound and whose pages are damaged', async () => {
    const { write, path, ingest } = setUp();
    await write('a.parquet', good);
    await write('b.parquet', good);
    const bytes = await readFile(path('b.parquet'));
    bytes.fill(0xff, 4, 200);
    await writeFile(path('b.parquet'), bytes);

    const { stats } = await ingest({ sales: { files: ['a.parquet', 'b.parquet'], schema: sales } });

    expect(stats.rejectedFiles).toEqual([
      { file: path('b.parquet'), reason: expect.stringMatching(/^damaged: /) },
    ]);
    expect(stats).toMatchObject({ rowsRead: 100, rowsWritten: 100, rowsRejected: 0 });
  });

  it('fails when no file is left, and says why for each', async () => {
    const { path, ingest } = setUp();
    await writeFile(path('only.parquet'), 'no');
    await expect(ingest({ sales: { files: 'only.parquet', schema: sales } })).rejects.toMatchObject({
      type: 'SchemaMismatch',
      message: expect.stringMatching(/dataset "sales": none of its files.*only\.parquet \(unreadable: /),
    });
  });
});

describe('rows', () => {
  it('quarantines the rows that break a rule with all their reasons, and counts every row', async () => {
    const { write, path, ingest, rows } = setUp();
    await write(
      'shops.parquet',
      `SELECT * FROM (VALUES (1::BIGINT, 'Bern'), (2, 'Basel'), (3, NULL)) shops(shop_id, town)`,
    );
    await write(
      'sales.parquet',
      `SELECT * FROM (VALUES
        (1::BIGINT, 1::BIGINT, 'cash', 10.5::DOUBLE, DATE '2025-01-05', DATE '2025-01-06'),
        (2, 2, 'card', 99, DATE '2025-02-05', NULL),
        (NULL, 1, 'cash', 5, DATE '2025-01-05', NULL),
        (4, 9, 'cash', 5, DATE '2025-01-05', NULL),
        (5, 3, 'cash', 5, DATE '2025-01-05', NULL),
        (6, 1, 'shells', 5, DATE '2025-01-05', NULL),
        (7, 1, 'cash', -1, DATE '2025-01-05', NULL),
        (8, 1, 'cash', 'NaN', DATE '2025-01-05', NULL),
        (9, 1, 'cash', 5, DATE '1999-12-31', NULL),
        (10, 1, 'cash', 5, DATE '2025-01-05', DATE '2025-01-04'),
        (1, 1, 'cash', 5, DATE '2025-01-05', NULL),
        (12, 8, 'shells', 5000, DATE '2025-01-05', DATE '2025-01-04'),
        (13, NULL, NULL, NULL, DATE '2025-01-05', NULL)
      ) sales(sale_id, shop_id, payment, amount, sold_on, paid_on)`,
    );

    const { output, stats } = await ingest({
      // Declared before what it references.
      sales: {
        files: 'sales.parquet',
        schema: {
          sale_id: { type: 'bigint', nullable: false, unique: true },
          shop_id: { type: 'bigint', references: 'shops.shop_id' },
          payment: { type: 'string', oneOf: ['cash', 'card'] },
          amount: { type: 'double', min: 0, max: 1000 },
          sold_on: { type: 'date', nullable: false, min: '2000-01-01' },
          paid_on: 'date',
        },
        rules: [{ reason: 'paid_before_sold', expect: 'paid_on >= sold_on' }],
        partitionBy: [{ month: "date_format(sold_on, 'yyyy-MM')" }],
      },
      shops: {
        files: 'shops.parquet',
        schema: { shop_id: { type: 'bigint', unique: true }, town: { type: 'string', nullable: false } },
      },
    });

    expect(
      await rows(
        output,
        'quarantine.sales',
        '_source_row::INT AS row, _reasons AS reasons',
        'ORDER BY row',
      ).then((found) =>
        found.map(({ row, reasons }) => [row, (reasons as unknown as { items: string[] }).items]),
      ),
    ).toEqual([
      [2, ['sale_id.notNull']],
      [3, ['shop_id.references']],
      // Shop 3 is quarantined itself: its name is missing.
      [4, ['shop_id.references']],
      [5, ['payment.oneOf']],
      [6, ['amount.range']],
      [7, ['amount.range']],
      [8, ['sold_on.range']],
      [9, ['paid_before_sold']],
      [10, ['sale_id.unique']],
      [11, ['shop_id.references', 'payment.oneOf', 'amount.range', 'paid_before_sold']],
    ]);
    expect(await rows(output, 'quarantine.sales', 'DISTINCT _source_file AS file')).toEqual([
      { file: path('sales.parquet') },
    ]);
    expect(
      await rows(output, 'quarantine.sales', 'sale_id, payment, amount', 'WHERE _source_row = 11'),
    ).toEqual([{ sale_id: 12n, payment: 'shells', amount: 5000 }]);
    expect(await rows(output, 'sales', 'sale_id::INT AS id, month', 'ORDER BY id')).toEqual([
      { id: 1, month: '2025-01' },
      { id: 2, month: '2025-02' },
      { id: 13, month: '2025-01' },
    ]);
    expect(stats).toMatchObject({
      rowsRead: 16,
      rowsWritten: 5,
      rowsRejected: 11,
      rejectedFiles: [],
      rejectedByReason: {
        'sales.amount.range': 3,
        'sales.paid_before_sold': 2,
        'sales.payment.oneOf': 2,
        'sales.sale_id.notNull': 1,
        'sales.sale_id.unique': 1,
        'sales.shop_id.references': 3,
        'sales.sold_on.range': 1,
        'shops.town.notNull': 1,
      },
    });
  });

  it('keeps the first of duplicates in the order of files and rows', async () => {
    const { write, ingest, rows } = setUp();
    await write(
      'late.parquet',
      "SELECT * FROM (VALUES (1::BIGINT, 'late 0'), (2, 'late 1'), (3, 'late 2')) t(id, origin)",
    );
    await write(
      'early.parquet',
      "SELECT * FROM (VALUES (2::BIGINT, 'early 0'), (2, 'early 1'), (NULL, 'early 2')) t(id, origin)",
    );
    const { output, stats } = await ingest({
      things: {
        files: ['early.parquet', 'late.parquet'],
        schema: { id: { type: 'bigint', unique: true }, origin: 'string' },
      },
    });
    expect((await rows(output, 'things', 'origin', 'ORDER BY 1')).map(({ origin }) => origin)).toEqual([
      'early 0',
      'early 2',
      'late 0',
      'late 2',
    ]);
    expect(stats.rejectedByReason).toEqual({ 'things.id.unique': 2 });
  });

  it('takes keys of several columns', async () => {
    const { write, ingest, rows } = setUp();
    await write(
      'a.parquet',
      'SELECT * FROM (VALUES (1, 1, 10), (1, 2, 20), (1, 1, 30), (1, NULL, 40), (1, NULL, 50)) t(a, b, c)',
    );
    const { output, stats } = await ingest({
      pairs: {
        files: 'a.parquet',
        schema: { a: 'int', b: 'int', c: 'int' },
        rules: [{ reason: 'same_pair', unique: ['a', 'b'] }],
      },
    });
    expect((await rows(output, 'pairs', 'c', 'ORDER BY 1')).map(({ c }) => c)).toEqual([10, 20, 40, 50]);
    expect(stats.rejectedByReason).toEqual({ 'pairs.same_pair': 1 });
  });

  it('publishes the schema that readers see, also when no row is valid', async () => {
    const { write, ingest, rows } = setUp();
    await write('a.parquet', 'SELECT 1::BIGINT AS id, 2.5::DECIMAL(10,2) AS price');
    const datasets = (max: number) => ({
      items: {
        files: 'a.parquet',
        schema: { id: { type: 'bigint', max }, price: 'decimal(10,2)' },
        partitionBy: [{ shelf: 'id % 10' }],
      },
    });
    const some = await ingest(datasets(5), 'some');
    const manifest = await readJson<Manifest>(join(some.folder, 'manifest.json'));
    expect(manifest?.datasets.items).toMatchObject({
      rows: 1,
      schema: [
        { name: 'id', type: 'bigint' },
        { name: 'price', type: 'decimal(10,2)' },
        { name: 'shelf', type: 'bigint' },
      ],
      files: [{ path: expect.stringMatching(/^shelf=1\/part-/) }],
    });
    const none = await ingest(datasets(0), 'none');
    expect(none.stats).toMatchObject({ rowsRead: 1, rowsWritten: 0, rowsRejected: 1 });
    expect(await rows(none.output, 'items', 'count(*)::INT AS n, count(shelf)::INT AS shelves')).toEqual([
      { n: 0, shelves: 0 },
    ]);
  });

  it('takes over what a former attempt finished', async () => {
    const { path, write, ingest } = setUp();
    await write('a.parquet', good);
    await writeFile(path('a.csv'), 'id,note\n1,"a\nb"\n1,c\n');
    const datasets = {
      sales: { files: 'a.parquet', schema: { ...sales, amount: { type: 'double', max: 40 } } },
      notes: { files: 'a.csv', format: 'csv', schema: { id: { type: 'int', unique: true }, note: 'string' } },
    };
    const first = await ingest(datasets);
    const written = async () => {
      const files = await readdir(first.folder, { recursive: true });
      const times = await Promise.all(
        files.map(async (file) => (await stat(join(first.folder, file))).mtimeMs),
      );
      return files.map((file, index) => [file, times[index]]).filter(([file]) => /part-/.test(String(file)));
    };
    const before = await written();
    const second = await ingest(datasets);
    expect(await written()).toEqual(before);
    expect(second).toEqual(first);
    expect(second.stats).toMatchObject({
      rowsRead: 102,
      rowsWritten: 82,
      rowsRejected: 20,
      rejectedByReason: { 'sales.amount.range': 19, 'notes.id.unique': 1 },
    });
  });
});

describe('CSV and JSON', () => {
  it('quarantines values that are none of their type with their text, and lines that are no record', async () => {
    const { path, ingest, rows } = setUp();
    await writeFile(
      path('a.csv'),
      [
        'id;"name";born;score;note',
        '1;"Ada; L.";10.12.1815;1.5;',
        '2;Bob;31.31.1990;high;',
        'x;;01.02.1990;;',
        '4;Dan;01.02.1990',
        '5;Eve;;2;too;many',
        '1;Fay;;3;',
        '',
      ].join('\n'),
    );
    // The same columns in another order, compressed.
    await writeFile(path('b.csv.gz'), gzipSync('name;score;id;born\nGus;7;8;01.03.2000\n'));
    await writeFile(path('c.csv'), 'id;name;born\n9;Hal;01.01.2001\n');

    const { output, stats } = await ingest({
      people: {
        files: ['a.csv', 'b.csv.gz', 'c.csv'],
        format: 'csv',
        options: { sep: ';' },
        schema: {
          id: { type: 'int', nullable: false, unique: true },
          name: { type: 'string', nullable: false },
          born: { type: 'date', format: 'dd.MM.yyyy' },
          score: 'double',
        },
      },
    });
    expect(stats.rejectedFiles).toEqual([{ file: path('c.csv'), reason: 'column score is missing' }]);
    expect(await rows(output, 'people', 'id, name, born::VARCHAR AS born, score', 'ORDER BY id')).toEqual([
      { id: 1, name: 'Ada; L.', born: '1815-12-10', score: 1.5 },
      { id: 8, name: 'Gus', born: '2000-03-01', score: 7 },
    ]);
    const quarantined = await rows(
      output,
      'quarantine.people',
      'to_json(_reasons) AS reasons, to_json(_unparsed) AS unparsed',
      'ORDER BY _position',
    );
    expect(
      quarantined.map(({ reasons, unparsed }) => [JSON.parse(String(reasons)), JSON.parse(String(unparsed))]),
    ).toEqual([
      [['born.type', 'score.type'], { born: '31.31.1990', score: 'high' }],
      [['id.type', 'name.notNull'], { id: 'x' }],
      [['malformed'], { '*': '4;Dan;01.02.1990' }],
      [['malformed'], { '*': '5;Eve;;2;too;many' }],
      [['id.unique'], {}],
    ]);
    expect(stats).toMatchObject({ rowsRead: 7, rowsWritten: 2, rowsRejected: 5 });
  });

  it('reads JSON by line, nested values included', async () => {
    const { path, ingest, rows } = setUp();
    await writeFile(
      path('a.json'),
      [
        '{"id": 1, "tags": ["a", "b"], "at": "2025-01-01T10:00:00Z"}',
        '{"id": 1.5, "tags": "none"}',
        'not JSON',
        '{"tags": null}',
      ].join('\n'),
    );
    const { output, stats } = await ingest({
      notes: {
        files: 'a.json',
        format: 'json',
        schema: { id: { type: 'int', nullable: false }, tags: 'array<string>', at: 'timestamp' },
      },
    });
    expect(stats.rejectedByReason).toEqual({
      'notes.id.notNull': 1,
      'notes.id.type': 1,
      'notes.malformed': 1,
      'notes.tags.type': 1,
    });
    expect(await rows(output, 'notes', 'id, to_json(tags) AS tags, epoch("at")::INT AS seconds')).toEqual([
      { id: 1, tags: '["a","b"]', seconds: 1735725600 },
    ]);
  });
});

describe('JSON', () => {
  const schema = { id: 'bigint', price: 'decimal(20,4)', note: 'string' };

  it('takes no line that is more than one value, and keeps all digits of the others', async () => {
    const { path, ingest, rows } = setUp();
    await writeFile(
      path('a.json'),
      [
        '\uFEFF{"id": 1, "price": 12345678901234.5678, "note": 1.50}',
        '{"id": 2} and more',
        '{"id": 3}}',
        '{"id": 4},',
        '{"id": 5}, {"id": 6}]',
        '{"id": 7, "other": {"k": 1, "k": 2}}',
        '   ',
        '[{"id": 8}, {"id": 9, "note": {"a": 1.10}}]',
        '[]',
        'null',
        '7',
        '{"id": 10',
        '{"id": 11, "note": "}{"}',
      ].join('\n'),
    );
    await writeFile(path('b.json'), '{"id": 20, "price": 98765432109876.5432}');
    const { output, stats } = await ingest({ d: { files: ['a.json', 'b.json'], format: 'json', schema } });
    const found = 'id::INT AS id, price::VARCHAR AS price, note';
    expect(await rows(output, 'd', found, 'ORDER BY 1')).toEqual([
      { id: 1, price: '12345678901234.5678', note: '1.50' },
      { id: 8, price: null, note: null },
      { id: 9, price: null, note: '{"a": 1.10}' },
      { id: 11, price: null, note: '}{' },
      { id: 20, price: '98765432109876.5432', note: null },
    ]);
    expect(
      (await rows(output, 'quarantine.d', `_unparsed['*'] AS text, _source_file AS file`, 'ORDER BY 1')).map(
        ({ text, file }) => [text, basename(String(file))],
      ),
    ).toEqual(
      [
        '7',
        'null',
        '{"id": 10',
        '{"id": 2} and more',
        '{"id": 3}}',
        '{"id": 4},',
        '{"id": 5}, {"id": 6}]',
        '{"id": 7, "other": {"k": 1, "k": 2}}',
      ].map((text) => [text, 'a.json']),
    );
    expect(stats).toMatchObject({ rowsRead: 13, rowsWritten: 5, rowsRejected: 8 });
  });

  it('reads a file of one value to its end, over lines and compressed', async () => {
    const { path, ingest, rows } = setUp();
    await writeFile(
      path('a.json.gz'),
      gzipSync('\uFEFF[\n{"id": 1,\r\n "price": 12345678901234.5678},\n{"id": 2}]\n'),
    );
    await writeFile(path('b.json'), '[{"id": 3}]\ngarbage');
    await writeFile(path('c.json'), '{\n"id": 4\n}\n{\n"id": 5\n}\n');
    const { output, stats } = await ingest({
      d: { files: '*.json*', format: 'json', options: { multiLine: true }, schema },
    });
    expect(await rows(output, 'd', 'id::INT AS id, price::VARCHAR AS price', 'ORDER BY 1')).toEqual([
      { id: 1, price: '12345678901234.5678' },
      { id: 2, price: null },
    ]);
    expect(await rows(output, 'quarantine.d', `_unparsed['*'] AS text`, 'ORDER BY 1')).toEqual([
      { text: '[{"id": 3}]\ngarbage' },
      { text: '{\n"id": 4\n}\n{\n"id": 5\n}\n' },
    ]);
    expect(stats.rejectedByReason).toEqual({ 'd.malformed': 2 });
  });

  it('has malformed records alone', async () => {
    const { path, ingest } = setUp();
    await writeFile(path('a.json'), '{"id": 1} x');
    const { stats } = await ingest({ d: { files: 'a.json', format: 'json', schema } });
    expect(stats).toMatchObject({ rowsRead: 1, rowsWritten: 0, rejectedByReason: { 'd.malformed': 1 } });
  });
});

describe('constraints', () => {
  it('compares 64-bit numbers, decimals and times by their own values', async () => {
    const { path, ingest, rows } = setUp();
    await writeFile(
      path('a.csv'),
      [
        'id,price,at',
        '9007199254740993,0.10,2026-01-01T00:00:00Z',
        '9007199254740994,0.10,2026-01-01T00:00:00Z',
        '9007199254740993,0.09,2026-01-01T00:00:00Z',
        '9007199254740993,0.10,2026-01-01T00:59:59+01:00',
        '5,0.3,2026-01-02',
        '',
      ].join('\n'),
    );
    const { output, stats } = await ingest({
      d: {
        files: 'a.csv',
        format: 'csv',
        schema: {
          id: { type: 'bigint', max: '9007199254740993', oneOf: ['9007199254740993', 5] },
          price: { type: 'decimal(10,2)', min: 0.1, oneOf: ['0.1', 0.09, 0.3] },
          at: { type: 'timestamp', min: '2026-01-01' },
        },
        rules: [{ reason: 'commented', expect: 'price < 1 -- always so' }],
      },
    });
    expect(await rows(output, 'd', 'id::VARCHAR AS id', 'ORDER BY 1')).toEqual([
      { id: '5' },
      { id: '9007199254740993' },
    ]);
    expect(stats.rejectedByReason).toEqual({
      'd.id.range': 1,
      'd.id.oneOf': 1,
      'd.price.range': 1,
      'd.at.range': 1,
    });
  });
});

it('takes columns of any name', async () => {
  const { path, ingest, rows } = setUp();
  await writeFile(path('a.csv'), 'a.b,"a `b`","it\'s"\n1,2,3\n1,2,4\n2,9,x\n');
  const { output, stats } = await ingest({
    d: {
      files: 'a.csv',
      format: 'csv',
      schema: {
        'a.b': { type: 'int', unique: true },
        'a `b`': { type: 'int', max: 8, nullable: false },
        "it's": { type: 'int', oneOf: [3, 4] },
      },
      rules: [{ reason: 'same', unique: ['a.b', 'a `b`'] }],
    },
  });
  expect(await rows(output, 'd')).toEqual([{ 'a.b': 1, 'a `b`': 2, "it's": 3 }]);
  expect(stats.rejectedByReason).toEqual({
    'd.a.b.unique': 1,
    'd.same': 1,
    'd.a `b`.range': 1,
    "d.it's.type": 1,
  });
});

describe('declarations that Spark refuses', () => {
  it.each([
    [
      'an unknown column in a rule',
      { rules: [{ reason: 'r', expect: 'amont > 0' }] },
      /datasets\.sales\.rules\[0\]\.expect: .*amont/,
    ],
    [
      'a rule that is no condition',
      { rules: [{ reason: 'r', expect: 'amount + 1' }] },
      /rules\[0\]\.expect: expected a condition.*double/,
    ],
    [
      'a bad partition',
      { partitionBy: [{ month: 'nomonth(amount)' }] },
      /partitionBy\[0\]\.month: .*nomonth/,
    ],
  ])('names %s', async (_, part, message) => {
    const { write, ingest } = setUp();
    await write('a.parquet', good);
    const datasets = { sales: { files: 'a.parquet', schema: sales, ...part } };
    await expect(ingest(datasets)).rejects.toMatchObject({
      type: 'InvalidParams',
      message: expect.stringMatching(message),
    });
  });
});
