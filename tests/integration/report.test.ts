import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { SparkSession } from 'spark-connect-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatsCounter } from '../../activities/context/stats.js';
import type { OperatorContext } from '../../activities/operator.js';
import { reportParams } from '../../activities/operators/report/params.js';
import { report } from '../../activities/operators/report/report.js';
import type { ReportData } from '../../activities/operators/report/report-data.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { noTemporal } from '../support/operator-context.js';

let folder: string;
let spark: SparkSession;

const measurements = `
  SELECT id,
         concat('site ', id % 3) AS site,
         DATE '2025-01-01' + CAST(id / 100 AS INT) AS day,
         CAST(id % 17 AS DOUBLE) / 4 AS level
  FROM range(1000)`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  spark = await SparkSession.builder()
    .remote(process.env.SPARK_REMOTE ?? 'sc://localhost')
    .getOrCreate();
  await (await spark.sql(measurements)).write.parquet(join(folder, 'measurements'));
});

afterAll(async () => {
  await spark.stop();
  await rm(folder, { recursive: true, force: true });
});

const inputs = {
  measurements: { dataset: 'measurements', path: 'measurements', rows: 1000, schemaHash: 'x' },
};

/** Runs the operator on the measurements, with sections as in a DAG document. */
async function run(...sections: object[]) {
  const stats = new StatsCounter();
  const now = new Date();
  const context: OperatorContext = {
    dagId: 'levels',
    runId: 'r1',
    taskId: 'report',
    mapIndex: undefined,
    attempt: 1,
    logicalDate: now,
    dataInterval: { start: now, end: now },
    dagFolder: folder,
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    heartbeat: () => {},
    spark: async () => spark,
    temporal: noTemporal,
    storage: {
      root: folder,
      folder: join(folder, 'report'),
      locate: async ({ path }) => join(folder, path),
      find: async ({ path, schemaHash }) => {
        const dataset = join(folder, path);
        return { folder: dataset, bytes: 1, partitioned: false, schemaHash, sparkSchema: undefined };
      },
      publish: () => {
        throw new Error('a report publishes no dataset');
      },
    },
    stats,
    step: (_name, body) => body(),
    finishedTasks: [],
  };
  const output = await report.run(context, reportParams.parse({ title: 'Levels', inputs, sections }));
  const data = JSON.parse(await readFile(output.json, 'utf8')) as ReportData;
  return { output, data, html: await readFile(output.html, 'utf8'), counts: stats.counts };
}

/** The same query on the same files by another engine. */
const byDuckdb = (sql: string) =>
  duckdb(sql.replace('FROM measurements', `FROM ${parquet(join(folder, 'measurements'))}`));

describe('report on Spark', () => {
  it('shows what an independent engine finds in the same files', async () => {
    const bySite = `SELECT site, CAST(count(*) AS INT) AS n, round(avg(level), 9) AS mean
                    FROM measurements GROUP BY site ORDER BY site`;
    const totals = 'SELECT CAST(count(*) AS INT) AS rows, sum(level) AS total FROM measurements';
    const { data, html, output, counts } = await run(
      { kind: 'figures', title: 'Totals', sql: totals, figures: { rows: {}, total: { unit: 'm' } } },
      { kind: 'bar', title: 'Mean level', sql: bySite, x: 'site', y: ['mean', 'n'] },
      {
        kind: 'line',
        title: 'Level by day',
        sql: 'SELECT day, max(level) AS highest FROM measurements GROUP BY day ORDER BY day',
        x: 'day',
        y: 'highest',
      },
    );
    expect(counts).toMatchObject({ rowsRead: 1000 });
    expect([data.figures]).toEqual(await byDuckdb(totals));
    expect(data.sections[1]).toMatchObject({
      table: { rows: (await byDuckdb(bySite)).map((row) => Object.values(row)), truncated: false },
    });
    expect(data.sections[2]).toMatchObject({
      table: { columns: [{ type: 'date' }, { type: 'number' }], rows: { length: 10 } },
    });
    expect(output.figures).toEqual(data.figures);
    expect((await readdir(join(folder, 'report'))).sort()).toEqual(['report.html', 'report.json']);
    expect(html).toContain('<dt>Rows</dt><dd>1,000</dd>');
    expect(html).toContain('Line chart of Highest over Day: 10 points');
  });

  it('reads no more rows than a section draws', async () => {
    const { data } = await run({
      kind: 'scatter',
      title: 'Levels',
      sql: 'SELECT id, level FROM measurements ORDER BY id',
      x: 'id',
      y: 'level',
      maxPoints: 20,
    });
    expect(data.sections[0]).toMatchObject({ table: { rows: { length: 20 }, truncated: true } });
  });

  it('turns every kind of value into something to show', async () => {
    const sql = `SELECT 9007199254740991L AS big, 12.50BD AS exact, double('NaN') AS nothing, true AS yes,
                        TIMESTAMP '2025-06-24 02:00:00.5Z' AS moment, TIMESTAMP_NTZ '2025-06-24 02:00:00' AS clock,
                        DATE '2025-06-24' AS day, array(1L, 2L) AS list, named_struct('a', 1, 'b', 'x') AS struct,
                        map('k', 1) AS map, CAST(NULL AS INT) AS none`;
    expect((await run({ kind: 'table', title: 'T', sql })).data.sections[0]).toMatchObject({
      table: {
        columns: [
          { name: 'big', type: 'number' },
          { name: 'exact', type: 'number' },
          { name: 'nothing', type: 'number' },
          { name: 'yes', type: 'boolean' },
          { name: 'moment', type: 'instant' },
          { name: 'clock', type: 'instant' },
          { name: 'day', type: 'date' },
          { name: 'list', type: 'text' },
          { name: 'struct', type: 'text' },
          { name: 'map', type: 'text' },
          { name: 'none', type: 'number' },
        ],
        rows: [
          [
            9007199254740991,
            12.5,
            'NaN',
            true,
            expect.stringMatching(/^2025-06-24T02:00:00\.50*Z$/),
            expect.stringMatching(/^2025-06-24T02:00:00(\.0+)?$/),
            '2025-06-24',
            '[1,2]',
            '{"a":1,"b":"x"}',
            '{"k":1}',
            null,
          ],
        ],
      },
    });
  });

  it('knows the columns of a query without rows', async () => {
    const section = { kind: 'table', title: 'T', sql: 'SELECT id, site FROM measurements WHERE id < 0' };
    expect((await run(section)).data.sections[0]).toMatchObject({
      table: { columns: [{ name: 'id', type: 'number' }, { name: 'site' }], rows: [] },
    });
  });

  it('names the section whose query Spark refuses, and keeps what Spark said', async () => {
    const section = { kind: 'table', title: 'Broken', sql: 'SELECT levle FROM measurements' };
    await expect(run(section)).rejects.toMatchObject({
      type: 'SparkQueryFailed',
      message: expect.stringMatching(/^section 1 "Broken": .*levle/s),
      details: { errorClass: 'UNRESOLVED_COLUMN.WITH_SUGGESTION', sqlState: '42703' },
    });
  });
});
