import { describe, expect, it } from 'vitest';
import { errorsOf, parsed, taskErrors } from './parse-helpers.js';

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
