import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SparkSession } from 'spark-connect-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naming } from '../../../activities/datasets/query.js';
import { sparkSql } from '../../../activities/operators/spark-sql.js';
import { TestTasks } from '../../support/operator-context.js';
import { tempFolder } from '../../support/temp-folder.js';
import { testServers } from '../../support/test-servers.js';

/** What a query gets, beside a view `sales(id int, town string, amount double)` and `shops(id int)`. */
const refusals: [sql: string, sentence: string | RegExp][] = [
  ['SELEC * FROM sales', "syntax error at 'SELEC' at line 1, column 1"],
  ['SELECT *\nFROM sales\nWHERE id >', 'the SQL ends too early at line 3, column 11'],
  ['SELECT 1; SELECT 2', "syntax error at 'SELECT' at line 1, column 11; a query is one statement"],
  ['', 'the query is empty at line 1, column 1'],
  [
    'SELECT id,\n  sum(amont) FROM sales',
    `there is no column amont at line 2, column 7 in "amont"; did you mean 'amount'? there are amount, town, id`,
  ],
  ['SELECT zzz', 'there is no column zzz here at line 1, column 8 in "zzz"'],
  [
    'SELECT s.amont FROM sales s',
    `there is no column s.amont at line 1, column 8 in "s.amont"; did you mean 's.amount'? there are s.amount, s.town, s.id`,
  ],
  [
    'SELECT town.x FROM sales',
    /^Can't extract a value from "town".* at line 1, column 8 in "town.x" \(INVALID_EXTRACT_BASE_FIELD_TYPE, SQLSTATE 42000\)$/,
  ],
  ["SELECT named_struct('a', 1).b", /^there is no field b.*; there are a$/],
  [
    'SELECT * FROM sale',
    `there is no table or view sale at line 1, column 15 in "sale"; did you mean 'sales'? there are sales, shops`,
  ],
  ['SELECT nofunc(id) FROM sales', 'there is no function nofunc at line 1, column 8 in "nofunc(id)"'],
  ['SELECT * FROM nofunc(1)', 'there is no table function nofunc at line 1, column 15 in "nofunc(1)"'],
  [
    'SELECT upper(town, 1) FROM sales',
    'the function upper takes 1 arguments, not 2 at line 1, column 8 in "upper(town, 1)"',
  ],
  [
    'SELECT id + array(1) FROM sales',
    'types do not fit in (id + array(1)): the left and right operands of the binary operator have incompatible types ("INT" and "ARRAY<INT>") at line 1, column 8 in "id + array(1)"',
  ],
  [
    'SELECT id FROM sales JOIN shops ON sales.id = shops.id',
    'the column id is in more than one table at line 1, column 8 in "id"; write which one is meant: sales.id or shops.id',
  ],
  [
    'SELECT town, sum(amount) FROM sales',
    'columns and aggregates are mixed without GROUP BY at line 1, column 1 in "SELECT town, sum(amount) FROM sales"; add GROUP BY, or a window with OVER',
  ],
  [
    'SELECT town, amount FROM sales GROUP BY town',
    /^amount is neither in GROUP BY nor aggregated.*; add it to GROUP BY, or use any_value\(amount\)$/,
  ],
  [
    'SELECT * FROM sales WHERE sum(amount) > 1',
    /^The WHERE condition .* contains invalid expressions: sum\(sales\.amount\).*\(INVALID_WHERE_CONDITION, SQLSTATE 42903\)$/,
  ],
  ['SELECT id FROM sales WHERE id = :least', 'the parameter :least has no value; give it in args'],
  [
    'SELECT id FROM sales WHERE id = ?',
    'a parameter ? has no value; write it as :name and give its value in args',
  ],
  [
    'SELECT CAST(town AS int) FROM sales',
    `the value 'north' cannot be read as INT at line 1, column 8 in "CAST(town AS int)"; correct the data, or use try_cast, which gives NULL for such values`,
  ],
  [
    'SELECT CAST(id + 299 AS tinyint) FROM sales',
    /^the value 300 is out of the range of TINYINT.*; take a larger type, or use try_cast/,
  ],
  [
    'SELECT CAST(amount + 12345 AS decimal(4,2)) FROM sales',
    /^the value 12346\.5 does not fit into decimal\(4,2\) at line 1/,
  ],
  [
    'SELECT amount / (id - 1) FROM sales',
    'division by zero at line 1, column 8 in "amount / (id - 1)"; divide by nullif(…, 0) or use try_divide, which give NULL',
  ],
  [
    'SELECT id * 2147483647 + id * 2147483647 FROM sales',
    /out of the range of its type at line 1.*; CAST an operand to a larger type/,
  ],
  [
    'SELECT array(id)[3] FROM sales',
    /^the index 3 is outside of an array of 1 elements at .*; use get\(\), which gives NULL$/,
  ],
  [
    "SELECT to_timestamp(town, 'yyyy') FROM sales",
    /^the text 'north' could not be parsed at index 0; correct the data or the pattern, or use try_to_timestamp/,
  ],
  ["SELECT date_format(current_date(), 'YYYY-ww')", /^'YYYY-ww' is no pattern of a date or time; /],
  ['SELECT sequence(id, 10, 0) FROM sales', /^Illegal sequence boundaries: 1 to 10 by 0/],
  ["SELECT raise_error('no ' || town) FROM sales", 'no north'],
  [
    'SELECT CAST(id AS foo) FROM sales',
    /^there is no type FOO at line 1, column 19 in "foo"; types are such as/,
  ],
  ['SELECT * FROM parquet.`/no/such`', 'there is nothing at /no/such'],
  [
    'SELECT (SELECT id FROM shops)',
    /^More than one row returned by a subquery used as an expression at line 1/,
  ],
  ['SELECT 1 UNION SELECT 1, 2', /^UNION can only be performed on inputs with the same number of columns/],
  ['SELECT /*+ COALESCE(x) */ id FROM sales', /^COALESCE Hint expects a partition number/],
];

