import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readParquetFooter } from '../../activities/datasets/parquet-footer.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { target } from './target.js';

const original = readFileSync(join(repositoryRoot, 'tests/fixtures/cases/pq-nanos/data/a.parquet'));

const folder = mkdtempSync(join(tmpdir(), 'nightjar-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Rows that a footer may claim: more is damage, not data. */
const mostRows = Number.MAX_SAFE_INTEGER;

export const parquetTarget = target({
  name: 'Parquet footers',
  arbitrary: fc.record({
    bytes: fc.array(fc.tuple(fc.nat({ max: original.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
    length: fc.oneof(fc.constant(original.length), fc.nat({ max: original.length })),
  }),
  check: async ({ bytes, length }) => {
    const damaged = Buffer.from(original);
    for (const [at, byte] of bytes) damaged[at] = byte;
    const file = join(folder, 'damaged.parquet');
    writeFileSync(file, damaged.subarray(0, length));
    const footer = await readParquetFooter(file).catch((error: unknown) => {
      if (error instanceof Error && error.message !== '') return undefined;
      throw error;
    });
    if (footer === undefined) return;
    const { rows, columns } = footer;
    if (!Number.isInteger(rows) || rows < 0 || rows > mostRows) throw new Error(`claims ${rows} rows`);
    if (columns.some(({ name, type }) => typeof name !== 'string' || type === ''))
      throw new Error('a column without name or type');
  },
});
