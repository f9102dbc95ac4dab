import { describe, expect, it } from 'vitest';
import { errorsOf, parsed, taskErrors } from './parse-helpers.js';

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

describe('mistakes in params', () => {
  it.each([
    [
      '{ type: integer, minimum: 1, default: 0 }',
      '2:52: params.p.default: expected a whole number, at least 1, got 0',
    ],
    ['{ type: int }', '2:22: params.p.type: expected string, integer, number'],
    ["{ type: string, pattern: '(' }", "2:11: params.p: not a valid JSON Schema: the pattern '(' is no"],
    ['{ type: string, deflt: x }', "params.p.deflt: unknown key (did you mean 'default'?)"],
    ['{ type: string, default: "${{ run.id }}" }', 'the default of a param can read config, but not run'],
    ['5', 'params.p: expected a map of keys and values, got 5'],
  ])('%s', (schema, message) => {
    expect(errorsOf(`dagId: d\nparams: { p: ${schema} }\ntasks: [{ id: t, operator: print }]`)).toEqual([
      expect.stringContaining(message),
    ]);
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
