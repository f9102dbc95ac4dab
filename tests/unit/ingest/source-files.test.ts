import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DatasetRef } from '../../../activities/operator.js';
import { sourceFiles } from '../../../activities/operators/ingest/source-files.js';
import { tempFolder } from '../../support/temp-folder.js';

/** A DAG's folder with some files, and the files that sources stand for, relative to it. */
async function setUp(...files: string[]) {
  const folder = tempFolder();
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
  const notCalled = () => {
    throw new Error('not to be called');
  };
  const storage = {
    root: folder,
    folder,
    publish: notCalled,
    find: notCalled,
    locate: async (ref: DatasetRef) => join(folder, ref.path),
  };
  return async (...sources: (string | DatasetRef)[]) => {
    const found = await sourceFiles(sources, { storage, dagFolder: folder });
    return found.map((file) => file.slice(folder.length + 1));
  };
}

const ref = (path: string): DatasetRef => ({ dataset: 'raw', path, rows: 0, schemaHash: '' });

describe('source files', () => {
  it('are a file, all of a folder, those of a pattern or of a dataset, in this order', async () => {
    const find = await setUp(
      'one.csv',
      'in/b.csv',
      'in/a/c.csv',
      'in/_SUCCESS',
      'in/.crc',
      'in/_tmp/d.csv',
      'out/f.csv',
      'out/e.csv',
    );
    expect(await find('one.csv')).toEqual(['one.csv']);
    expect(await find(ref('out'), 'in')).toEqual(['out/e.csv', 'out/f.csv', 'in/a/c.csv', 'in/b.csv']);
    expect(await find('in/**/*.csv')).toEqual(['in/a/c.csv', 'in/b.csv']);
    expect(await find('{in,out}/*.csv', 'out')).toEqual(['in/b.csv', 'out/e.csv', 'out/f.csv']);
  });

  it.each([
    ['no.csv', /no\.csv: there is no file, and no folder with data files/],
    ['*.json', /no file matches \*\.json/],
    ['empty', /empty: there is no file, and no folder with data files/],
  ])('must exist: %s', async (source, message) => {
    const find = await setUp('empty/_SUCCESS');
    await expect(find(source)).rejects.toMatchObject({
      type: 'InvalidParams',
      message: expect.stringMatching(message),
    });
  });
});
