import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFrame, SparkSession } from 'spark-connect-js';
import { naming } from '../../datasets/query.js';
import { partitionTimeZone } from '../../datasets/read-dataset.js';
import { writeDataset } from '../../datasets/write-dataset.js';
import { countWritten } from '../../datasets/written-files.js';
import type { DatasetRef, Json, OperatorContext } from '../../operator.js';
import { checkExpressions } from './check-expressions.js';
import type { AcceptedFile } from './check-files.js';
import { type ColumnTypes, ddl } from './column-types.js';
import type { DatasetSpec } from './params.js';
import { readCsv } from './read-csv.js';
import { readJson } from './read-json.js';
import { readParquet } from './read-parquet.js';
import { duplicatesQuery, quarantineQuery, rowChecks, validQuery } from './row-checks.js';
import { numberOf } from './spark-paths.js';

/** What a dataset became. Without rules there is no quarantine. */
export type Ingested = { valid: DatasetRef; quarantine: DatasetRef | undefined };

/** Folder within the task's for what is needed on the way. */
export const workFolder = '.work';

/** A dataset, its declaration, and the files that can be read as far as is known. */
export type Job = {
  context: OperatorContext;
  spark: SparkSession;
  name: string;
  spec: DatasetSpec;
  types: ColumnTypes;
  files: readonly AcceptedFile[];
};

/**
 * Parts the rows of a dataset in three passes: a narrow one over each unique key, one that writes the rows that break a
 * rule, with the reasons, and one that writes all others. The rules are evaluated once, so one that gives another
 * answer the second time (`created_at <= now()`) can neither lose a row nor write it twice. Rows read must be rows
 * written, by the counts in the footers of the files.
 */
export async function splitRows(job: Job): Promise<Ingested> {
  const { context, spark, name, spec, types, files } = job;
  const { source, rowsRead } = await openSource(job);
  await checkExpressions(name, spec, source);
  const quarantine = await quarantineRows(job);
  const quarantined = quarantine?.ref.rows ?? 0;

  const valid = await step(job, 'write valid rows', async () => {
    const query = validQuery(spec, views.source(name), quarantine && views.quarantine(name));
    const partitionBy = spec.partitionBy.map((partition) => partition.name);
    const { ref, bytes } = await writeDataset(context.storage, name, await spark.sql(query), { partitionBy });
    if (ref.rows + quarantined !== rowsRead) {
      throw new Error(
        `dataset "${name}": of ${rowsRead} rows read, ${ref.rows} were written as valid and ${quarantined} as quarantined, which is not all; were its files changed meanwhile?`,
      );
    }
    context.stats.read(
      rowsRead,
      files.reduce((sum, file) => sum + file.bytes, 0),
    );
    context.stats.wrote(ref.rows, bytes);
    context.stats.rejectRows(quarantined);
    for (const [reason, count] of Object.entries(quarantine?.reasons ?? {})) {
      context.stats.rejectReason(`${name}.${reason}`, count);
    }
    return ref;
  });
  await show(job, name, views.valid(name), ddl(types));
  return { valid, quarantine: quarantine?.ref };
}

/** Names of the session's views of a dataset. */
const views = {
  source: (dataset: string) => `source_${dataset}`,
  files: (dataset: string) => `files_${dataset}`,
  duplicates: (dataset: string, key: number) => `duplicates_${dataset}_${key}`,
  quarantine: (dataset: string) => `quarantined_${dataset}`,
  /** The rows that passed, for the datasets that reference them. */
  valid: (dataset: string) => `valid_${dataset}`,
};

