import { describe, expect, it } from 'vitest';
import { parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError } from '../../../dag/source.js';

const operators = new Map();

function parse(text: string) {
  return parseDag(text, { file: 'dag.yaml', operators });
}

function upstreamOf(text: string): Record<string, string[]> {
  const result = parse(text);
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return Object.fromEntries(result.dag.tasks.map(({ id, dependsOn }) => [id, [...dependsOn].sort()]));
}

/** Errors of a document, its tasks given as one-line maps from line 2 on, other keys after them. */
function errorsOf(tasks: string[], more = ''): string[] {
  const lines = tasks.map((task) => `  - { operator: noop, ${task} }`);
  const result = parse(`tasks:\n${lines.join('\n')}\ndagId: d\n${more}`);
  return result.ok ? [] : result.errors.map((error) => formatSourceError(error).replace('dag.yaml:', ''));
}

describe('groups', () => {
  it('stand for their first tasks downstream and for their last tasks upstream, inner groups included', () => {
    expect(
      upstreamOf(`
        dagId: d
        groups:
          outer: { dependsOn: [start, other] }
          inner: { group: outer, dependsOn: a }
          other: {}
        tasks:
          - { id: start, operator: noop }
          - { id: o1, operator: noop, group: other }
          - { id: o2, operator: noop, group: other }
          - { id: a, operator: noop, group: outer }
          - { id: b, operator: noop, group: inner }
          - { id: c, operator: noop, group: inner, dependsOn: b }
          - { id: d, operator: noop, group: outer, dependsOn: inner }
          - { id: e, operator: noop, group: outer }
          - { id: end, operator: noop, dependsOn: [outer, c] }`),
    ).toEqual({
      start: [],
      o1: [],
      o2: [],
      a: ['o1', 'o2', 'start'],
      b: ['a'],
      c: ['b'],
      d: ['c'],
      e: ['o1', 'o2', 'start'],
      end: ['c', 'd', 'e'],
    });
  });

  it('have the tasks before a teardown as their last ones, not the teardown, nor a setup before it alone', () => {
    expect(
      upstreamOf(`
        dagId: d
        groups: { g: {} }
        tasks:
          - { id: s, operator: noop, group: g, setup: true }
          - { id: w1, operator: noop, group: g, dependsOn: s }
          - { id: w2, operator: noop, group: g, dependsOn: s }
          - { id: w3, operator: noop, group: g, dependsOn: w2 }
          - { id: t, operator: noop, group: g, dependsOn: [w1, w2, w3], teardown: { setups: s } }
          - { id: end, operator: noop, dependsOn: g }`).end,
    ).toEqual(['w1', 'w3']);
  });

  it.each([
    [['id: a, group: g'], '', "2:37: tasks[0].group: there is no group 'g'"],
    [['id: a, group: gg'], 'groups: { ggg: {} }', "there is no group 'gg' (did you mean 'ggg'?)"],
    [['id: g'], 'groups: { g: {} }', "4:11: groups.g: 'g' is already the id of tasks[0]"],
    [['id: a, dependsOn: g'], 'groups: { g: {} }', "tasks[0].dependsOn: group 'g' has no tasks"],
    [['id: a, group: g, dependsOn: g'], 'groups: { g: {} }', "'a' is in group 'g', so it can't depend on it"],
    [['id: a, group: g'], 'groups: { g: { dependsOn: a } }', "'a' is in group 'g', which can't depend on it"],
    [['id: a, dependsOn: x'], 'groups: { g: {} }', "there is no task or group 'x'"],
    [
      ['id: a, group: g'],
      'groups: { g: { group: h }, h: { group: g } }',
      "groups.g.group: group 'g' is inside itself: h in g",
    ],
    [['id: a, group: g, dependsOn: b', 'id: b, dependsOn: g'], 'groups: { g: {} }', 'tasks form a cycle: '],
    [
      ['id: a, group: g, expand: { x: [1] }'],
      'groups: { g: { expand: { y: [1] } } }',
      "2:40: tasks[0].expand: a task in the mapped group 'g' can't have an expand of its own",
    ],
    [
      ['id: a, group: h'],
      'groups: { g: { expand: { y: [1] } }, h: { group: g, expand: { x: [2] } } }',
      "groups.h.expand: a group in the mapped group 'g' can't have an expand of its own",
    ],
    [
      ['id: a', 'id: b, group: g'],
      'groups: { g: { expand: { y: "${{ tasks.a.output }}" } } }',
      "groups.g.expand.y: 'a' is not upstream of 'g', so it may not have finished (add 'a' to dependsOn)",
    ],
    [
      ['id: a, group: g, when: item.z == 1'],
      'groups: { g: { expand: { y: [1] } } }',
      "tasks[0].when: item has no 'z' (known: y)",
    ],
  ])('%j %s', (tasks, more, message) => {
    const errors = errorsOf(tasks, more);
    expect(errors[0]).toContain(message);
  });

  it('that are mapped give item and index to their tasks, and may read the tasks before them', () => {
    expect(
      errorsOf(
        [
          'id: a',
          'id: b, group: g, when: item.y > 1 && index < 3',
          'id: c, group: h, dependsOn: b, when: item.y > 1 && tasks.b.output == 1',
        ],
        'groups: { g: { dependsOn: a, expand: { y: "${{ tasks.a.output }}" } }, h: { group: g } }',
      ),
    ).toEqual([]);
  });
});

