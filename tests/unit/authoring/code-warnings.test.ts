import { describe, expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError } from '../../../dag/source.js';

const operators = new Map(builtInOperators.map(({ name, params }) => [name, params]));

const parse = (text: string) => parseDag(text, { file: 'a.yaml', operators });

const errorsOf = (text: string): string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.errors.map(formatSourceError);
};

const warningsOf = (text: string): string[] => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.errors.map(formatSourceError).join('\n'));
  return parsed.warnings.map(formatSourceError);
};

const head = `dagId: a
params:
  town: { type: string, default: X }
  n: { type: integer, default: 1 }
  kind: { enum: [a, b], default: a }
tasks:
  - { id: first, operator: shell, with: { command: echo 1 } }
`;

describe('a warning of a template in code', () => {
  it.each([
    [
      'spark-sql, with: { rows: { r: "SELECT \'${{ params.town }}\'" } }',
      'tasks[1].with.rows.r: params.town becomes a part of the SQL text, so that a value can change what is executed (bind it: put it into args and write :name in the query, without quotes)',
    ],
    [
      'spark-sql, with: { datasets: { d: { sql: "SELECT ${{ tasks.first.output }}" } } }',
      'tasks[1].with.datasets.d.sql: tasks.first.output becomes a part of the SQL text',
    ],
    ['sql-sensor, with: { sql: "${{ params.town }}" }', 'tasks[1].with.sql: params.town becomes'],
    [
      'shell, with: { command: "echo ${{ params.town }} ${{ run.id }}" }',
      'tasks[1].with.command: params.town, run.id become a part of the shell command, so that a value can change what is executed (put it into env and write "$NAME" in the command, or make the command a list)',
    ],
    [
      'shell, with: { command: [bash, -c, "echo ${{ params.town }}"] }',
      'tasks[1].with.command[2]: params.town becomes a part of the shell command',
    ],
    ['python, with: { code: "print(${{ params.town }})" }', 'part of the Python code'],
    ['python, with: { script: "${{ params.town }}.py" }', 'part of the name of what is executed'],
    [
      'shell, expand: { x: "${{ tasks.first.output }}" }, with: { command: "echo ${{ item.x }}" }',
      'item.x becomes',
    ],
  ])('%s', (task, warning) => {
    expect(warningsOf(`${head}  - { id: b, dependsOn: first, operator: ${task} }`)).toEqual([
      expect.stringContaining(warning),
    ]);
  });

  it('has its line and column', () => {
    expect(
      warningsOf(`${head}  - id: b\n    operator: shell\n    with: { command: "\${{ params.town }}" }`),
    ).toEqual([expect.stringMatching(/^a\.yaml:10:22: /)]);
  });

  it.each([
    'spark-sql, with: { args: { t: "${{ params.town }}" }, rows: { r: "SELECT :t" } }',
    "spark-sql, with: { rows: { r: \"SELECT ${{ params.n }}, '${{ params.kind }}', '${{ run.logicalDate }}'\" } }",
    'shell, with: { env: { TOWN: "${{ params.town }}" }, command: echo "$TOWN" }',
    'shell, with: { command: [echo, "${{ params.town }}"] }',
    'shell, expand: { x: [a, b] }, with: { command: "echo ${{ item.x }} ${{ index }}" }',
    'python, with: { code: "print(1)", args: ["${{ params.town }}"], input: "${{ tasks.first.output }}" }',
  ])('is not given for %s', (task) => {
    expect(warningsOf(`${head}  - { id: b, dependsOn: first, operator: ${task} }`)).toEqual([]);
  });
});

describe('a template may not choose', () => {
  it.each([
    [
      'a variable of a program',
      'shell, with: { command: a, env: { X: { env: "${{ params.town }}" } } }',
      'with.env.X',
    ],
    ['a variable of a request', 'http, with: { url: { env: "${{ params.town }}" } }', 'with.url'],
    ['a file of SQL', 'spark-sql, with: { rows: { r: { file: "${{ params.town }}.sql" } } }', 'with.rows.r'],
    [
      'an address of a message',
      'notify, with: { to: { slack: { urlEnv: "${{ params.town }}" } } }',
      'slack.urlEnv',
    ],
  ])('%s', (_, task, place) => {
    const errors = errorsOf(`${head}  - { id: b, operator: ${task} }`);
    expect(errors).toEqual([
      expect.stringMatching(/a template can't choose a variable( or a file)?: write its name here/),
    ]);
    expect(errors[0]).toContain(place);
  });
});
