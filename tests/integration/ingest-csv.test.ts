import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatasetRef } from '../../activities/operator.js';
import { ingest } from '../../activities/operators/ingest/operator.js';
import { duckdb, parquet } from '../support/duckdb.js';
import { TestTasks } from '../support/operator-context.js';
import { tempFolder } from '../support/temp-folder.js';

type Row = Record<string, string | null>;

/** Ingests files of columns a and b, whose text or bytes are given by name. */
async function ingested(files: Record<string, string | Buffer>, options: object = {}) {
  const folder = tempFolder();
  await mkdir(join(folder, 'in'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'in', name), text);
  const schema = { a: 'string', b: 'string' };
  const { output, stats } = await new TestTasks(join(folder, 'data'), folder).run(ingest, 'ingest', {
    datasets: { d: { files: 'in', format: 'csv', options, schema } },
  });
  const { d, quarantine } = output as { d: DatasetRef; quarantine: { d: DatasetRef } };
  const rows = (ref: DatasetRef, select: string) =>
    duckdb(`SELECT ${select} FROM ${parquet(join(folder, 'data', ref.path))} ORDER BY ALL`);
  const bad = await rows(
    quarantine.d,
    "_source_file AS file, _unparsed['*'] AS text, len(_reasons) AS reasons",
  );
  return {
    good: ((await rows(d, 'a, b')) as Row[]).map(({ a, b }) => [a, b]),
    bad: bad.map(({ file, text }) => ({ file: basename(String(file)), text: text as string | null })),
    stats,
  };
}

describe('CSV', () => {
  it("gives the rows that Python's reader gives, and never others", async () => {
    const count = 120;
    const texts = fc.sample(csvFile, { seed: 20260301, numRuns: count });
    const files = texts.map((text, index): [string, string] => [`${index}.csv`, text(index)]);
    const expected = pythonRows(files.map(([, text]) => text));

    const { good, bad, stats } = await ingested(Object.fromEntries(files));

    expect(stats.rowsRead).toBe(stats.rowsWritten + stats.rowsRejected);
    for (const [index, { rows, error }] of expected.entries()) {
      const mine = good.filter(([a]) => a === String(index)).map(([, b]) => b);
      const theirs = rows.flatMap((row) =>
        row.length === 2 && row[0] === String(index) ? [row[1] || null] : [],
      );
      const malformed = bad.filter(({ file }) => file === `${index}.csv`).length;
      const text = JSON.stringify(files[index]);
      // Python stops at the first error.
      if (error) expect(mine, text).toEqual(expect.arrayContaining(theirs));
      else expect(mine.sort(), text).toEqual(theirs.sort());
      const notTwo = rows.filter(
        (row) => row.length > 2 || (row.length === 1 && !/^[\0- ]*$/.test(row[0] ?? '')),
      );
      expect(malformed, text).toBeGreaterThanOrEqual(notTwo.length + (error ? 1 : 0));
    }
  });

  it('makes each line of a record malformed whose quotes are not sound, and goes on after it', async () => {
    const { good, bad } = await ingested({
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
    const { good, bad } = await ingested(Object.fromEntries(names.map((name) => [name, 'a,b\n1,ok\nbad\n'])));
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
    const { good, bad } = await ingested({ 'x.csv': text }, options);
    expect(good).toEqual([
      ['\\\\n', '| 1'],
      ["it's", 'x||y'],
      [null, ''],
    ]);
    expect(bad.map(({ text }) => text).sort()).toEqual(["'a''b'||2", '3|']);
  });

  it('read UTF-16; what is no text is malformed', async () => {
    const bytes = Buffer.from('\uFEFFa,b\n1,ü😀\n2,\uD83D\n3,"x\r\ny"\n', 'utf16le').swap16();
    const { good, bad } = await ingested({ 'x.csv': bytes }, { encoding: 'UTF-16' });
    expect(good).toEqual([
      ['1', 'ü😀'],
      ['3', 'x\r\ny'],
    ]);
    expect(bad.map(({ text }) => text)).toEqual(['2,\uFFFD']);
  });

  it('let a tab separate fields, also when all are empty', async () => {
    const { good } = await ingested({ 'x.tsv': 'a\tb\n1\t"x\ty"\n\t\n  \n' }, { sep: '\\t' });
    expect(good).toEqual([
      ['1', 'x\ty'],
      [null, null],
    ]);
  });
});

const pieces = ['a', 'b c', ',', '"', '""', '\\', ' ', '\t', 'ü', '😀', '\0', '\x1b1', '#'];
const text = (...from: string[]) =>
  fc.array(fc.constantFrom(...from), { maxLength: 4 }).map((parts) => parts.join(''));
const field = fc.oneof(
  text('a', 'b c', '\\', ' ', 'ü', '\x1b', "'").map((plain) => plain),
  text(...pieces, '\n', '\r\n', '\r').map((value) => `"${value.replaceAll('"', '""')}"`),
);

/** A file whose first field of each record is a number that is given; some of its records are anything. */
const csvFile = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: text(...pieces) }),
      fc.constantFrom('\n', '\r\n', '\r'),
    ),
    { maxLength: 5 },
  )
  .map((records) => (index: number) => `a,b\n${records.map(([b, end]) => `${index},${b}${end}`).join('')}`);

/** The records of each text, without the first, up to the first that is none. */
function pythonRows(texts: string[]): { rows: string[][]; error: boolean }[] {
  const program = `
import csv, io, json, sys
def read(text):
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(row)
    except csv.Error:
        return {"rows": rows[1:], "error": True}
    return {"rows": rows[1:], "error": False}
print(json.dumps([read(text) for text in json.load(sys.stdin)]))`;
  return JSON.parse(
    execFileSync('python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' }),
  );
}
