import { z } from 'zod';
import { parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError } from '../../../dag/source.js';

const operators = new Map<string, z.ZodType>([
  [
    'copy',
    z.strictObject({
      from: z.string(),
      rows: z.int().min(1).optional(),
      mode: z.enum(['append', 'overwrite']).optional(),
      nested: z.strictObject({ depth: z.int() }).optional(),
    }),
  ],
  ['print', z.strictObject({})],
]);

const config = { thresholds: { maxRatio: 0.1 }, generate: { shards: 4 } };

/** Parses a document, with a few operators and settings. */
function parseText(text: string) {
  return parseDag(text, { file: 'dag.yaml', operators, config });
}

/** Errors of a document, formatted, without the file's name. */
export function errorsOf(text: string): string[] {
  const result = parseText(text);
  if (result.ok) throw new Error('expected errors');
  return result.errors.map((error) => formatSourceError(error).replace('dag.yaml:', ''));
}

/** Errors of a document whose first task has the given lines, which start at line 5. */
export function taskErrors(...lines: string[]): string[] {
  return errorsOf(
    [
      'dagId: d',
      'params: { n: { type: integer, default: 1 } }',
      'tasks:',
      '  - id: t',
      ...lines.map((line) => `    ${line}`),
    ].join('\n'),
  );
}

/** What a document without errors parses to. */
export function parsed(text: string) {
  const result = parseText(text);
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return result;
}
