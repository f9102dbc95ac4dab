import { join } from 'node:path';
import type { SparkSession } from 'spark-connect-js';
import { type OperatorContext, OperatorError } from '../../operator.js';
import { checkFiles, linkFiles, type RejectedFile } from './check-files.js';
import { columnTypes } from './column-types.js';
import { damagedFile } from './damaged-file.js';
import type { DatasetSpec } from './params.js';
import { sourceFiles } from './source-files.js';
import { type Ingested, splitRows, workFolder } from './split-rows.js';

/**
 * Ingests one dataset: holds its files against the schema and its rows against the rules, and writes the rows that
 * pass and, apart from them, those that do not.
 * @throws OperatorError `InvalidParams`, `SchemaMismatch` when no file is left
 */
export async function ingestDataset(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: DatasetSpec,
): Promise<Ingested> {
  const types = columnTypes(spec);
  const folder = join(context.storage.folder, workFolder, name, 'files');
  const checked = await context.step(`${name}: check files`, async () =>
    checkFiles(await sourceFiles(spec.files, context), spec, types, folder),
  );
  await linkFiles(checked.accepted, folder);
  if (checked.undeclared.length > 0) {
    const columns = checked.undeclared.map((column) => column || '(one without a name)').join(', ');
    context.log.warn(
      { dataset: name },
      `columns of ${name} that its schema does not declare are ignored: ${columns}`,
    );
  }
  const rejected: RejectedFile[] = [];
  const reject = (file: RejectedFile): void => {
    rejected.push(file);
    context.stats.rejectFile(file.file, file.reason);
  };
  checked.rejected.forEach(reject);
  for (;;) {
    const files = checked.accepted.filter(({ path }) => rejected.every(({ file }) => file !== path));
    if (files.length === 0) throw noFileLeft(name, rejected);
    try {
      return await splitRows({ context, spark, name, spec, types, files });
    } catch (error) {
      // Damage behind a sound footer shows when the rows are read: without that file, the others start anew.
      const damaged = damagedFile(error, files);
      if (damaged === undefined) throw error;
      reject(damaged);
    }
  }
}

/** Files that an error message lists at most. */
const maxListed = 5;

function noFileLeft(name: string, rejected: readonly RejectedFile[]): OperatorError {
  const listed = rejected.slice(0, maxListed).map(({ file, reason }) => `${file} (${reason})`);
  const more = rejected.length > maxListed ? `; and ${rejected.length - maxListed} more` : '';
  return new OperatorError(
    'SchemaMismatch',
    `dataset "${name}": none of its files can be ingested: ${listed.join('; ')}${more}`,
    rejected.slice(0, maxListed),
  );
}
