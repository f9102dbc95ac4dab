import { z } from 'zod';
import { generateSettings } from '../../../config/sections/generate.js';
import { type DatasetRef, defineOperator, type OperatorContext, type SchemaField } from '../../operator.js';
import { badRowKinds } from './bad-rows.js';
import { projectSchema, taskSchema, userSchema } from './schemas.js';
import { type ShardDataset, writeShard } from './write-shard.js';

const params = z
  .strictObject({
    /** The `generate` section of the configuration. */
    settings: generateSettings,
    /** Which shard to write, from 0: usually the map index. Default 0. */
    shard: z.int().min(0).default(0),
    /** How many shards there are. Default 1. */
    shards: z.int().min(1).max(1000).default(1),
  })
  .refine(({ shard, shards }) => shard < shards, {
    path: ['shard'],
    error: 'expected a shard from 0 to shards − 1',
  });

/**
 * Writes one shard of generated task logs; shard 0 also writes the dimensions. Output: references to `tasks`, and
 * from shard 0 to `projects` and `users`, and in `badRows` how many rows were spoilt on purpose, by kind.
 */
export const generateTaskLogs = defineOperator({
  name: 'generate-task-logs',
  description: 'Writes one shard of generated task logs, reproducible by seed, as Parquet',
  params,
  async run(context, { settings, shard, shards }) {
    const result = await writeShard({
      settings,
      shard,
      shards,
      folder: context.storage.folder,
      signal: context.signal,
      onProgress: ({ rows, total }) =>
        context.heartbeat({
          fraction: total === 0 ? 1 : rows / total,
          message: `${rows.toLocaleString('en')} of ${total.toLocaleString('en')} rows`,
        }),
    });
    const bad = badRowKinds.reduce((sum, kind) => sum + result.badRows[kind], 0);
    context.log.info({ rows: result.tasks.rows, files: result.tasks.files.length, bad }, 'task logs written');
    return {
      tasks: publish(context, 'tasks', result.tasks, taskSchema),
      ...(result.projects && { projects: publish(context, 'projects', result.projects, projectSchema) }),
      ...(result.users && { users: publish(context, 'users', result.users, userSchema) }),
      badRows: result.badRows,
    };
  },
});

function publish(
  context: OperatorContext,
  name: string,
  { rows, bytes }: ShardDataset,
  schema: SchemaField[],
): DatasetRef {
  context.stats.wrote(rows, bytes);
  return context.storage.publish(name, { path: name, rows, schema });
}
