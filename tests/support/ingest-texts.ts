import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Json } from '@duckdb/node-api';
import type { DatasetRef } from '../../activities/operator.js';
import { ingest } from '../../activities/operators/ingest/operator.js';
import type { StageCounts } from '../../dag/stage-counts.js';
import { parquet, plainRows } from './duckdb.js';
import { TestTasks } from './operator-context.js';

/** How files are declared. */
export type TextFormat = {
  format: 'csv' | 'json';
  /** Spark SQL types by column. */
  schema: Record<string, string>;
  options?: object;
};

/** A quarantined row. `text` is that of a whole record that is none. */
export type BadRow = { file: string; text: string | null; values: Json[]; reasons: string[] };

/** What became of files. Values are in the order of the columns. */
export type IngestedTexts = { good: Json[][]; bad: BadRow[]; stats: StageCounts };

/** Ingests files, whose text or bytes are given by name, with the real operator. */
export async function ingested(
  files: Record<string, string | Buffer>,
  { format, schema, options = {} }: TextFormat,
): Promise<IngestedTexts> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nightjar-test-')));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await mkdir(join(folder, 'in'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'in', name), text);
    const dataRoot = join(folder, 'data');
    const { output, stats } = await new TestTasks(dataRoot, folder).run(ingest, 'ingest', {
      datasets: { d: { files: 'in', format, options, schema } },
    });
    const { d, quarantine } = output as { d: DatasetRef; quarantine: { d: DatasetRef } };
    const columns = Object.keys(schema).map((name) => `"${name}"`);
    const rows = (ref: DatasetRef, select: readonly string[]) =>
      plainRows(`SELECT ${select.join(', ')} FROM ${parquet(join(dataRoot, ref.path))} ORDER BY ALL`);
    const bad = await rows(quarantine.d, ['_source_file', "_unparsed['*']", '_reasons', ...columns]);
    return {
      good: await rows(d, columns),
      bad: bad.map(([file, text, reasons, ...values]) => ({
        file: basename(String(file)),
        text: text as string | null,
        values,
        reasons: reasons as string[],
      })),
      stats,
    };
  } finally {
    process.off('exit', remove);
    remove();
  }
}
