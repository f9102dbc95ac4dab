import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DatasetRef } from '../../activities/operator.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import { duckdb, parquet } from '../../tests/support/duckdb.js';
import type { Flagship } from './flagship.js';

/** All that came out of a run, as names and values to compare. */
export type Outputs = Record<string, unknown>;

/** Sums of floating-point numbers depend on the order of summing, and that on which executor is done first. */
const roundingTolerance = 1e-9;

/**
 * MLlib draws the candidates for splits of trees from a sample of rows, and which rows that takes depends on their
 * order: on a cluster another one each time, disturbed or not.
 */
const modelTolerance = 0.05;

/** The figures of the report that are a model's. */
const modelFigures = ['duration_rmse'];

export async function outputsOf(flagship: Flagship, record: RunRecord): Promise<Outputs> {
  const outputs: Outputs = { state: record.state };
  for (const { key, output, stats } of record.tasks) {
    if (key.startsWith('generate')) continue;
    for (const dataset of datasetsIn(output)) {
      Object.assign(outputs, await describe(key, dataset, flagship.dataRoot));
    }
    for (const [name, value] of Object.entries(stats?.metrics ?? {}))
      outputs[`${key}: metric ${name}`] = value;
  }
  for (const [name, value] of Object.entries(await figuresOf(record)))
    outputs[`report: figure ${name}`] = value;
  for (const [task, count] of Object.entries(await flagship.committed(record.runId))) {
    outputs[`${task}: committed tries`] = count;
  }
  return outputs;
}

/** What differs, a line each. */
export function differences(expected: Outputs, actual: Outputs): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    const [wanted, got] = [expected[name], actual[name]];
    return isClose(wanted, got, toleranceOf(name)) ? [] : [`${name}: expected ${wanted}, got ${got}`];
  });
}

/** The largest relative difference between numbers of two runs, by whether a model's are meant. */
export function largestDifference(expected: Outputs, actual: Outputs, ofModels: boolean): number {
  const distances = Object.entries(expected).map(([name, wanted]) => {
    const isModels = toleranceOf(name) === modelTolerance;
    return isModels === ofModels ? distance(wanted, actual[name]) : 0;
  });
  return Math.max(0, ...distances);
}

const toleranceOf = (name: string): number =>
  name.startsWith('train: ') || modelFigures.some((figure) => name === `report: figure ${figure}`)
    ? modelTolerance
    : roundingTolerance;

function distance(a: unknown, b: unknown): number {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b ? 0 : Number.POSITIVE_INFINITY;
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

const isClose = (a: unknown, b: unknown, tolerance: number): boolean => distance(a, b) <= tolerance;

/** A dataset's rows, a checksum of all that is exact, and weighted sums of floating-point columns; the order of rows is no matter. */
async function describe(task: string, dataset: DatasetRef, dataRoot: string): Promise<Outputs> {
  const source = parquet(resolve(dataRoot, dataset.path));
  const columns = (await duckdb(`DESCRIBE SELECT * FROM ${source}`)).filter(
    // Where a rejected row came from names the run; how clusters are numbered is the model's affair.
    ({ column_name }) => column_name !== '_source_file' && column_name !== 'cluster',
  );
  const names = (isDouble: boolean): string[] =>
    columns
      .filter(({ column_type }) => (column_type === 'DOUBLE') === isDouble)
      .map(({ column_name }) => `"${column_name}"`);
  const exact = names(false).length === 0 ? '0' : `hash(${names(false).join(', ')})`;
  // Weights tie each number to the row that it is of.
  const sums = names(true).map(
    (name) => `sum(${name} * (row_hash % 1000)) AS ${name}, count(${name}) AS "n_${name.slice(1)}`,
  );
  const [row = {}] = await duckdb(
    `SELECT count(*) AS rows, sum(row_hash) AS checksum${sums.map((sum) => `, ${sum}`).join('')}
     FROM (SELECT *, ${exact} AS row_hash FROM ${source})`,
  );
  const values = Object.entries(row).map(([name, value]) => [
    `${task}: ${dataset.dataset}, ${name}`,
    typeof value === 'number' ? value : String(value),
  ]);
  return { ...Object.fromEntries(values), [`${task}: ${dataset.dataset}, rows as told`]: dataset.rows };
}

function datasetsIn(value: unknown): DatasetRef[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('dataset' in value && 'path' in value) return [value as DatasetRef];
  return Object.values(value).flatMap(datasetsIn);
}

async function figuresOf(record: RunRecord): Promise<Record<string, number>> {
  const report = record.tasks.find(({ key }) => key === 'report')?.output as { json: string };
  return JSON.parse(await readFile(report.json, 'utf8')).figures;
}
