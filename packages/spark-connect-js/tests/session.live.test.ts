import { describe, expect, it } from 'vitest';
import {
  col,
  type DataFrame,
  Decimal,
  functions as F,
  LocalDate,
  SparkConnectError,
  SparkSession,
  simpleString,
  types,
} from '../src/index.js';
import { openSession, remote } from './support/spark.js';

const failure = async (action: Promise<unknown>): Promise<SparkConnectError> => {
  const error = await action.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SparkConnectError);
  return error as SparkConnectError;
};
const values = async (dataFrame: DataFrame) => (await dataFrame.collect()).map((row) => [...row]);

describe('sessions', () => {
  it('know the server’s version and keep settings of their own', async () => {
    const one = await openSession((builder) => builder.config('spark.sql.shuffle.partitions', 3));
    const two = await openSession();
    expect(one.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(await one.conf.get('spark.sql.shuffle.partitions')).toBe('3');
    await one.conf.set('spark.sql.shuffle.partitions', 5);
    expect(await one.conf.get('spark.sql.shuffle.partitions')).toBe('5');
    await one.conf.unset('spark.sql.shuffle.partitions');
    expect(await one.conf.get('spark.sql.shuffle.partitions')).toBe('200');
    expect(await two.conf.get('spark.sql.shuffle.partitions')).not.toBe('3');
    expect(await one.conf.getOption('spark.no.such.setting')).toBeUndefined();
    expect(await one.conf.isModifiable('spark.sql.shuffle.partitions')).toBe(true);
    expect(await one.conf.isModifiable('spark.driver.memory')).toBe(false);
    expect((await failure(one.conf.set('spark.sql.shuffle.partitions', 'many'))).message).toContain('many');
    expect((await failure(one.conf.get('spark.no.such.setting'))).errorClass).toBe('SQL_CONF_NOT_FOUND');
    expect(await one.conf.getAll('spark.sql.session.')).toHaveProperty('timeZone', 'UTC');
  });

  it('are found again by id, with their views, until they are stopped', async () => {
    const first = await openSession((builder) => builder.userId('ann'));
    await first.range(3).createOrReplaceTempView('numbers');
    first.disconnect();
    const again = () => SparkSession.builder().remote(remote()).userId('ann').sessionId(first.sessionId);
    const second = await again().getOrCreate();
    expect(await second.table('numbers').count()).toBe(3);
    await second.stop();
    await second.stop();
    expect((await failure(second.table('numbers').count())).errorClass).toBe('SESSION_STOPPED');
    const closed = await failure(again().getOrCreate());
    expect(closed).toMatchObject({ errorClass: 'INVALID_HANDLE.SESSION_CLOSED', sessionLost: true });
  });

  it('refuse to open with a clear error', async () => {
    const open = (url: string) =>
      SparkSession.builder().remote(url).retry({ maxRetries: 1, initialBackoff: 1 }).getOrCreate();
    expect(await failure(open('sc://127.0.0.1:1'))).toMatchObject({
      grpcCode: 'UNAVAILABLE',
      transient: true,
      message: expect.stringContaining(
        'No Spark Connect server answers at 127.0.0.1:1: connect ECONNREFUSED',
      ),
    });
    const id = SparkSession.builder().remote(remote()).sessionId('mine').getOrCreate();
    expect((await failure(id)).errorClass).toBe('INVALID_SESSION_ID');
  });

  it('name the port of a server that speaks something else', async () => {
    const web = (await import('node:http')).createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as { port: number };
    const opening = SparkSession.builder()
      .remote(`sc://127.0.0.1:${port}`)
      .retry({ maxRetries: 0 })
      .getOrCreate();
    expect((await failure(opening)).message).toContain(
      `No Spark Connect server answers at 127.0.0.1:${port}`,
    );
    web.closeAllConnections();
    web.close();
  });
});

describe('SQL', () => {
  it('takes arguments by position and by name, with their types', async () => {
    const spark = await openSession();
    const positional = await spark.sql('SELECT ? AS a, ? AS b, ? AS c', [
      1n,
      "it's",
      LocalDate.parse('2026-01-31'),
    ]);
    expect(simpleString(await positional.schema())).toBe('struct<a:bigint,b:string,c:date>');
    expect(await values(positional)).toEqual([[1n, "it's", LocalDate.parse('2026-01-31')]]);
    const named = await spark.sql(
      'SELECT id FROM range(10) WHERE id BETWEEN :low AND :high AND array_contains(:ids, id)',
      {
        low: 3,
        high: Decimal.from('7.5'),
        ids: [1n, 4n, 7n, 9n],
      },
    );
    expect(await values(named.orderBy('id'))).toEqual([[4n], [7n]]);
  });

  it('runs commands at once and queries when asked', async () => {
    const spark = await openSession();
    await spark.sql('CREATE TEMPORARY VIEW squares AS SELECT id, id * id AS square FROM range(5)');
    expect(await spark.table('squares').filter('id = 3').first()).toMatchObject({ values: [3n, 9n] });
    const shown = await spark.sql('SHOW VIEWS');
    expect(await values(shown.select('viewName'))).toContainEqual(['squares']);
    const lazy = await spark.sql('SELECT 1 / 0');
    expect(await failure(lazy.collect())).toMatchObject({ errorClass: 'DIVIDE_BY_ZERO', sqlState: '22012' });
  });

  it('reports errors with class, SQLSTATE, parameters and the place in the text', async () => {
    const spark = await openSession();
    const missing = await failure(spark.sql('SELECT * FROM no_such_table'));
    expect(missing).toMatchObject({
      errorClass: 'TABLE_OR_VIEW_NOT_FOUND',
      sqlState: '42P01',
      grpcCode: 'INTERNAL',
      transient: false,
      sessionLost: false,
    });
    expect(missing.messageParameters.relationName).toBe('`no_such_table`');
    expect(missing.queryContexts[0]).toMatchObject({ fragment: 'no_such_table', startIndex: 14 });
    expect((await failure(spark.sql('SELEC 1'))).errorClass).toBe('PARSE_SYNTAX_ERROR');
    const failed = await failure(spark.range(1).select(F.raiseError('boom')).collect());
    expect(failed).toMatchObject({
      errorClass: 'USER_RAISED_EXCEPTION',
      message: expect.stringContaining('boom'),
    });
    expect(failed.operationId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await failure(spark.range(1).select('nope').collect())).errorClass).toMatch(/^UNRESOLVED_COLUMN/);
  });
});

