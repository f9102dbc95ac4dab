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
      'tasks[1].with.rows.r: params.town becomes a part of the SQL text as a quoted value (bind it: put it into args and write :name in the query, without quotes)',
    ],
    [
      'spark-sql, with: { datasets: { d: { sql: "SELECT ${{ tasks.first.output }}" } } }',
      'tasks[1].with.datasets.d.sql: tasks.first.output becomes a part of the SQL text, where a text may be only a name or a number, such as sales.orders: any other fails the task (bind it',
    ],
    [
      'sql-sensor, with: { sql: "${{ params.town }}" }',
      'tasks[1].with.sql: params.town becomes a part of the SQL text, so that a value can change what is executed (bind it',
    ],
    [
      'shell, with: { command: "echo ${{ params.town }} ${{ run.id }}" }',
      'tasks[1].with.command: params.town, run.id become a part of the shell command as a quoted value (put it into env and write "$NAME" in the command, or make the command a list)',
    ],
    [
      'shell, with: { command: "${{ params.town }}" }',
      'tasks[1].with.command: params.town becomes a part of the shell command, so that a value can change',
    ],
    [
      'shell, with: { command: [bash, -c, "echo ${{ params.town }}"] }',
      'tasks[1].with.command[2]: params.town becomes a part of the shell command as a quoted value',
    ],
    [
      'shell, with: { command: [nice, /bin/bash, -lc, "eval ${{ params.town }}"] }',
      'tasks[1].with.command[3]: params.town becomes a part of the shell command, where a text may hold only',
    ],
    [
      'shell, with: { command: [python3, -c, "print(${{ params.town }})"] }',
      'tasks[1].with.command[2]: params.town becomes a part of the Python code, where a text may be only a number',
    ],
    [
      'shell, with: { command: [grep, -c, "a ${{ params.town }}", f] }',
      'tasks[1].with.command[2]: params.town becomes a part of the shell command, so that a value can change',
    ],
    [
      'python, with: { code: "print(${{ params.town }})" }',
      'part of the Python code, where a text may be only a number',
    ],
    [
      'python, with: { script: "${{ params.town }}.py" }',
      'part of the name of what is executed, so that a value can change',
    ],
    [
      'shell, expand: { x: "${{ tasks.first.output }}" }, with: { command: "echo ${{ item.x }}" }',
      'item.x becomes',
    ],
  ])('%s', (task, warning) => {
    expect(warningsOf(`${head}  - { id: b, dependsOn: first, operator: ${task} }`)).toEqual([
      expect.stringContaining(warning),
    ]);
  });

  it('is given for each way that values are put in', () => {
    expect(
      warningsOf(
        `${head}  - { id: b, operator: spark-sql, with: { rows: { r: "SELECT '\${{ params.town }}', \${{ run.id }}" } } }`,
      ),
    ).toEqual([
      expect.stringContaining('params.town becomes a part of the SQL text as a quoted value'),
      expect.stringContaining('run.id becomes a part of the SQL text, where a text may be only'),
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
    "shell, with: { command: \"echo ${{ params.town == 'a' ? 'b c' : 'd' }}\" }",
    'shell, expand: { x: [a, b] }, with: { command: "echo ${{ item.x }} ${{ index }}" }',
    'python, with: { code: "print(1)", args: ["${{ params.town }}"], input: "${{ tasks.first.output }}" }',
  ])('is not given for %s', (task) => {
    expect(warningsOf(`${head}  - { id: b, dependsOn: first, operator: ${task} }`)).toEqual([]);
  });
});

describe('a param with a pattern', () => {
  const count = (pattern: string): number =>
    warningsOf(`dagId: a
params: { p: { type: string, pattern: '${pattern}' } }
tasks: [{ id: b, operator: shell, with: { command: "echo \${{ params.p }}" } }]
`).length;

  it.each(['^[a-z]+$', '^\\d{4}-\\d{2}$', '^v1\\.[0-9]$'])(
    '%s is harmless: it says what all of the text is',
    (pattern) => {
      expect(count(pattern)).toBe(0);
    },
  );

  it.each(['^https?://', '[a-z]+$', '^a$|b', '^.*$', '^[^;]+$', '^\\S+$', '^a\\$'])(
    '%s lets other text through',
    (pattern) => {
      expect(count(pattern)).toBe(1);
    },
  );
});

describe('a value in code', () => {
  const documentOf = (text: string) => {
    const parsed = parse(text);
    if (!parsed.ok) throw new Error(parsed.errors.map(formatSourceError).join('\n'));
    return parsed;
  };

  it('is quoted in the document that runs take up', () => {
    const { dag } = documentOf(`${head}  - id: b
    operator: spark-sql
    with: { rows: { r: "SELECT '\${{ params.town }}', \${{ params.n }}", s: "\${{ params.town }}" } }
  - id: c
    operator: shell
    with: { command: [bash, -c, "echo \${{ params.town }}"] }
    callbacks: { onSuccess: { command: [sh, -c, "echo '\${{ event.reason }}' \${{ event.kind }}"] } }
`);
    expect(dag.tasks.slice(1).map((task) => task.with)).toEqual([
      { rows: { r: "SELECT '${{ sqlText(params.town) }}', ${{ params.n }}", s: '${{ params.town }}' } },
      { command: ['bash', '-c', 'echo ${{ shellWord(params.town) }}'] },
    ]);
    expect(dag.tasks[2]?.callbacks?.onSuccess).toEqual([
      { command: ['sh', '-c', "echo '${{ shellSingleQuoted(event.reason) }}' ${{ event.kind }}"] },
    ]);
  });

  it('is quoted for callbacks of all tasks and of the run as well', () => {
    const callback = '{ onFailure: { command: [sh, -c, "echo ${{ event.reason }}"] } }';
    const { dag } = documentOf(`${head}callbacks: ${callback}\ndefaults: { callbacks: ${callback} }\n`);
    const quoted = { onFailure: [{ command: ['sh', '-c', 'echo ${{ shellWord(event.reason) }}'] }] };
    expect([dag.callbacks, dag.tasks[0]?.callbacks]).toEqual([quoted, quoted]);
  });

  it('is refused by name where quoting makes an expression too long', () => {
    const long = `params.town + "${'a'.repeat(19_980)}"`;
    const task = { id: 'b', operator: 'shell', with: { command: `echo \${{ ${long} }}` } };
    expect(errorsOf(`${head}  - ${JSON.stringify(task)}`)).toEqual([
      expect.stringMatching(/tasks\[1\]\.with\.command: .*at most 20000 are allowed/),
    ]);
  });

  it('changes nothing about a document whose templates can do no harm', () => {
    const text = `${head}  - { id: b, operator: shell, with: { command: "echo \${{params.n}} '\${{ params.kind }}'" } }`;
    const { dag, hash } = documentOf(text);
    expect(dag.tasks[1]?.with).toEqual({ command: "echo ${{params.n}} '${{ params.kind }}'" });
    const unchecked = parseDag(text, { file: 'a.yaml' });
    expect(unchecked).toMatchObject({ ok: true, hash });
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
