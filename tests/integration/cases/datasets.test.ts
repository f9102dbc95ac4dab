import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson, writeJson } from '../../../activities/context/files.js';
import type { Manifest } from '../../../activities/context/manifest.js';
import type { DatasetRef, Json } from '../../../activities/operator.js';
import { sparkSql } from '../../../activities/operators/spark-sql.js';
import { looked, useCases } from '../../support/cases.js';
import { TestTasks } from '../../support/operator-context.js';
import { tempFolder } from '../../support/temp-folder.js';

const cases = useCases();

describe('cases', () => {
  it.concurrent('partition-zeros: a partition column of text stays text', async () => {
    const { state, outputs } = await cases.run('partition-zeros');
    expect(state).toBe('success');
    expect(outputs.sql).toMatchObject({
      types: [{ t: 'string' }],
      zips: [
        { id: 1, zip: '01234' },
        { id: 2, zip: '80331' },
        { id: 3, zip: '00501' },
      ],
    });
  });

  it.concurrent('partition-empty: whatever characters a partition has come back', async () => {
    const run = await cases.run('partition-empty');
    const { good, bad } = looked(run);
    expect(good).toEqual([
      { id: 2, shop: 'a b/c:d' },
      { id: 3, shop: 'ü' },
      { id: 4, shop: 'x=y' },
    ]);
    expect(bad).toMatchObject([{ id: 1, _reasons: ['shop.notNull'] }]);
  });

  it.concurrent('evolution2: outputs of a mapped task have the columns of all of them', async () => {
    const { outputs } = await cases.run('evolution2');
    expect(outputs.all).toMatchObject({
      merged: { rows: 2 },
      all: [
        { id: 1, amount: 10, discount: null },
        { id: 2, amount: 20, discount: 5 },
      ],
    });
  });

  it.concurrent('mapped-evolution: the order of a list does not matter', async () => {
    const { outputs } = await cases.run('mapped-evolution');
    const all = [
      { id: 1, amount: 10, discount: null },
      { id: 2, amount: 20, discount: 5 },
    ];
    expect([outputs.all, outputs.reverse]).toEqual([{ all }, { all }]);
  });

  it.concurrent('mapped-types: int and double become double', async () => {
    const { outputs } = await cases.run('mapped-types');
    expect(outputs.all).toEqual({
      all: [
        { id: 1, amount: 10 },
        { id: 2, amount: 2.75 },
      ],
    });
  });

  it.concurrent('types2: int and bigint become bigint, text and int are refused with both datasets', async () => {
    const { state, outputs, reasons } = await cases.run('types2');
    expect(state).toBe('failed');
    expect(outputs.ab).toEqual({
      all: [
        { id: 1, amount: 10, s: 'x' },
        { id: 2, amount: 30_000_000_000, s: 'y' },
      ],
    });
    expect(reasons.ac).toMatch(
      /input "parts": column "s" is string in types2\/.*\/a\/.*part and int in types2\/.*\/c\/.*part, and no type holds both without loss; CAST it/,
    );
  });

  it.concurrent('case-views: names of inputs that differ by case are refused', async () => {
    // Before anything runs: the file itself is wrong.
    expect(await cases.worker().run('case-views')).toMatch(
      /case-views\/dag\.yaml:\d+:\d+.*the names "sales" and "Sales" differ only by case, and Spark takes them for one; rename one of them/s,
    );
  });
});

/** Tasks of one run, and what they see of each other's datasets. */
function setUp() {
  const folder = tempFolder();
  const tasks = new TestTasks(join(folder, 'data'), folder);
  let written = 0;
  return {
    tasks,
    /** Writes the result of a query as dataset `part`. */
    write: async (sql: string, partitionBy: string[] = []): Promise<DatasetRef> => {
      const { output } = await tasks.run(sparkSql, `write-${++written}`, {
        datasets: { part: { sql, partitionBy } },
      });
      return output.part as DatasetRef;
    },
    /** Reads datasets as `parts` by a query. */
    read: async (parts: DatasetRef[], sql = 'SELECT * FROM parts ORDER BY id'): Promise<Json> => {
      const { output } = await tasks.run(sparkSql, `read-${++written}`, {
        inputs: { parts },
        rows: { rows: sql },
      });
      return output.rows as unknown as Json;
    },
  };
}

