import { z } from 'zod';

/** What a text of an operator's params is executed as, and how values reach it without becoming a part of it. */
export type Code = {
  /** As in "becomes a part of …". */
  name: string;
  /** What to do instead of a template. */
  instead: string;
};

export const codes = {
  sql: {
    name: 'the SQL text',
    instead: 'bind it: put it into args and write :name in the query, without quotes',
  },
  shell: {
    name: 'the shell command',
    instead: 'put it into env and write "$NAME" in the command, or make the command a list',
  },
  python: { name: 'the Python code', instead: 'put it into args or input, for sys.argv or standard input' },
  program: { name: 'the name of what is executed', instead: 'write the name here' },
} as const satisfies Record<string, Code>;

/** Schemas of texts that are executed. `dags validate` warns of templates in them. */
export const codeTexts = z.registry<Code>();

/** The schema, noted as that of a text that is executed. */
export function code<Schema extends z.ZodType>(kind: keyof typeof codes, schema: Schema): Schema {
  codeTexts.add(schema, codes[kind]);
  return schema;
}
