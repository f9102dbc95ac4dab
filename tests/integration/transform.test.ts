import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../activities/context/files.js';
import type { Manifest } from '../../activities/context/manifest.js';
import type { DatasetRef } from '../../activities/operator.js';
import { ingest } from '../../activities/operators/ingest/operator.js';
import { sparkSql } from '../../activities/operators/spark-sql.js';
import { sparkTransform } from '../../activities/operators/spark-transform.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { TestTasks } from '../support/operator-context.js';
import { tempFolder } from '../support/temp-folder.js';

/** A committed dataset `sales` of 90 rows in 3 towns, and tasks that use it. */
async function setUp() {
  const folder = tempFolder();
  const tasks = new TestTasks(join(folder, 'data'), folder);
  await duckdb(
    `COPY (SELECT range AS id, 'town ' || range % 3 AS town, range / 10.0::DOUBLE AS amount FROM range(90))
     TO '${join(folder, 'sales.parquet')}' (FORMAT parquet)`,
  );
  const ingested = await tasks.run(ingest, 'ingest', {
    datasets: {
      sales: { files: 'sales.parquet', schema: { id: 'bigint', town: 'string', amount: 'double' } },
    },
  });
  return {
    folder,
    tasks,
    sales: ingested.output.sales as DatasetRef,
    rows: (ref: DatasetRef | undefined, rest = '') =>
      duckdb(`SELECT * FROM ${parquet(join(folder, 'data', ref?.path ?? ''))} ${rest}`),
  };
}

describe('spark-sql', () => {
  it('writes queries of text and files, with arguments, views and earlier results', async () => {
    const { folder, tasks, sales, rows } = await setUp();
    await mkdir(join(folder, 'sql'));
    await writeFile(
      join(folder, 'sql', 'totals.sql'),
      'SELECT town, count(*) AS n, sum(amount) AS total FROM big GROUP BY town;\n',
    );
    const {
      output,
      stats,
      folder: taskFolder,
    } = await tasks.run(sparkSql, 'transform', {
      inputs: { sales },
      args: { least: 4.5, town: "town 0' OR true --" },
      views: { big: 'SELECT * FROM sales WHERE amount >= :least' },
      datasets: {
        totals: { sql: { file: 'sql/totals.sql' } },
        ranked: {
          sql: 'SELECT *, rank() OVER (ORDER BY total DESC) AS place FROM totals',
          partitionBy: ['place'],
        },
        none: { sql: 'SELECT * FROM sales WHERE town = :town', partitionBy: ['town'] },
      },
    });
    const expected = [0, 1, 2].map((town) => {
      const amounts = Array.from({ length: 90 }, (_, id) => id).filter((id) => id % 3 === town && id >= 45);
      return {
        town: `town ${town}`,
        n: 15n,
        total: expect.closeTo(
          amounts.reduce((sum, id) => sum + id / 10, 0),
          9,
        ),
      };
    });
    expect(await rows(output.totals, 'ORDER BY town')).toEqual(expected);
    expect(await rows(output.ranked, 'ORDER BY place')).toEqual([
      { ...expected[2], place: 1n },
      { ...expected[1], place: 2n },
      { ...expected[0], place: 3n },
    ]);
    expect(await rows(output.none)).toEqual([]);
    expect(stats).toMatchObject({ rowsRead: 90, rowsWritten: 6 });
    expect(stats.bytesRead).toBeGreaterThan(0);
    const manifest = await readJson<Manifest>(join(taskFolder, 'manifest.json'));
    expect(Object.keys(manifest?.datasets ?? {})).toEqual(['totals', 'ranked', 'none']);
    expect(manifest?.datasets.ranked?.schema.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'town string',
      'n bigint',
      'total double',
      'place int',
    ]);
  });

  it('reads the outputs of a mapped task as one dataset', async () => {
    const { tasks, sales, rows } = await setUp();
    const { output, stats } = await tasks.run(sparkSql, 'transform', {
      inputs: { sales: [sales, sales] },
      datasets: { counted: { sql: 'SELECT count(*) AS n FROM sales' } },
    });
    expect(await rows(output.counted)).toEqual([{ n: 180n }]);
    expect(stats.rowsRead).toBe(180);
  });

  it.each([
    [
      'a query that Spark refuses',
      { sql: { file: 'bad.sql' } },
      'SparkQueryFailed',
      /^dataset "bad" \(bad\.sql\): .*amont/,
    ],
    [
      'data that a query fails on',
      { sql: 'SELECT CAST(town AS int) AS n FROM sales' },
      'SparkQueryFailed',
      /^dataset "bad": .*'town 0'/,
    ],
    [
      'a file that is not there',
      { sql: { file: 'no.sql' } },
      'InvalidParams',
      /^the SQL file no\.sql cannot be read: ENOENT/,
    ],
  ])('names %s', async (_, bad, type, message) => {
    const { folder, tasks, sales } = await setUp();
    await writeFile(join(folder, 'bad.sql'), 'SELECT sum(amont) FROM sales');
    const run = tasks.run(sparkSql, 'transform', { inputs: { sales }, datasets: { bad } });
    await expect(run).rejects.toMatchObject({ type, message: expect.stringMatching(message) });
  });

  it('refuses an input that was never committed', async () => {
    const { tasks, sales } = await setUp();
    const run = tasks.run(sparkSql, 'transform', {
      inputs: { sales: { ...sales, path: sales.path.replace('generation', 'other') } },
      datasets: { copy: { sql: 'SELECT * FROM sales' } },
    });
    await expect(run).rejects.toMatchObject({ type: 'DatasetNotFound' });
  });
});

