import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseDag } from '../../dag/parse-dag.js';
import { formatSourceError } from '../../dag/source.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { target } from './target.js';

/** The DAG files of the repository, to be changed at random. */
const documents = ['config/dags', 'examples', 'tests/fixtures/cases'].flatMap((folder) =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(repositoryRoot, folder, name), 'utf8'))
    .filter((text) => text.includes('dagId:')),
);

/** Pieces that mean something in YAML, in templates or to the parser of expressions. */
const pieces = fc.oneof(
  fc.constantFrom(
    ...[
      '\n',
      '  ',
      '- ',
      ': ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: *a',
      '!!binary ',
      '|',
      '>',
      '"',
      "'",
      '#',
      '\t',
    ],
    ...[
      '${{',
      '}}',
      'tasks.',
      'params.x',
      '.output',
      '__proto__: ',
      'constructor: ',
      'null',
      '~',
      '.nan',
      '1e999',
    ],
    ...[
      '9007199254740993',
      '0.1000000000000000055',
      '-0',
      '0x10',
      '2026-02-31',
      'expand: ',
      'group: ',
      'dependsOn: ',
    ],
    ...['\u0000', '\u2028', '\ud800', '\ufeff', '😀', 'é'],
  ),
  fc.string({ maxLength: 6 }),
);

type Edit = { at: number; remove: number; insert: string };

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 40 }),
  insert: pieces,
});

const edited = (text: string, edits: readonly Edit[]): string =>
  edits.reduce((result, { at, remove, insert }) => {
    const position = Math.floor(at * result.length);
    return result.slice(0, position) + insert + result.slice(position + remove);
  }, text);

export const documentTarget = target({
  name: 'DAG documents',
  arbitrary: fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...documents), fc.array(edit, { maxLength: 8 })) },
    { weight: 1, arbitrary: fc.tuple(fc.string({ maxLength: 300 }), fc.constant([])) },
  ),
  check: ([text, edits]) => {
    const parsed = parseDag(edited(text, edits), { file: 'fuzzed.yaml' });
    if (parsed.ok) {
      if (!/^[0-9a-f]{64}$/.test(parsed.hash)) throw new Error(`the hash is ${parsed.hash}`);
      return;
    }
    if (parsed.errors.length === 0) throw new Error('refused without a reason');
    for (const error of parsed.errors) {
      if (error.line < 1 || error.message === '')
        throw new Error(`says nothing: ${formatSourceError(error)}`);
    }
  },
});
