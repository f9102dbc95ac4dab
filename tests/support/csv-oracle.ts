import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { type IngestedTexts, ingested } from './ingest-texts.js';

/** How the files of {@link csvFile} are declared. */
export const csvFormat = { format: 'csv', schema: { a: 'string', b: 'string' } } as const;

/** Ingests texts that {@link csvFile} made with their index. @returns where the result is not Python's */
export async function csvDifferences(texts: readonly string[]): Promise<string[]> {
  const files = Object.fromEntries(texts.map((text, index) => [`${index}.csv`, text]));
  const result = await ingested(files, csvFormat);
  const { rowsRead, rowsWritten, rowsRejected } = result.stats;
  const differences = pythonRows(texts).flatMap((expected, index) => {
    const difference = csvDifference(index, expected, result);
    return difference === undefined ? [] : [`${JSON.stringify(texts[index])}: ${difference}`];
  });
  if (rowsRead !== rowsWritten + rowsRejected)
    differences.push(`${rowsRead} rows read, ${rowsWritten} written, ${rowsRejected} rejected`);
  return differences.sort((one, other) => one.length - other.length);
}

type PythonRows = { rows: string[][]; error: boolean };

function csvDifference(
  index: number,
  { rows, error }: PythonRows,
  { good, bad }: IngestedTexts,
): string | undefined {
  const mine = good.flatMap(([a, b]) => (a === String(index) ? [b] : [])).sort();
  const theirs = rows
    .flatMap((row) => (row.length === 2 && row[0] === String(index) ? [row[1] || null] : []))
    .sort();
  // Python stops at the first error.
  const isRight = error ? contains(mine, theirs) : JSON.stringify(mine) === JSON.stringify(theirs);
  if (!isRight) return `rows ${JSON.stringify(mine)}, by Python ${JSON.stringify(theirs)}`;
  const malformed = bad.filter(({ file }) => file === `${index}.csv`).length;
  const notTwo = rows.filter(
    (row) => row.length > 2 || (row.length === 1 && !/^[\0- ]*$/.test(row[0] ?? '')),
  );
  const least = notTwo.length + (error ? 1 : 0);
  return malformed < least ? `${malformed} malformed, by Python at least ${least}` : undefined;
}

const contains = (all: readonly unknown[], some: readonly unknown[]): boolean =>
  some.every((each) => all.includes(each));

const pieces = ['a', 'b c', ',', '"', '""', '\\', ' ', '\t', 'ü', '😀', '\0', '\x1b1', '#'];
const text = (...from: string[]) =>
  fc.array(fc.constantFrom(...from), { maxLength: 4 }).map((parts) => parts.join(''));
const field = fc.oneof(
  text('a', 'b c', '\\', ' ', 'ü', '\x1b', "'").map((plain) => plain),
  text(...pieces, '\n', '\r\n', '\r').map((value) => `"${value.replaceAll('"', '""')}"`),
);

/** A file whose first field of each record is a number that is given; some of its records are anything. */
export const csvFile: fc.Arbitrary<(index: number) => string> = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: text(...pieces) }),
      fc.constantFrom('\n', '\r\n', '\r'),
    ),
    { maxLength: 5 },
  )
  .map((records) => (index: number) => `a,b\n${records.map(([b, end]) => `${index},${b}${end}`).join('')}`);

/** The records of each text, without the first, up to the first that is none. */
function pythonRows(texts: readonly string[]): PythonRows[] {
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