describe('spark-transform', () => {
  it("writes what the user's TypeScript module makes of the inputs", async () => {
    const { folder, tasks, sales, rows } = await setUp();
    // As in a project of the user's that has Nightjar among its packages.
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(
      join(folder, 'by-town.ts'),
      `import { type DataFrame, functions as F, type SparkSession, Window } from 'spark-connect-js';
       import { least } from './limits.ts';

       export default async (spark: SparkSession, { sales }: Record<string, DataFrame>, args: { factor: number }) => {
         if (sales === undefined) throw new Error('no sales');
         const big = sales.where(F.col('amount').ge(least));
         const totals = big.groupBy('town').agg(F.sum('amount').multiply(args.factor).alias('total'));
         const place = F.rowNumber().over(Window.orderBy(F.desc('total')));
         return { totals, ranked: totals.withColumn('place', place), one: await spark.sql('SELECT 1 AS n') };
       };`,
    );
    await writeFile(join(folder, 'limits.ts'), 'export const least: number = 4.5;\n');
    const { output, stats } = await tasks.run(sparkTransform, 'transform', {
      module: 'by-town.ts',
      inputs: { sales },
      args: { factor: 2 },
      partitionBy: { ranked: ['town'] },
    });
    expect(await rows(output.ranked, 'ORDER BY place')).toEqual([
      { town: 'town 2', total: expect.closeTo(204, 9), place: 1 },
      { town: 'town 1', total: expect.closeTo(201, 9), place: 2 },
      { town: 'town 0', total: expect.closeTo(198, 9), place: 3 },
    ]);
    expect(Object.keys(output)).toEqual(['totals', 'ranked', 'one']);
    expect(stats).toMatchObject({ rowsRead: 90, rowsWritten: 7 });
  });

  it.each([
    ['no such module', 'no.ts', undefined, /module: there is no file .*no\.ts/],
    ['no function', 'a.ts', 'export default 5;', /a\.ts: expected a default export/],
    ['no DataFrames', 'a.ts', 'export default () => ({});', /a\.ts: expected DataFrames by names.*got none/],
    ['a bad name', 'a.ts', "export default (_, { sales }) => ({ 'a b': sales });", /got "a b"/],
    ['a syntax error', 'a.ts', 'export default (', /a\.ts/],
  ])('says what is wrong with %s', async (_, module, text, message) => {
    const { folder, tasks, sales } = await setUp();
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    if (text !== undefined) await writeFile(join(folder, module), text);
    const run = tasks.run(sparkTransform, 'transform', { module, inputs: { sales } });
    await expect(run).rejects.toMatchObject({
      type: 'InvalidParams',
      message: expect.stringMatching(message),
    });
  });
});
