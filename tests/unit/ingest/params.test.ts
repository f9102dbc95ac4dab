import { describe, expect, it } from 'vitest';
import { ingestParams } from '../../../activities/operators/ingest/params.js';

const sales = { files: 'sales/*.parquet', schema: { sale_id: 'bigint', shop_id: 'int' } };

const csv = (options: object) => ({ sales: { ...sales, format: 'csv', options } });

/** The first thing that is wrong with the params: where, and what. */
function problem(datasets: object): string {
  const issue = ingestParams.safeParse({ datasets }).error?.issues[0];
  if (issue === undefined) return 'none';
  const { message } = issue.code === 'invalid_key' ? { ...issue, ...issue.issues[0] } : issue;
  return `${issue.path.join('.')}: ${message}`;
}

describe('params of ingest', () => {
  it('takes short forms', () => {
    const { datasets } = ingestParams.parse({
      datasets: { sales: { ...sales, partitionBy: ['shop_id', { month: 'month(now())' }] } },
    });
    expect(datasets.sales).toEqual({
      files: ['sales/*.parquet'],
      format: 'parquet',
      options: {},
      schema: {
        sale_id: { type: { kind: 'bigint' }, nullable: true, unique: false },
        shop_id: { type: { kind: 'int' }, nullable: true, unique: false },
      },
      rules: [],
      partitionBy: [{ name: 'shop_id' }, { name: 'month', expression: 'month(now())' }],
    });
  });

  it.each([
    [{}, 'datasets: expected at least one dataset'],
    [{ 'my sales': sales }, /^datasets\.my sales: .*letters, digits and _/],
    [{ quarantine: sales }, /^datasets\.quarantine: .*taken by the quarantined rows/],
    [{ sales: { ...sales, files: [] } }, /^datasets\.sales\.files/],
    [{ sales: { ...sales, schema: {} } }, 'datasets.sales.schema: expected at least one column'],
    [{ sales: { ...sales, schema: { _position: 'int' } } }, /^datasets\.sales\.schema\._position: .*taken/],
    [{ sales: { ...sales, schema: { a: { type: 'int', notNull: true } } } }, /^datasets\.sales\.schema\.a: /],
    [{ sales: { ...sales, schema: { a: { type: 'int', oneOf: [] } } } }, /^datasets\.sales\.schema\.a/],
    [
      { sales: { ...sales, schema: { a: { type: 'date', format: 'yyyy' } } } },
      /^datasets\.sales\.schema\.a\.format: .*CSV and JSON/,
    ],
    [
      { sales: { ...sales, format: 'csv', schema: { a: { type: 'int', format: 'dd' } } } },
      /^datasets\.sales\.schema\.a\.format: .*this column is int/,
    ],
    [{ sales: { ...sales, schema: { _METADATA: 'int' } } }, /^datasets\.sales\.schema\._METADATA: .*taken/],
    [
      { sales: { ...sales, schema: { id: 'int', ID: 'int' } } },
      /^datasets\.sales\.schema\.ID: .*only by case/,
    ],
    [
      { sales: { ...sales, schema: { a: 'strnig' } } },
      /^datasets\.sales\.schema\.a\.type: .*"strnig" is no such type/,
    ],
    [
      { sales: { ...sales, format: 'json', schema: { a: 'map<int,string>' } } },
      /^datasets\.sales\.schema\.a\.type: keys in JSON are text/,
    ],
    [
      { sales: { ...sales, schema: { a: 'array<varchar(3)>' } } },
      /^datasets\.sales\.schema\.a\.type: .*not checked in Parquet/,
    ],
    [
      { sales: { ...sales, schema: { a: { type: 'bigint', max: 2 ** 53 } } } },
      /^datasets\.sales\.schema\.a\.max: 9007199254740992 is beyond 2\^53.*in quotes/,
    ],
    [
      { sales: { ...sales, schema: { a: { type: 'date', oneOf: ['2026-02-28', '2026-02-29'] } } } },
      /^datasets\.sales\.schema\.a\.oneOf\.1: "2026-02-29" is no date/,
    ],
    [
      { sales: { ...sales, format: 'csv', options: { DateFormat: 'yyyy-dd-MM' } } },
      /^datasets\.sales\.options\.DateFormat: .*give the column a pattern/,
    ],
    [{ sales: { ...sales, options: { sep: ';' } } }, /^datasets\.sales\.options: .*CSV and JSON/],
    [
      { sales: { ...sales, schema: { a: { type: 'int', references: 'shops' } } } },
      /^datasets\.sales\.schema\.a/,
    ],
    [
      { sales: { ...sales, schema: { a: { type: 'int', references: 'shops.id' } } } },
      'datasets.sales.schema.a.references: there is no column shops.id in this task',
    ],
    [
      { sales: { ...sales, schema: { a: { type: 'int', references: 'sales.a' } } } },
      /^datasets\.sales\.schema\.a\.references: a dataset cannot reference itself/,
    ],
    [
      { sales: { ...sales, rules: [{ reason: 'same', unique: ['sale_id', 'shop'] }] } },
      'datasets.sales.rules.0.unique: there is no column "shop"; the columns are sale_id, shop_id',
    ],
    [
      {
        sales: {
          ...sales,
          rules: [
            { reason: 'a', expect: '1' },
            { reason: 'a', expect: '2' },
          ],
        },
      },
      /^datasets\.sales\.rules\.1\.reason: .*twice/,
    ],
    [{ sales: { ...sales, rules: [{ reason: 'no spaces', expect: '1' }] } }, /^datasets\.sales\.rules\.0/],
    [
      { sales: { ...sales, partitionBy: ['month'] } },
      /^datasets\.sales\.partitionBy\.0: there is no column "month"/,
    ],
    [
      { sales: { ...sales, partitionBy: [{ shop_id: '1' }] } },
      /^datasets\.sales\.partitionBy\.0: there is already a column "shop_id"/,
    ],
    [
      csv({ separator: ';' }),
      /^datasets\.sales\.options\.separator: there is no such option of csv files; there are sep, /,
    ],
    [
      csv({ mode: 'DROPMALFORMED' }),
      /^datasets\.sales\.options\.mode: this option of Spark does nothing here/,
    ],
    [csv({ multiLine: false }), /^datasets\.sales\.options\.multiLine: this is always so for CSV/],
    [
      csv({ encoding: 'windows-1252' }),
      /^datasets\.sales\.options\.encoding: encoding windows-1252 is not supported; use utf-8/,
    ],
    [csv({ quote: '""' }), /^datasets\.sales\.options\.quote: expected one printable ASCII character, or ""/],
    [
      csv({ sep: '|', comment: '|' }),
      /^datasets\.sales\.options: sep, quote, escape and comment must be different/,
    ],
    [
      { sales: { ...sales, format: 'json', options: { sep: ';' } } },
      /^datasets\.sales\.options\.sep: there is no such option of json files; there are multiLine/,
    ],
    [{ sales: { ...sales, partitionBy: [{ a: '1', b: '2' }] } }, /^datasets\.sales\.partitionBy\.0/],
  ])('refuses %j', (datasets, expected) => {
    expect(problem(datasets)).toMatch(expected);
  });
});