describe('a query that Spark refuses', () => {
  let spark: SparkSession;
  let folder: string;
  beforeAll(async () => {
    spark = await SparkSession.builder().remote(testServers.sparkRemote).getOrCreate();
    folder = await mkdtemp(join(tmpdir(), 'spark-errors-'));
    // From files, so that executors meet what is wrong with the rows.
    for (const [name, rows] of [
      ['sales', "SELECT 1 AS id, 'north' AS town, 1.5D AS amount"],
      ['shops', 'SELECT explode(array(1, 2)) AS id'],
    ] as const) {
      await (await spark.sql(rows)).write.parquet(join(folder, name));
      await spark.read.parquet(join(folder, name)).createOrReplaceTempView(name);
    }
  });
  afterAll(async () => {
    await spark.stop();
    await rm(folder, { recursive: true });
  });

  it.concurrent.each(refusals)('%s', async (sql, sentence) => {
    const run = naming('rows "x"', async () => (await spark.sql(sql)).collect(), ['sales', 'shops']);
    const error = (await run.catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ type: 'SparkQueryFailed', retryable: false });
    const said = error.message.replace('rows "x": ', '');
    if (typeof sentence === 'string') expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
    expect(said).not.toMatch(/\n|SQLSTATE: |== SQL|spark\.sql\.|java\.|#\d+/);
  });
});

it('names the view, dataset or rows, and the file', async () => {
  const folder = tempFolder();
  const tasks = new TestTasks(join(folder, 'data'), folder);
  await mkdir(join(folder, 'sql'));
  await writeFile(join(folder, 'sql', 'bad.sql'), 'SELECT *\nFROM numbers\nWHERE m > 1');
  const views = { numbers: 'SELECT explode(array(1, 2)) AS n' };
  const run = (params: object) => tasks.run(sparkSql, 'task', { views, ...params });
  const sentence = 'there is no column m at line 3, column 7 in "m"; there are n';
  const bad = { file: 'sql/bad.sql' };
  await expect(run({ datasets: { out: { sql: bad } } })).rejects.toThrow(
    `dataset "out" (sql/bad.sql): ${sentence}`,
  );
  await expect(run({ rows: { out: bad } })).rejects.toThrow(`rows "out" (sql/bad.sql): ${sentence}`);
  const others = run({ views: { ...views, more: bad }, rows: { out: 'SELECT 1' } });
  await expect(others).rejects.toThrow(`view "more" (sql/bad.sql): ${sentence}`);
});
