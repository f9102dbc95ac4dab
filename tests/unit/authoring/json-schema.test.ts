import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Ajv } from 'ajv';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { controlOperators } from '../../../dag/control/index.js';
import { dagJsonSchema } from '../../../dag/json-schema.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

const schema = dagJsonSchema([...builtInOperators, ...controlOperators.values()]);
const validate = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
  validateFormats: false,
}).compile(schema);

const committed = join(repositoryRoot, 'config', 'dag.schema.json');
const files = globSync(['config/dags/**/*.{yaml,yml}', 'examples/**/*.{yaml,yml}'], {
  cwd: repositoryRoot,
  absolute: true,
}).filter((file) => /^dagId:/m.test(readFileSync(file, 'utf8')));

/** Where the schema finds fault, as paths in the document. */
function faults(text: string): string[] {
  validate(parse(text));
  return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];
}

const withTask = (...lines: string[]): string =>
  `dagId: d\ntasks:\n  - id: t\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('the JSON Schema of DAG files', () => {
  it('is the committed one', () => {
    const isCurrent = readFileSync(committed, 'utf8') === `${JSON.stringify(schema, null, 1)}\n`;
    expect(isCurrent, 'config/dag.schema.json is out of date: npm run nightjar -- dags schema --write').toBe(
      true,
    );
  });

  it.each(files.map((file) => relative(repositoryRoot, file)))(
    'takes %s, which names it for editors',
    (file) => {
      const text = readFileSync(join(repositoryRoot, file), 'utf8');
      expect(faults(text)).toEqual([]);
      const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
      expect(join(repositoryRoot, file, '..', named)).toBe(committed);
    },
  );

  it.each([
    ['an unknown key', withTask('operator: noop', 'retris: 2'), '/tasks/0'],
    ['an unknown operator', withTask('operator: nop'), '/tasks/0/operator'],
    ['a number for a duration', withTask('operator: noop', 'retryDelay: 30'), '/tasks/0/retryDelay'],
    ['a wrong trigger rule', withTask('operator: noop', 'triggerRule: all'), '/tasks/0/triggerRule'],
    ['a missing param', withTask('operator: sleep', 'with: {}'), '/tasks/0/with'],
    ['params that are missing altogether', withTask('operator: sleep'), '/tasks/0'],
    ["another operator's param", withTask('operator: noop', 'with: { for: 5s }'), '/tasks/0/with'],
    ['a wrong schedule', 'dagId: d\nschedule: { evry: 1h }\ntasks: [{ id: t, operator: noop }]', '/schedule'],
    ['no tasks', 'dagId: d', ''],
  ])('refuses %s', (_, text, path) => {
    expect(faults(text)).toContain(path);
  });

  it('takes a template for any param of an operator', () => {
    expect(faults(withTask('operator: sleep', 'with: { for: "${{ params.wait }}" }'))).toEqual([]);
    expect(faults(withTask('operator: spark-sql', 'with: { datasets: "${{ params.queries }}" }'))).toEqual(
      [],
    );
    expect(faults(withTask('operator: spark-sql', 'with: { datasets: queries }'))).not.toEqual([]);
  });

  it('knows the operators that it is given, and explains keys', () => {
    const own = dagJsonSchema([
      {
        name: 'greet',
        description: 'Says hello',
        params: z.strictObject({ whom: z.string().describe('A name') }),
      },
    ]);
    const text = JSON.stringify(own);
    expect(text).toContain('"const":"greet","description":"Says hello"');
    expect(text).toContain('"whom":{"type":"string","description":"A name"}');
    const undescribed = Object.entries(own.properties as Record<string, { description?: string }>).filter(
      ([, { description }]) => description === undefined,
    );
    expect(undescribed).toEqual([]);
  });
});
