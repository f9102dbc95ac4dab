import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Row, type StructType, types } from '../src/index.js';
import { anyRowOf, anyType } from './support/arbitrary.js';
import { openSession } from './support/spark.js';

const openTimeSession = () => openSession((builder) => builder.config('spark.sql.timeType.enabled', true));

it('values of every type come back from the server as they went', async () => {
  const spark = await openTimeSession();
  // Many columns of random types at once: one query instead of hundreds.
  const columns = fc.sample(anyType, 60);
  const schema: StructType = types.struct(columns.map((type, index) => types.field(`c${index}`, type)));
  const rows = fc.sample(anyRowOf(schema), 25);
  const frame = await spark.createDataFrame(rows, schema);
  expect(await frame.schema()).toEqual(schema);
  const back = await frame.collect();
  expect(back).toEqual(rows.map(({ values }) => new Row(schema, values)));
});

it('values computed by Spark are exact', async () => {
  const spark = await openTimeSession();
  const query = await spark.sql(`
    SELECT 9223372036854775807L AS big,
           CAST('-12345678901234567890123456789012345.678' AS DECIMAL(38,3)) AS amount,
           TIMESTAMP '1969-12-31 23:59:59.999999' AS before,
           TIMESTAMP_NTZ '2026-02-28 12:00:00.000001' AS local,
           DATE '2024-02-29' AS leap,
           TIME '23:59:59.123456' AS late,
           INTERVAL '-1-2' YEAR TO MONTH AS months,
           INTERVAL '1 02:03:04.000005' DAY TO SECOND AS span,
           make_interval(1, 2, 0, 3, 0, 0, 0.5) AS calendar,
           X'00FF' AS bytes,
           CAST(1.1 AS FLOAT) AS small,
           CAST('NaN' AS DOUBLE) AS nan,
           map('k', array(named_struct('x', 1, 'y', NULL), NULL)) AS nested,
           parse_json('{"a":1}') AS variant`);
  const [row] = await query.collect();
  expect(JSON.parse(JSON.stringify(row))).toEqual({
    big: '9223372036854775807',
    amount: '-12345678901234567890123456789012345.678',
    before: '1969-12-31T23:59:59.999999Z',
    local: '2026-02-28T12:00:00.000001',
    leap: '2024-02-29',
    late: '23:59:59.123456',
    months: "INTERVAL '-1-2' YEAR TO MONTH",
    span: "INTERVAL '1 02:03:04.000005' DAY TO SECOND",
    calendar: 'INTERVAL 14 MONTHS 3 DAYS 500000 MICROSECONDS',
    bytes: 'AP8=',
    small: Math.fround(1.1),
    nan: 'NaN',
    nested: { k: [{ x: 1, y: null }, null] },
    variant: { value: expect.any(String), metadata: expect.any(String) },
  });
  expect(row?.get('nan')).toBeNaN();
});