describe('partitions', () => {
  it('come back with their type, value and place', async () => {
    const { write, read } = setUp();
    const columns = {
      text: ["'007'", 'NULL', "'%41/:=?* {}[]#'", "' x '", "'1e5'", "'2024-01-01'"],
      day: ["DATE'2024-02-29'", 'NULL', "DATE'0001-01-01'", "DATE'9999-12-31'"],
      price: ['1.50BD', 'NULL', '0.00BD', '-1234567.89BD'].map((value) => `CAST(${value} AS decimal(10,2))`),
      at: ["TIMESTAMP'2024-10-27 00:30:00Z'", 'NULL', "TIMESTAMP'2024-06-01 12:00:00.123456Z'"],
      flag: ['true', 'NULL', 'false'],
      big: ['9223372036854775807', 'NULL', '-1'],
      ratio: ["double('NaN')", 'NULL', '0.1D', "double('-Infinity')"],
    };
    await Promise.all(
      Object.entries(columns).map(async ([name, values]) => {
        const rows = values.map((value, id) => `(${id}, ${value})`).join(', ');
        const source = `SELECT ${name}, id FROM VALUES ${rows} AS t(id, ${name})`;
        const plain = await write(source);
        const partitioned = await write(source, [name]);
        const shown = `SELECT *, CAST(${name} AS string) AS s, typeof(${name}) AS t FROM parts ORDER BY id`;
        const [found, expected] = [await read([partitioned], shown), await read([plain], shown)];
        expect(found, name).toEqual(expected);
        expect(found, name).toHaveLength(values.length);
        expect(Object.keys((found as object[])[0] ?? {}).slice(0, 2), name).toEqual([name, 'id']);
      }),
    );
  });

  it.each([
    ["SELECT 1 AS id, '' AS p", ['p'], /dataset "part": partitionBy: p: a folder cannot be called ""/],
    ["SELECT 1 AS id, '__HIVE_DEFAULT_PARTITION__' AS p", ['p'], /partitionBy: p: a folder cannot be called/],
    ["SELECT 1 AS id, repeat('ü/', 70) AS p", ['p'], /partitionBy: p: a text is too long/],
    [
      "SELECT 1 AS id, X'00FF' AS p",
      ['p'],
      /dataset "part", partitionBy: p: a value of type binary cannot be/,
    ],
    [
      'SELECT 1 AS id, 2 AS p',
      ['q'],
      /dataset "part", partitionBy: q: there is no such column; there are id, p/,
    ],
    ['SELECT 1 AS id, 2 AS p', ['p', 'P'], /partitionBy: p: it is listed twice/],
    ['SELECT 1 AS id, 2 AS p', ['id', 'p'], /partitionBy: id, p: these are all columns/],
  ])('are refused where values would be lost: %s', async (sql, partitionBy, message) => {
    const { write } = setUp();
    await expect(write(sql, partitionBy)).rejects.toThrow(message);
  });
});

describe('a list of datasets', () => {
  it('has the union of the columns, partitioned or not, with rows or without', async () => {
    const { write, read } = setUp();
    const refs = await Promise.all([
      write("SELECT 1 AS id, '01' AS shop, named_struct('a', 1) AS s, array(named_struct('x', 1)) AS l", [
        'shop',
      ]),
      write(
        "SELECT named_struct('b', 'y', 'a', 2L) AS s, 2L AS id, array(named_struct('x', 2, 'y', 3)) AS l",
      ),
      write("SELECT 3 AS id, 'north' AS region, '02' AS shop", ['region', 'shop']),
      write("SELECT 4 AS id, '03' AS shop WHERE false", ['shop']),
      write("SELECT 5 AS id, '05' AS shop", ['shop']),
    ]);
    const expected = [
      { id: 1, shop: '01', s: { a: 1, b: null }, l: [{ x: 1, y: null }], region: null },
      { id: 2, shop: null, s: { a: 2, b: 'y' }, l: [{ x: 2, y: 3 }], region: null },
      { id: 3, shop: '02', s: null, l: null, region: 'north' },
      { id: 5, shop: '05', s: null, l: null, region: null },
    ];
    expect(await read(refs)).toEqual(expected);
    expect(await read([...refs].reverse())).toEqual(expected);
    expect(await read([refs[3] as DatasetRef, refs[3] as DatasetRef])).toEqual([]);
  });

  it('reads datasets of releases that did not keep the schema', async () => {
    const { tasks, write, read } = setUp();
    const refs = [
      await write("SELECT 1 AS id, '01' AS shop", ['shop']),
      await write('SELECT 2L AS id, 7 AS shop'),
    ];
    for (const { path } of refs) {
      const file = join(tasks.dataRoot, path, '..', 'manifest.json');
      const manifest = await readJson<Manifest>(file);
      for (const dataset of Object.values(manifest?.datasets ?? {})) delete dataset.sparkSchema;
      await writeJson(file, manifest);
    }
    expect(await read(refs)).toEqual([
      { id: 1, shop: 1 },
      { id: 2, shop: 7 },
    ]);
  });
});

describe('columns of one name', () => {
  it.each([
    ['SELECT 1 AS a, 2 AS a', 'two columns called "a"'],
    ['SELECT 1 AS a, 2 AS A', 'columns "a" and "A", which are one name to Spark'],
  ])('are refused in datasets and rows: %s', async (sql, which) => {
    const { tasks, write } = setUp();
    const problem = `the result has ${which}; give each a name of its own with AS`;
    await expect(write(sql)).rejects.toThrow(`dataset "part": ${problem}`);
    const rows = tasks.run(sparkSql, 'rows', { rows: { found: sql } });
    await expect(rows).rejects.toThrow(`rows "found": ${problem}`);
  });
});