/** Makes the rows of the files a view, and counts them. */
async function openSource(job: Job): Promise<{ source: DataFrame; rowsRead: number }> {
  const { context, spark, name, spec, types, files } = job;
  const view = views.source(name);
  if (spec.format === 'parquet') {
    const source = readParquet(spark, files, types);
    await source.createOrReplaceTempView(view);
    return { source, rowsRead: files.reduce((sum, { rows = 0 }) => sum + rows, 0) };
  }
  // Parsed once, and positions stay what they are.
  const staged = join(workFolder, name, 'parsed');
  const rowsRead = await step(job, 'parse files', async () => {
    const folder = join(context.storage.folder, staged);
    const copies = join(context.storage.folder, workFolder, name, 'copies');
    const rows =
      spec.format === 'csv'
        ? readCsv(spark, files, spec, types)
        : await readJson(spark, files, spec, types, copies);
    await rows.write.mode('overwrite').parquet(folder);
    return (await countWritten(folder)).rows;
  });
  const columns = `${ddl(types)}, _unparsed map<string, string>, _file int, _position bigint`;
  return { source: await show(job, staged, view, columns), rowsRead };
}

/** Makes the paths of the files a view, by number. */
async function showFiles({ spark, name, files }: Job): Promise<void> {
  const rows = files.map((file) => ({ number: numberOf(file), path: file.path }));
  const frame = await spark.createDataFrame(rows, 'number INT, path STRING');
  await frame.createOrReplaceTempView(views.files(name));
}

/** Rows apart, and how many of them have each reason. */
type Quarantine = { ref: DatasetRef; reasons: { [reason: string]: number } };

/** Writes the rows that break a rule. */
async function quarantineRows(job: Job): Promise<Quarantine | undefined> {
  const { context, spark, name, spec, types } = job;
  const checks = rowChecks(spec);
  if (checks.checks.length === 0 && spec.format === 'parquet') return undefined;

  const duplicates: string[] = [];
  for (const [index, key] of checks.keys.entries()) {
    const found = join(workFolder, name, `duplicates-${index}`);
    await step(job, `find duplicates ${index + 1}`, async () => {
      const rows = await spark.sql(duplicatesQuery(views.source(name), key, index));
      await rows.write.mode('overwrite').parquet(join(context.storage.folder, found));
      return null;
    });
    duplicates.push(views.duplicates(name, index));
    const keyTypes = key.map((column, n): [string, string] => [`_key_${n}`, types.get(column) ?? 'string']);
    await show(job, found, views.duplicates(name, index), `${ddl(keyTypes)}, _first_${index} bigint`);
  }

  await showFiles(job);
  const path = join('quarantine', name);
  const quarantine = await step(job, 'quarantine', async () => {
    const query = quarantineQuery(spec, checks, {
      source: views.source(name),
      files: views.files(name),
      duplicates,
      valid: views.valid,
    });
    const rows = await spark.sql(query);
    const { ref } = await writeDataset(context.storage, `quarantine_${name}`, rows, { path });
    if (ref.rows === 0) return { ref, reasons: {} };
    const reasons = await spark.read
      .schema('_reasons array<string>')
      .parquet(join(context.storage.folder, path))
      .selectExpr('explode(_reasons) AS reason')
      .groupBy('reason')
      .count()
      .orderBy('reason')
      .collect<{ reason: string; count: bigint }>();
    return {
      ref,
      reasons: Object.fromEntries(reasons.map((row) => [row.get('reason'), Number(row.get('count'))])),
    };
  });
  await show(job, path, views.quarantine(name), '_position bigint');
  return quarantine;
}

/** Makes columns of Parquet files below the task's folder a view. With the schema given, Spark need not look for it. */
async function show({ context, spark }: Job, path: string, view: string, schema: string): Promise<DataFrame> {
  const folder = join(context.storage.folder, path);
  // An attempt that finished has removed what it no longer needed, and what is left to do does not read it.
  await mkdir(folder, { recursive: true });
  const rows = spark.read.schema(schema).option('timeZone', partitionTimeZone).parquet(folder);
  await rows.createOrReplaceTempView(view);
  return rows;
}

/** A step of a dataset. Tries with different files have different steps: none takes over what another left. */
function step<T extends Json>(
  { context, name, files }: Job,
  what: string,
  body: () => Promise<T>,
): Promise<T> {
  const title = `${name}: ${what}`;
  context.heartbeat({ message: title });
  return context.step(`${title} (${files.length} files)`, () => naming(title, body));
}
