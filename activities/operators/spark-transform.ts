import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DataFrame, SparkSession } from 'spark-connect-js';
import { z } from 'zod';
import { code } from '../../dag/schema/code.js';
import { datasetName } from '../datasets/dataset-ref.js';
import { sameName, sameNameMessage } from '../datasets/distinct-names.js';
import { inputs, openInputs } from '../datasets/inputs.js';
import { naming } from '../datasets/query.js';
import { writeDataset } from '../datasets/write-dataset.js';
import { importModule } from '../import-module.js';
import { type DatasetRef, defineOperator, type Json, OperatorError } from '../operator.js';

/**
 * What a transformation module exports as its default: DataFrames made of the inputs, by the name that each is written
 * under. It is called again when a task is retried, so it must give the same DataFrames for the same inputs.
 */
export type Transform = (
  spark: SparkSession,
  inputs: Record<string, DataFrame>,
  args: Record<string, Json>,
) => Record<string, DataFrame> | Promise<Record<string, DataFrame>>;

const params = z.strictObject({
  /** TypeScript or JavaScript module, relative to the DAG's folder. */
  module: code('program', z.string().min(1)),
  /** Datasets of other tasks. */
  inputs,
  /** Handed to the module as they are. */
  args: z.record(z.string(), z.json()).default({}),
  /** Columns that become folders, by dataset. */
  partitionBy: z.record(datasetName, z.array(z.string().min(1))).default({}),
});

/** Writes the DataFrames that a module of the user makes. */
export const sparkTransform = defineOperator({
  name: 'spark-transform',
  description: 'Transforms datasets by a TypeScript module',
  params,
  async run(context, { module, inputs, args, partitionBy }): Promise<Record<string, DatasetRef>> {
    const transform = await loadTransform(resolve(context.dagFolder, module), module);
    const spark = await context.spark();
    const frames = await openInputs(context, spark, inputs);
    const results = await naming(module, async () => transform(spark, frames, args));
    const output: Record<string, DatasetRef> = {};
    for (const [name, rows] of checkNames(module, results, partitionBy)) {
      context.heartbeat({ message: `writing ${name}` });
      output[name] = await context.step(`write ${name}`, () =>
        naming(`${module}, dataset "${name}"`, async () => {
          const { ref, bytes } = await writeDataset(context.storage, name, rows, {
            partitionBy: partitionBy[name] ?? [],
          });
          context.stats.wrote(ref.rows, bytes);
          return ref;
        }),
      );
    }
    return output;
  },
});

async function loadTransform(path: string, module: string): Promise<Transform> {
  await access(path).catch(() => {
    throw new OperatorError('InvalidParams', `module: there is no file ${path}`);
  });
  const { default: transform } = await importModule(path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      'InvalidParams',
      `${module} cannot be loaded as an ES module: ${reason}; its package.json needs "type": "module", or its name the ending .mts`,
      null,
      { cause: error },
    );
  });
  if (typeof transform !== 'function') {
    throw new OperatorError(
      'InvalidParams',
      `${module}: expected a default export (spark, inputs, args) => ({ <name>: <DataFrame> })`,
    );
  }
  return transform as Transform;
}

function checkNames(
  module: string,
  results: Record<string, DataFrame>,
  partitionBy: Record<string, string[]>,
): [string, DataFrame][] {
  const entries = Object.entries(results ?? {});
  const wrong = entries.find(([name]) => !datasetName.safeParse(name).success);
  if (entries.length === 0 || wrong !== undefined) {
    const found = wrong === undefined ? 'none' : `"${wrong[0]}"`;
    throw new OperatorError(
      'InvalidParams',
      `${module}: expected DataFrames by names such as daily_sales, got ${found}`,
    );
  }
  const [one, other] = sameName(Object.keys(results)) ?? [];
  if (one !== undefined && other !== undefined) {
    throw new OperatorError('InvalidParams', `${module}: ${sameNameMessage(one, other)}`);
  }
  const unknown = Object.keys(partitionBy).find((name) => results[name] === undefined);
  if (unknown !== undefined) {
    const names = Object.keys(results).join(', ');
    throw new OperatorError(
      'InvalidParams',
      `partitionBy: ${module} makes no dataset "${unknown}"; it makes ${names}`,
    );
  }
  return entries;
}
