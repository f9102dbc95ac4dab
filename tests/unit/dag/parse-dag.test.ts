import { describe, expect, it } from 'vitest';
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

function parse(text: string) {
  return parseDag(text, { file: 'dag.yaml', operators, config });
}

/** Errors of a document, formatted, without the file's name. */
function errorsOf(text: string): string[] {
  const result = parse(text);
  if (result.ok) throw new Error('expected errors');
  return result.errors.map((error) => formatSourceError(error).replace('dag.yaml:', ''));
}

/** Errors of a document whose first task has the given lines, which start at line 5. */
function taskErrors(...lines: string[]): string[] {
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

function parsed(text: string) {
  const result = parse(text);
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return result;
}

describe('a right document', () => {
  it('comes with all defaults, durations in milliseconds and times in UTC', () => {
    const { dag } = parsed(`
      dagId: nightly
      owner: data
      schedule: '@daily'
      timezone: Europe/Zurich
      startDate: 2025-01-31T02:00:00+02:00
      endDate: 2026-01-01
      jitter: 90s
      dagrunTimeout: 1h30m
      params:
        rows: { type: integer, minimum: 1, default: "\${{ config.generate.shards }}" }
      defaults: { retries: 2, retryDelay: 10s }
      tasks:
        - id: load
          operator: copy
          with: { from: "\${{ item.shard }}", rows: "\${{ params.rows }}" }
          expand: { shard: "\${{ range(config.generate.shards) }}" }
          maxActiveMapped: 2
          errorThreshold: { maxRejectedRatio: "\${{ config.thresholds.maxRatio }}" }
        - id: report
          operator: print
          dependsOn: load
          retries: 0
          when: params.rows > 1 && size(tasks.load.output) > 0
          executionTimeout: 1d
    `);
    expect(dag).toEqual({
      dagId: 'nightly',
      owner: 'data',
      tags: [],
      schedule: { cron: '0 0 * * *' },
      timezone: 'Europe/Zurich',
      startDate: '2025-01-31T00:00:00.000Z',
      endDate: '2026-01-01T00:00:00.000Z',
      catchupWindow: 86_400_000,
      jitter: 90_000,
      dagrunTimeout: 5_400_000,
      params: { rows: { type: 'integer', minimum: 1, default: '${{ config.generate.shards }}' } },
      groups: {},
      tasks: [
        {
          id: 'load',
          operator: 'copy',
          with: { from: '${{ item.shard }}', rows: '${{ params.rows }}' },
          dependsOn: [],
          triggerRule: 'all_success',
          retries: 2,
          retryDelay: 10_000,
          retryExponentialBackoff: false,
          heartbeatTimeout: 60_000,
          poolSlots: 1,
          priority: 1,
          expand: { shard: '${{ range(config.generate.shards) }}' },
          maxActiveMapped: 2,
          errorThreshold: { maxRejectedRatio: '${{ config.thresholds.maxRatio }}', onBreach: 'fail' },
        },
        {
          id: 'report',
          operator: 'print',
          with: {},
          dependsOn: ['load'],
          triggerRule: 'all_success',
          retries: 0,
          retryDelay: 10_000,
          retryExponentialBackoff: false,
          heartbeatTimeout: 60_000,
          poolSlots: 1,
          priority: 1,
          executionTimeout: 86_400_000,
          when: 'params.rows > 1 && size(tasks.load.output) > 0',
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(dag))).toEqual(dag);
  });

  it('has a hash of what it means, not of how it is written', () => {
    const one = parsed('dagId: d\ntasks:\n  - { id: t, operator: print, retryDelay: 60s, dependsOn: [] }');
    const other = parsed('# a comment\ntasks: [{ operator: "print", retryDelay: 1m, id: t }]\ndagId: d');
    const changed = parsed('dagId: d\ntasks:\n  - { id: t, operator: print, retryDelay: 61s }');
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(other.hash).toBe(one.hash);
    expect(changed.hash).not.toBe(one.hash);
  });

  it('may repeat parts by anchors', () => {
    const { dag } = parsed(
      'dagId: d\ntasks:\n  - { id: a, operator: copy, with: &w { from: x } }\n  - { id: b, operator: copy, with: *w }',
    );
    expect(dag.tasks.map((task) => task.with)).toEqual([{ from: 'x' }, { from: 'x' }]);
  });

  it.each([
    ['{ every: 1h30m }', { every: 5_400_000 }],
    ["'0 2 * * MON-FRI'", { cron: '0 2 * * MON-FRI' }],
    ["'*/15 0,12 1-7 JAN,7 *'", { cron: '*/15 0,12 1-7 JAN,7 *' }],
    ["'@monthly'", { cron: '0 0 1 * *' }],
    ['null', undefined],
  ])('takes the schedule %s', (schedule, expected) => {
    const { dag } = parsed(`dagId: d\nschedule: ${schedule}\ntasks: [{ id: t, operator: print }]`);
    expect(dag.schedule).toEqual(expected);
  });
});

describe('mistakes in keys and values', () => {
  it.each([
    ['dependOn: []', "5:5: tasks[0].dependOn: unknown key (did you mean 'dependsOn'?)"],
    ['depends_on: []', "5:5: tasks[0].depends_on: unknown key (did you mean 'dependsOn'?)"],
    ['triggerRule: all_succes', "got 'all_succes' (did you mean 'all_success'?)"],
    ['retries: -1', '5:14: tasks[0].retries: expected at least 0, got -1'],
    [
      'retryDelay: 30',
      'retryDelay: expected a duration such as 30s, 5m, 24h, 1d or 1h30m, got 30 without a unit',
    ],
    ['retryDelay: 5 minutes', "got '5 minutes'"],
    ['executionTimeout: 0s', 'executionTimeout: expected a duration above 0'],
    ['maxActiveMapped: 2', 'only a task with expand can limit its active instances'],
    ['expand: { shard: 3 }', '5:22: tasks[0].expand.shard: expected a list or a template that gives one'],
    ['expand: {}', 'expected at least one name with its list'],
    [
      'errorThreshold: { maxRejectedRatio: 1.5 }',
      'maxRejectedRatio: expected a number from 0 to 1 or a template ${{ … }}, got 1.5',
    ],
    ['errorThreshold: { onBreach: skip }', "expected one of fail, warn, got 'skip'"],
    ['metricThresholds: { rmse: {} }', 'metricThresholds.rmse: expected min, max or both'],
    ['pools: big', "tasks[0].pools: unknown key (did you mean 'pool'?)"],
  ])('%s', (line, message) => {
    const errors = taskErrors('operator: print', line).map((error) => error.replace(/^6:/, '5:'));
    expect(errors).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['schedule: daily', "expected five fields (minute hour day month weekday), got 1: 'daily' is neither"],
    ["schedule: '@dayly'", "unknown preset: '@dayly' is neither a cron expression nor one of @hourly"],
    ["schedule: '0 25 * * *'", "'25' is not a valid hour (0–23)"],
    ["schedule: '0 5-3 * * *'", "'5-3' is not a valid hour (0–23)"],
    ['schedule: { evry: 1h, every: 1h }', "schedule.evry: unknown key (did you mean 'every'?)"],
    [
      'schedule: 5',
      "expected a cron expression, a preset such as '@daily', { every: 1h }, { calendars: […] } or { datasets: [orders] }, got 5",
    ],
    ['timezone: Mars/Base', "expected an IANA time zone such as Europe/Zurich, got 'Mars/Base'"],
    ['startDate: 2025-02-30', "got '2025-02-30'"],
    ['startDate: 2025-02-01T10:00', "got '2025-02-01T10:00'"],
    ['{ startDate: 2025-02-01, endDate: 2025-01-01 }', 'endDate: expected a time after startDate'],
    ['onFailure: wait', 'onFailure: expected one of'],
    ['holdFor: 3d', 'holdFor: only a DAG with `onFailure: hold` holds its runs'],
    ['catchup: true', 'catchup: needs a startDate, from which on runs are caught up'],
    ['overlap: queue', 'overlap: expected one of'],
    ['dataInterval: previous', "dataInterval: 'previous' needs a schedule with times"],
    ["schedule: '@once'", 'there is no @once: start the DAG by hand, or say when'],
    ["schedule: '@continuous'", 'there is no @continuous: say { every: 1s }'],
    ['schedule: { every: 1500ms }', 'schedule.every: expected whole seconds'],
    ['schedule: { calendars: [{ wekday: mon }] }', "(did you mean 'weekday'?)"],
    [
      "schedule: { calendars: [{ at: '6:30' }] }",
      "expected a time of day such as '06:30' (in quotes), got '6:30'",
    ],
    ['schedule: { calendars: [{ weekday: fri-mon }] }', "'fri-mon' is not a valid day of the week"],
    [
      "schedule: { cron: '@daily', skip: [{ date: 2026-02-30 }] }",
      'schedule.skip[0].date: expected a date such as 2026-12-24',
    ],
    ['defaults: { retrys: 3 }', "defaults.retrys: unknown key (did you mean 'retries'?)"],
  ])('%s', (lines, message) => {
    const keys = lines.startsWith('{')
      ? lines
          .slice(1, -1)
          .split(',')
          .map((line) => line.trim())
          .join('\n')
      : lines;
    expect(errorsOf(`dagId: d\ntasks: [{ id: t, operator: print }]\n${keys}`)).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it.each([
    ['', '1:1: expected a DAG document: a map with dagId and tasks'],
    ['- a', '1:1: expected a DAG document: a map with dagId and tasks'],
    ['dagId: d', '1:1: tasks: missing: expected a list'],
    ['dagId: d\ntasks: []', '2:8: tasks: expected at least 1 items, got 0'],
    [
      'dagId: my dag\ntasks: [{ id: t, operator: print }]',
      "1:8: dagId: expected letters, digits, '_', '-' and '.'",
    ],
    [
      'dagId: d\ntasks: [{ id: t, operator: print }, 5]',
      '2:37: tasks[1]: expected a map of keys and values, got 5',
    ],
    ['dagId: d\ntasks:\n  - id: t\n', '3:5: tasks[0].operator: missing: expected text'],
    ['dagId: "d\ntasks: []', 'Missing closing "quote'],
    ['dagId: d\ndagId: e\ntasks: [{ id: t, operator: print }]', '2:1: Map keys must be unique'],
    ['dagId: d\ntasks: *none', '2:8: alias *none has no anchor &none'],
  ])('%j', (text, message) => {
    expect(errorsOf(text)).toEqual([expect.stringContaining(message)]);
  });

  it('are all reported at once, from top to bottom', () => {
    const errors = errorsOf(`dagId: d
tags: all
tasks:
  - id: a
    operator: prnt
    retris: 3
  - id: b
    operator: copy
    dependsOn: [aa]
    with: { from: "\${{ tasks.c.output }}", rows: 0 }
    when: params.full ==
`);
    expect(errors).toEqual([
      "2:7: tags: expected a list, got 'all'",
      "5:15: tasks[0].operator: there is no operator 'prnt' (did you mean 'print'?)",
      "6:5: tasks[0].retris: unknown key (did you mean 'retries'?)",
      "9:17: tasks[1].dependsOn[0]: there is no task 'aa'",
      "10:19: tasks[1].with.from: there is no task 'c'",
      '10:50: tasks[1].with.rows: expected at least 1, got 0',
      '11:11: tasks[1].when: expression `params.full ==` at character 15: Unexpected token: EOF',
    ]);
  });
});

describe('mistakes in the graph', () => {
  const tasks = (...list: string[]) =>
    errorsOf(`dagId: d\ntasks:\n${list.map((task) => `  - ${task}`).join('\n')}`);

  it('names a cycle in the direction of the data', () => {
    const errors = tasks(
      '{ id: start, operator: print }',
      '{ id: a, operator: print, dependsOn: [start, c] }',
      '{ id: b, operator: print, dependsOn: a }',
      '{ id: c, operator: print, dependsOn: [b] }',
      '{ id: end, operator: print, dependsOn: [c] }',
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /tasks form a cycle: (a → b → c → a|b → c → a → b|c → a → b → c) \(a task can only/,
    );
  });

  it.each([
    [['{ id: a, operator: print, dependsOn: a }'], "3:42: tasks[0].dependsOn: 'a' depends on itself"],
    [
      ['{ id: load, operator: print }', '{ id: b, operator: print, dependsOn: [laod] }'],
      "4:43: tasks[1].dependsOn[0]: there is no task 'laod' (did you mean 'load'?)",
    ],
    [
      ['{ id: a, operator: print }', '{ id: a, operator: print }'],
      "4:11: tasks[1].id: 'a' is already the id of tasks[0]",
    ],
    [
      ['{ id: a, operator: print }', '{ id: b, operator: print, dependsOn: [a, a] }'],
      "4:46: tasks[1].dependsOn[1]: 'a' is listed twice",
    ],
  ])('%j', (list, message) => {
    expect(tasks(...list)).toEqual([expect.stringContaining(message)]);
  });
});

describe("mistakes in an operator's params", () => {
  it('finds unknown and missing keys even beside templates', () => {
    expect(taskErrors('operator: copy', 'with:', '  rows: "${{ params.n }}"', '  form: x')).toEqual([
      '7:7: tasks[0].with.from: missing: expected text',
      "8:7: tasks[0].with.form: unknown key (did you mean 'from'?)",
    ]);
  });

  it('leaves values that hold templates for when they are known', () => {
    const text = `dagId: d
params: { n: { type: integer, default: 1 } }
tasks:
  - id: t
    operator: copy
    with: { from: a, rows: "\${{ params.n }}", mode: "\${{ params.n > 1 ? 'append' : 'overwrite' }}", nested: { depth: "\${{ params.n }}" } }`;
    expect(parsed(text).dag.tasks).toHaveLength(1);
  });

  it('names the nested value at fault', () => {
    expect(taskErrors('operator: copy', 'with: { from: a, nested: { depth: deep } }')).toEqual([
      "6:39: tasks[0].with.nested.depth: expected a number, got 'deep'",
    ]);
  });
});

describe('mistakes in templates', () => {
  it.each([
    ['params.m', "params has no 'm' (known: n)"],
    ['parms.n', "at character 1: Unknown variable: parms (did you mean 'params'?)"],
    ['params.n +', 'expression `params.n +` at character 11: Unexpected token: EOF'],
    ['upper("a")', 'at character 1: found no matching overload for'],
    ['1 + "a"', 'no such overload: int + string (convert to text with string(…))'],
    ['run.date', "run has no 'date'"],
    ['dag.dagId', "dag has no 'dagId'"],
    ['config.thresholds.maxRati', "config.thresholds has no 'maxRati' (did you mean 'maxRatio'?)"],
    ['config.thresholds.maxRatio.x', "config.thresholds.maxRatio is a single value: it has no 'x'"],
    ['item.x', "'item' is known only in a task with expand"],
    ['index + 1', "'index' is known only in a task with expand"],
    ['tasks.t.output', "'t' is not upstream of 't', so it can't be read here"],
    ['tasks.later.output', "'later' is not upstream of 't', so it can't be read here"],
    [
      'tasks.other.output',
      "'other' is not upstream of 't', so it may not have finished (add 'other' to dependsOn)",
    ],
    ['tasks.othr.output', "there is no task 'othr' (did you mean 'other'?)"],
    ['tasks.a-b.output', `write tasks["a-b"] for a task id that holds '-'`],
    ['tasks["a-b"].outptu', `tasks["a-b"] has no 'outptu' (did you mean 'output'?)`],
    ['[1].map(x, tasks.othr.output)', "there is no task 'othr'"],
  ])('%s', (expression, message) => {
    const errors = errorsOf(`dagId: d
params: { n: { type: integer, default: 1 } }
tasks:
  - { id: a-b, operator: print }
  - { id: other, operator: print }
  - { id: t, operator: copy, dependsOn: [a-b], with: { from: '\${{ ${expression} }}' } }
  - { id: later, operator: print, dependsOn: t }`);
    expect(errors).toEqual([expect.stringContaining(message)]);
    expect(errors[0]).toMatch(/^6:62: tasks\[2\]\.with\.from: /);
  });

  it('looks into conditions, expansions and thresholds', () => {
    expect(
      taskErrors(
        'operator: print',
        'when: params.x',
        'expand: { s: "${{ range(params.y) }}", i: ["${{ index }}"] }',
        'errorThreshold: { maxRejectedRows: "${{ item.z }}" }',
        'metricThresholds: { r2: { min: "${{ params.w }}" } }',
      ),
    ).toEqual([
      "6:11: tasks[0].when: params has no 'x' (known: n)",
      "7:18: tasks[0].expand.s: params has no 'y' (known: n)",
      "7:48: tasks[0].expand.i[0]: 'index' is known only in with and in thresholds",
      "8:40: tasks[0].errorThreshold.maxRejectedRows: item has no 'z' (known: s, i)",
      "9:36: tasks[0].metricThresholds.r2.min: params has no 'w' (known: n)",
    ]);
  });

  it("doesn't take names that a macro binds, has() and .? for references", () => {
    const text = `dagId: d
params: { n: { type: array, default: [] } }
tasks:
  - id: t
    operator: print
    when: params.n.all(tasks, tasks > 1) && has(config.maybe) && config.?maybe.orValue(true)`;
    expect(parsed(text).dag.tasks).toHaveLength(1);
  });
});

describe('mistakes in params', () => {
  it.each([
    [
      '{ type: integer, minimum: 1, default: 0 }',
      '2:52: params.p.default: expected a whole number, at least 1, got 0',
    ],
    ['{ type: int }', '2:22: params.p.type: expected string, integer, number'],
    ["{ type: string, pattern: '(' }", '2:11: params.p: not a valid JSON Schema: Invalid regular expression'],
    ['{ type: string, deflt: x }', "params.p.deflt: unknown key (did you mean 'default'?)"],
    ['{ type: string, default: "${{ run.id }}" }', 'the default of a param can read config, but not run'],
    ['5', 'params.p: expected a map of keys and values, got 5'],
  ])('%s', (schema, message) => {
    expect(errorsOf(`dagId: d\nparams: { p: ${schema} }\ntasks: [{ id: t, operator: print }]`)).toEqual([
      expect.stringContaining(message),
    ]);
  });
});