describe('local data', () => {
  it('make DataFrames by DDL, by type, by guess and from Arrow', async () => {
    const spark = await openSession();
    const byDdl = await spark.createDataFrame(
      [{ id: 1, price: '9.99' }],
      'id BIGINT NOT NULL, price DECIMAL(6,2)',
    );
    expect(await byDdl.schema()).toEqual(
      types.struct([types.field('id', types.long, false), types.field('price', types.decimal(6, 2))]),
    );
    expect(await values(byDdl)).toEqual([[1n, Decimal.from('9.99')]]);
    const guessed = await spark.createDataFrame([
      { name: 'a', at: new Date(0) },
      { name: null, at: null },
    ]);
    expect(simpleString(await guessed.schema())).toBe('struct<name:string,at:timestamp>');
    const fromArrow = await spark.createDataFrame(await byDdl.toArrow());
    expect(await values(fromArrow)).toEqual(await values(byDdl));
    const empty = await spark.createDataFrame([], 'a INT');
    expect(await empty.count()).toBe(0);
    expect(await empty.isEmpty()).toBe(true);
  });

  it('are uploaded in parts when they are large, and only once', async () => {
    const spark = await openSession();
    const rows = Array.from({ length: 120_001 }, (_, id) => ({ id: BigInt(id), text: `row number ${id}` }));
    const first = await spark.createDataFrame(rows, 'id BIGINT, text STRING');
    const second = await spark.createDataFrame(rows, 'id BIGINT, text STRING');
    expect(first.relation()).toEqual(second.relation());
    const sums = first.agg(F.count(), F.sum('id'), F.countDistinct('text'), F.max('text'));
    expect(await values(sums)).toEqual([[120_001n, 7_200_060_000n, 120_001n, 'row number 99999']]);
  });

  it('are refused with the place of a value that does not fit', async () => {
    const spark = await openSession();
    await expect(spark.createDataFrame([{ id: 1 }, { id: 'x' }], 'id BIGINT')).rejects.toThrow(
      'row 1, column "id": "x" does not fit bigint',
    );
  });
});

it('parses types', async () => {
  const spark = await openSession();
  expect(await spark.parseDdl('decimal(10,2)')).toEqual(types.decimal(10, 2));
  expect(await spark.parseDdl('a INT NOT NULL, b ARRAY<STRING>')).toEqual(
    types.struct([types.field('a', types.integer, false), types.field('b', types.array(types.string))]),
  );
  expect((await failure(spark.parseDdl('a BANANA'))).errorClass).toBe('UNSUPPORTED_DATATYPE');
});

it('lets columns of two DataFrames of one name be told apart', async () => {
  const spark = await openSession();
  const left = spark.range(3);
  const right = spark.range(2, 5);
  const joined = left.join(right, left.col('id').eq(right.col('id')), 'outer');
  const rows = await values(
    joined.select(left.col('id').alias('l'), right.col('id').alias('r')).orderBy('l', 'r'),
  );
  expect(rows).toEqual([
    [null, 3n],
    [null, 4n],
    [0n, null],
    [1n, null],
    [2n, 2n],
  ]);
  expect((await failure(joined.select(col('id')).collect())).errorClass).toBe('AMBIGUOUS_REFERENCE');
});
