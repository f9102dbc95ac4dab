import { z } from 'zod';
import { type Json, show } from '../dag/json.js';
import { at, choosesByTemplate, standsForOther } from '../dag/literal.js';
import type { Path } from '../dag/problem.js';

/** What templates gave in the params of this process's tasks. */
const data = new WeakSet<object>();

/** Notes that what is at these paths of a task's params came from templates. */
export function markData(params: Json, paths: readonly Path[] = []): void {
  for (const path of paths) mark(at(params, path));
}

function mark(value: Json | undefined): void {
  if (typeof value !== 'object' || value === null) return;
  data.add(value);
  for (const inner of Object.values(value)) mark(inner);
}

const isData = (value: unknown): boolean => typeof value === 'object' && value !== null && data.has(value);

/**
 * Values of which some forms stand for something else, see dag/literal.ts. Such a form is refused where a template gave it.
 * @param forms Without transformations
 * @param expected Completes "expected …"
 */
export function withLiterals<Forms extends z.ZodType>(forms: Forms, expected: string) {
  const { $schema, ...schema } = z.toJSONSchema(forms, { io: 'input' });
  return z
    .custom<z.output<Forms>>(
      (value) => !isData(value) && !choosesByTemplate(value) && forms.safeParse(value).success,
      {
        error: ({ input }) => {
          if (choosesByTemplate(input))
            return "a template can't choose a variable or a file: write its name here";
          return isData(input) && standsForOther(input)
            ? `expected ${expected}; ${show(input)} came from a template, so it is data and names no variable or file`
            : `expected ${expected}`;
        },
        params: { literal: true },
      },
    )
    .meta(schema);
}
