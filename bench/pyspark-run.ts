import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Json } from '../activities/operator.js';
import type { Span } from './nightjar-run.js';
import type { Python } from './python.js';

/** What the script is told. */
export type PySparkInput = {
  /** `sc://…` */
  remote: string;
  /** Configuration of its session: that of our tasks' sessions. */
  conf: Record<string, string>;
  /** Folders of the raw data: tasks, projects, users. */
  raw: Record<string, string[]>;
  /** Empty folder for all that it writes. */
  output: string;
  /** Folder of the DAG, whose SQL files both sides use. */
  dagFolder: string;
  /** The settings of the run that it is compared with. */
  config: Json;
};

/** The last line of what the script prints. */
const reportSchema = z.object({
  versions: z.record(z.string(), z.string()),
  /** By stage, under our task ids; `connect` apart. */
  seconds: z.record(z.string(), z.number()),
  /** Of the datasets that it wrote, by our names. */
  rows: z.record(z.string(), z.number()),
  metrics: z.record(z.string(), z.number()),
});

export type PySparkRun = z.output<typeof reportSchema> & {
  /** Of the process, from before Python starts. */
  whole: Span;
};

/** Runs the hand-written script. @throws Error when it fails, or prints no report */
export async function runPySpark(python: Python, input: PySparkInput): Promise<PySparkRun> {
  const file = join(input.output, 'input.json');
  await writeFile(file, JSON.stringify(input));
  const start = Date.now();
  const output = await python.run('pyspark_pipeline.py', [file]);
  const end = Date.now();
  const report = reportSchema.parse(JSON.parse(output.trimEnd().split('\n').at(-1) ?? ''));
  return { ...report, whole: { start, end } };
}
