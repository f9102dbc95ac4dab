import { stat } from 'node:fs/promises';
import { SparkConnectError } from 'spark-connect-js';
import { z } from 'zod';
import { formatDuration } from '../../dag/duration.js';
import { duration } from '../../dag/schema/primitives.js';
import { naming } from '../datasets/query.js';
import { findFiles } from '../files/find-files.js';
import { defineSensor, type OperatorContext } from '../operator.js';

/** Names that the output holds at most. */
const maxNames = 200;

type File = { path: string; bytes: number; modifiedAt: number };

/** Waits for files. */
export const fileSensor = defineSensor({
  name: 'file-sensor',
  description: 'Waits for files, on a file system or in an object store',
  params: z.strictObject({
    path: z
      .string()
      .min(1)
      .describe(
        "A file, a folder or a pattern such as in/*.csv, relative to the DAG's folder; or an address such as s3a://bucket/in",
      ),
    minFiles: z.int().min(1).default(1).describe('How many files there must be'),
    stableFor: duration.default(0).describe('How long none of them must have changed'),
  }),
  async poke(context, { path, minFiles, stableFor }) {
    const files = /^[a-z][a-z0-9+.-]*:\/\//i.test(path)
      ? await remoteFiles(context, path)
      : await localFiles(context.dagFolder, path);
    if (files.length < minFiles)
      return { done: false, message: `${files.length} of ${minFiles} files at ${path}` };
    const newest = Math.max(...files.map(({ modifiedAt }) => modifiedAt));
    if (Date.now() - newest < stableFor)
      return { done: false, message: `${path} has changed within ${formatDuration(stableFor)}` };
    const names = files.map((file) => file.path).sort();
    return {
      done: true,
      output: {
        files: names.slice(0, maxNames),
        count: files.length,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      },
    };
  },
});

/** Those that ingest would read (see {@link findFiles}). */
async function localFiles(dagFolder: string, path: string): Promise<File[]> {
  const files = await Promise.all(
    (await findFiles(path, dagFolder)).map(async ({ path }) => {
      // One that has just gone is not there.
      const file = await stat(path).catch(() => undefined);
      return file?.isFile() ? { path, bytes: file.size, modifiedAt: file.mtimeMs } : undefined;
    }),
  );
  return files.filter((file) => file !== undefined);
}

/** The same by Spark, which knows the file systems that it was set up for. Lists them, and doesn't read them. */
async function remoteFiles(context: OperatorContext, path: string): Promise<File[]> {
  const spark = await context.spark();
  const frame = spark.read.format('binaryFile').option('recursiveFileLookup', 'true').load(path);
  try {
    const rows = await naming(path, () =>
      frame
        .selectExpr('path', 'length', 'unix_millis(modificationTime) AS modified')
        .collect<{ path: string; length: bigint; modified: bigint }>(),
    );
    return rows.map((row) => ({
      path: row.get('path'),
      bytes: Number(row.get('length')),
      modifiedAt: Number(row.get('modified')),
    }));
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof SparkConnectError && cause.errorClass === 'PATH_NOT_FOUND') return [];
    throw error;
  }
}
