import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ingest } from '../../../activities/operators/ingest/operator.js';
import { look, useCases } from '../../support/cases.js';
import { TestTasks } from '../../support/operator-context.js';
import { tempFolder } from '../../support/temp-folder.js';

const cases = useCases();
const seen = async (dagId: string) => look(await cases.run(dagId));

describe.concurrent('file names are names', () => {
  it('that look like patterns', async () => {
    expect((await seen('csv-glob-names')).good).toEqual([
      { id: 1, shop: 'one' },
      { id: 2, shop: 'two' },
      { id: 3, shop: 'two' },
    ]);
    expect((await seen('csv-brace-name')).good).toEqual([
      { id: 1, shop: 'brace' },
      { id: 2, shop: 'plain' },
    ]);
  });

  it('with any characters, of CSV and Parquet', async () => {
    const csv = await seen('csv-odd-names');
    expect(csv.good.map((row) => Object.values(row as object)[1])).toEqual([
      'space',
      'pct',
      'colon',
      'hash',
      'umlaut',
    ]);
    const parquet = await seen('pq-names');
    expect(parquet.good).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
    expect([csv.rejected, parquet.rejected]).toEqual([{}, {}]);
  });

  it('to sensors too', async () => {
    const { outputs } = await cases.run('sensor-glob');
    const names = Object.fromEntries(
      Object.entries(outputs).map(([task, output]) => [
        task,
        (output as { files: string[] }).files.map((file) => basename(file)),
      ]),
    );
    expect(names).toEqual({ exact: ['sales[1].csv'], brace: ['a{1}.csv'], paren: ['f (1).csv'] });
  });
});

it('each real file is read once, whatever links lead to it and in circles', async () => {
  const folder = tempFolder();
  await mkdir(join(folder, 'links/a'), { recursive: true });
  await writeFile(join(folder, 'links/a/x.csv'), 'id,name\n1,one\n');
  await symlink('x.csv', join(folder, 'links/a/y.csv'));
  await symlink('..', join(folder, 'links/a/up'));
  await symlink('a', join(folder, 'links/b'));
  const [{ with: params }] = parse(await readFile('tests/fixtures/hostile/symlinks.yaml', 'utf8')).tasks;

  const { output, stats } = await new TestTasks(join(folder, 'data'), folder).run(ingest, 'dup', params);

  expect(output).toMatchObject({ d: { rows: 1 } });
  expect(stats.rejectedFiles).toEqual([]);
});

describe.concurrent('Parquet files', () => {
  it('are rejected for names that differ by case, in these words', async () => {
    const { good, rejected } = await seen('pq-case');
    expect(good).toEqual([{ id: 3 }]);
    expect(rejected).toEqual({
      'a.parquet': 'columns id and ID differ only by case',
      'b.parquet': 'column id is missing, there is Id',
    });
  });

  it('are rejected for times that are not those declared', async () => {
    const { good, rejected } = await seen('pq-nanos');
    expect(good.map((row) => (row as { id: number }).id)).toEqual([2, 3]);
    expect(rejected).toEqual({
      'a.parquet': expect.stringContaining('column at is Parquet INT64 TIMESTAMP(NANOS'),
      'd.parquet': 'column at is timestamp_ntz, expected timestamp',
    });
  });

  it('may be empty', async () => {
    const { good, rejected } = await seen('pq-empty');
    expect({ good, rejected }).toEqual({ good: [], rejected: {} });
  });
});