describe('setups and teardowns', () => {
  it('default to their rule, and depend on their setups', () => {
    const result = parse(`
      dagId: d
      defaults: { triggerRule: none_failed }
      tasks:
        - { id: s, operator: noop, setup: true }
        - { id: w, operator: noop, dependsOn: s, triggerRule: all_success, teardown: false }
        - { id: t, operator: noop, dependsOn: [w, s], teardown: { setups: s } }
        - { id: u, operator: noop, dependsOn: w, setup: false, teardown: true, triggerRule: always }`);
    expect(
      result.ok &&
        result.dag.tasks.map(({ dependsOn, triggerRule, setup, teardown }) => [
          dependsOn,
          triggerRule,
          setup,
          teardown,
        ]),
    ).toEqual([
      [[], 'none_failed', true, undefined],
      [['s'], 'all_success', undefined, undefined],
      [['w', 's'], 'all_done_setup_success', undefined, { setups: ['s'], onFailureFailDagrun: false }],
      [['w'], 'always', undefined, { setups: [], onFailureFailDagrun: false }],
    ]);
  });

  it.each([
    [['id: a, setup: true, teardown: true'], 'tasks[0].teardown: a task is a setup or a teardown, not both'],
    [
      ['id: a', 'id: t, teardown: { setups: a }'],
      "3:50: tasks[1].teardown.setups: 'a' is not a setup (add setup: true to 'a')",
    ],
    [
      ['id: make, setup: true', 'id: t, teardown: { setups: [mkae] }'],
      "tasks[1].teardown.setups[0]: there is no task 'mkae' (did you mean 'make'?)",
    ],
    [
      ['id: s, setup: true', 'id: w, dependsOn: s, triggerRule: all_done'],
      "tasks[1].triggerRule: directly after the setup 's' the trigger rule must be all_success, not all_done",
    ],
    [['id: s, setup: true, dependsOn: t', 'id: t, teardown: { setups: s }'], 'tasks form a cycle: '],
    [['id: a, poolSlots: 2'], 'tasks[0].poolSlots: only a task with a pool can take slots'],
  ])('%j', (tasks, message) => {
    expect(errorsOf(tasks)).toEqual([expect.stringContaining(message)]);
  });
});

describe('control operators in a document', () => {
  const control = (task: string, more = '') => {
    const result = parse(
      `dagId: d\ntasks:\n  - { id: extract, operator: noop }\n  - { id: t, ${task} }\n${more}`,
    );
    return result.ok ? [] : result.errors.map((error) => formatSourceError(error).replace('dag.yaml:', ''));
  };

  it.each([
    ['operator: branch', 'tasks[1].with.choose: expected the id of a task or group or a list of these'],
    [
      'operator: branch, with: { choose: extrct }',
      "4:48: tasks[1].with.choose: there is no task or group 'extrct' to choose (did you mean 'extract'?)",
    ],
    [
      'operator: branch, with: { choose: [extract, x] }',
      "tasks[1].with.choose[1]: there is no task or group 'x'",
    ],
    ['operator: branch, with: { choose: [] }, expand: { x: [1] }', "tasks[1].expand: branch can't be mapped"],
    [
      'operator: short-circuit, with: { condition: 1 }',
      'tasks[1].with.condition: expected true or false, got 1',
    ],
    [
      'operator: short-circuit, with: { condition: true, ignoreDownstreamTriggerRules: "${{ true }}" }',
      'ignoreDownstreamTriggerRules: expected true or false, not a template',
    ],
    ['operator: sleep, with: { for: 5 }', 'tasks[1].with.for: expected a duration'],
    ['operator: time-sensor', 'tasks[1].with: expected either until (a point in time) or after'],
    ['operator: fail, with: { mesage: x }', "tasks[1].with.mesage: unknown key (did you mean 'message'?)"],
    ['operator: nop', "there is no operator 'nop' (did you mean 'noop'?)"],
  ])('%s', (task, message) => {
    expect(control(task).join('\n')).toContain(message);
  });

  it('may choose by a template', () => {
    const task = 'operator: branch, with: { choose: [g, "${{ params.x }}"] }';
    expect(control(task, 'groups: { g: {} }\nparams: { x: { type: string, default: t } }')).toEqual([]);
  });
});
