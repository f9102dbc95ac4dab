import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvDifferences, csvFile, csvFormat } from '../support/csv-oracle.js';
import { ingested } from '../support/ingest-texts.js';

/** Ingests files of columns a and b. */
const ingestCsv = (files: Record<string, string | Buffer>, options: object = {}) =>
  ingested(files, { ...csvFormat, options });

describe('CSV', () => {
  it("gives the rows that Python's reader gives, and never others", async () => {
    const texts = fc.sample(csvFile, { seed: 20260301, numRuns: 120 }).map((text, index) => text(index));
    expect(await csvDifferences(texts)).toEqual([]);
  });

  it('makes each line of a record malformed whose quotes are not sound, and goes on after it', async () => {
    const { good, bad } = await ingestCsv({
      'text after.csv': 'a,b\n1,"x"y\n2,ok\n',
      'unclosed.csv': 'a,b\n3,ok\n4,"x\n5,y\n\n6,z\n',
      'closed by the next.csv': 'a,b\n7,"x\n8,"y"\n9,ok\n',
      'too few, too many.csv': 'a,b\n10\n11,x,y\n12,ok\n',
      'too many for Spark.csv': `a,b\n13,ok\n${','.repeat(30_000)}\n`,
    });
    expect(good.map(([a]) => Number(a)).sort((one, other) => one - other)).toEqual([2, 3, 9, 12, 13]);
    expect(bad.map(({ file, text }) => [file, text?.slice(0, 10)])).toEqual([
      ['closed by the next.csv', '7,"x'],
      ['closed by the next.csv', '8,"y"'],
      ['text after.csv', '1,"x"y'],
      ['too few, too many.csv', '10'],
      ['too few, too many.csv', '11,x,y'],
      ['too many for Spark.csv', ',,,,,,,,,,'],
      ['unclosed.csv', '4,"x'],
      ['unclosed.csv', '5,y'],
      ['unclosed.csv', '6,z'],
    ]);
  });

  it('keeps the names of files, whatever is in them', async () => {
    const names = [
      '10:00.csv',
      'a b+%41.csv',
      'back\\slash.csv',
      'new\nline.csv',
      'x[1]{2}*?.csv',
      'ü#,.csv',
      "it's.csv",
    ];
    const { good, bad } = await ingestCsv(
      Object.fromEntries(names.map((name) => [name, 'a,b\n1,ok\nbad\n'])),
    );
    expect(good).toHaveLength(names.length);
    expect(bad.map(({ file }) => file).sort()).toEqual(names.sort());
  });
});

describe('options of CSV', () => {
  it('escape quotes, trim, separate by several characters, and say what is null', async () => {
    const options = {
      sep: '||',
      quote: "'",
      escape: '\\',
      nullValue: 'NA',
      ignoreLeadingWhiteSpace: true,
      ignoreTrailingWhiteSpace: true,
    };
    const text = "a|| b \n 'it\\'s' ||  'x||y'\n '\\\\\\n' ||| 1\n NA || '' \n'a''b'||2\n3|";
    const { good, bad } = await ingestCsv({ 'x.csv': text }, options);
    expect(good).toEqual([
      ['\\\\n', '| 1'],
      ["it's", 'x||y'],
      [null, ''],
    ]);
    expect(bad.map(({ text }) => text).sort()).toEqual(["'a''b'||2", '3|']);
  });

  it('read UTF-16; what is no text is malformed', async () => {
    const bytes = Buffer.from('\uFEFFa,b\n1,ü😀\n2,\uD83D\n3,"x\r\ny"\n', 'utf16le').swap16();
    const { good, bad } = await ingestCsv({ 'x.csv': bytes }, { encoding: 'UTF-16' });
    expect(good).toEqual([
      ['1', 'ü😀'],
      ['3', 'x\r\ny'],
    ]);
    expect(bad.map(({ text }) => text)).toEqual(['2,\uFFFD']);
  });

  it('let a tab separate fields, also when all are empty', async () => {
    const { good } = await ingestCsv({ 'x.tsv': 'a\tb\n1\t"x\ty"\n\t\n  \n' }, { sep: '\\t' });
    expect(good).toEqual([
      ['1', 'x\ty'],
      [null, null],
    ]);
  });
});
