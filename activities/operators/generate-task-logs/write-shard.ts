import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Table } from 'apache-arrow';
import type { GenerateSettings } from '../../../config/sections/generate.js';
import type { BadRowCounts } from './bad-rows.js';
import { type ColumnEncoding, writeParquetFile } from './parquet-file.js';
import { drawProjects, drawUsers } from './population.js';
import { blockRows } from './random-stream.js';
import { TaskColumns } from './task-columns.js';
import { TaskGenerator } from './task-generator.js';

/** Blocks of a file: 256 × 1024 rows take some 5 MB, and what is held in memory is one file. */
const blocksPerFile = 256;
/** Blocks between two turns of the event loop, some 20 ms. */
const blocksPerTurn = 32;

const taskEncodings: Record<string, ColumnEncoding> = {
  task_id: 'delta',
  project_id: 'delta',
  user_id: 'delta',
  task_type: 'enumeration',
  priority: 'enumeration',
  status: 'enumeration',
  created_at: 'delta',
  started_at: 'delta',
  finished_at: 'delta',
  duration_hours: 'plain',
  complexity: 'delta',
};

export type ShardOptions = {
  settings: GenerateSettings;
  /** Which shard, from 0. Shard 0 also writes the dimensions. */
  shard: number;
  /** How many shards in all. */
  shards: number;
  /** Existing folder; the shard's files go to its subfolders `tasks`, `projects` and `users`. */
  folder: string;
  /** Called about every 30,000 rows, and at the end. */
  onProgress?: (progress: { rows: number; total: number }) => void;
  /** Stops between blocks; files that are complete stay. */
  signal?: AbortSignal;
};

/** A dataset of a shard: its rows, and its files relative to the shard's folder. */
export type ShardDataset = { rows: number; bytes: number; files: string[] };

export type ShardResult = {
  tasks: ShardDataset;
  /** Of shard 0 only. */
  projects?: ShardDataset;
  users?: ShardDataset;
  /** How many rows of the shard were spoilt on purpose, by kind. */
  badRows: BadRowCounts;
};

/**
 * Writes one shard of the task logs as Parquet. All shards together hold the same rows in the same order, whatever
 * their number. Memory does not grow with the number of rows. Writing again replaces the files with equal ones.
 *
 * @throws the signal's reason when it was aborted; errors of the file system
 */
export async function writeShard(options: ShardOptions): Promise<ShardResult> {
  const { settings, shard, shards, folder, onProgress, signal } = options;
  const projects = drawProjects(settings);
  const users = drawUsers(settings);
  const generator = new TaskGenerator(settings, projects, users);
  const { firstBlock, endBlock, total } = shardBlocks(settings.records, shard, shards);
  const capacity = Math.max(1, Math.min(blocksPerFile, endBlock - firstBlock)) * blockRows;
  const columns = new TaskColumns(capacity, generator.enumerations);
  const tasks: ShardDataset = { rows: 0, bytes: 0, files: [] };
  await mkdir(join(folder, 'tasks'), { recursive: true });
  let block = firstBlock;
  // A shard without rows writes an empty file: the schema is what its readers need.
  do {
    let rows = 0;
    for (const end = Math.min(block + blocksPerFile, endBlock); block < end; block += 1) {
      rows += generator.fill(columns, rows, block);
      if ((block - firstBlock) % blocksPerTurn === 0) {
        onProgress?.({ rows: tasks.rows + rows, total });
        await setImmediate();
        signal?.throwIfAborted();
      }
    }
    const file = `tasks/part-${number(shard)}-${number(tasks.files.length)}.parquet`;
    tasks.bytes += await writeParquetFile(
      join(folder, file),
      new Table([columns.recordBatch(rows)]),
      taskEncodings,
    );
    tasks.rows += rows;
    tasks.files.push(file);
  } while (block < endBlock);
  onProgress?.({ rows: tasks.rows, total });

  const result: ShardResult = { tasks, badRows: generator.badRows.counts };
  if (shard > 0) return result;
  // Only this shard needs the names.
  const { projectTable, userTable } = await import('./dimensions.js');
  result.projects = await writeDimension(folder, 'projects', projectTable(settings, projects));
  result.users = await writeDimension(folder, 'users', userTable(settings, users));
  return result;
}

/** The blocks of a shard: all shards get the same number of blocks, give or take one. */
function shardBlocks(records: number, shard: number, shards: number) {
  const blocks = Math.ceil(records / blockRows);
  const firstBlock = Math.floor((blocks * shard) / shards);
  const endBlock = Math.floor((blocks * (shard + 1)) / shards);
  const total = Math.min(records, endBlock * blockRows) - Math.min(records, firstBlock * blockRows);
  return { firstBlock, endBlock, total };
}

async function writeDimension(folder: string, name: string, table: Table): Promise<ShardDataset> {
  await mkdir(join(folder, name), { recursive: true });
  const file = `${name}/part-${number(0)}.parquet`;
  const bytes = await writeParquetFile(join(folder, file), table);
  return { rows: table.numRows, bytes, files: [file] };
}

function number(value: number): string {
  return String(value).padStart(5, '0');
}
