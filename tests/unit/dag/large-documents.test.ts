import { describe, expect, it } from 'vitest';
import { GroupTree } from '../../../dag/group-tree.js';
import { parseDag } from '../../../dag/parse-dag.js';

const numbered = (length: number, make: (index: number) => string) =>
  Array.from({ length }, (_, index) => make(index)).join('\n');

const check = (text: string) => {
  const parsed = parseDag(`dagId: x\n${text}`, { file: 'x.yaml', operators: new Map(), config: {} });
  return parsed.ok
    ? { tasks: parsed.dag.tasks, errors: [] }
    : { tasks: [], errors: parsed.errors.map(({ message }) => message) };
};

/** Sizes at which anything that grows with their square takes minutes, so that the test would time out. */
describe('checks of large documents', { timeout: 60_000 }, () => {
  it('a chain of tasks that all read the first one', () => {
    const { errors, tasks } = check(
      `tasks:\n${numbered(3_000, (i) => `  - { id: t${i}, operator: noop${i > 0 ? `, dependsOn: t${i - 1}, when: 'tasks.t0.state == "success"'` : ''} }`)}`,
    );
    expect(errors).toEqual([]);
    expect(tasks.at(-1)?.dependsOn).toEqual(['t2998']);
  });

  it('a task after very many others', () => {
    const ids = Array.from({ length: 3_000 }, (_, index) => `t${index}`);
    const { tasks } = check(
      `tasks:\n${ids.map((id) => `  - { id: ${id}, operator: noop }`).join('\n')}\n  - { id: last, operator: noop, dependsOn: [${ids.join(', ')}] }`,
    );
    expect(tasks.at(-1)?.dependsOn).toEqual(ids);
  });

  it('thousands of names that nothing has', () => {
    const { errors } = check(
      `tasks:\n${numbered(3_000, (i) => `  - { id: task-${i}, operator: noop, dependsOn: tsak-${i}x }`)}`,
    );
    expect(errors).toHaveLength(3_000);
    expect(errors[0]).toBe("there is no task 'tsak-0x'");
  });

  it('groups nested in each other', () => {
    const groups = numbered(3_000, (i) => `  g${i}: ${i > 0 ? `{ group: g${i - 1} }` : '{}'}`);
    const tasks = numbered(3_000, (i) => `  - { id: t${i}, operator: noop, group: g${i} }`);
    const after = '  - { id: after, operator: noop, dependsOn: g2998 }';
    expect(check(`groups:\n${groups}\ntasks:\n${tasks}\n${after}`).tasks.at(-1)?.dependsOn).toEqual([
      't2998',
      't2999',
    ]);
  });

  it('groups in a circle', () => {
    const groups = numbered(3_000, (i) => `  g${i}: { group: g${(i + 1) % 3_000} }`);
    const { errors } = check(`groups:\n${groups}\ntasks: [{ id: a, operator: noop, group: g0 }]`);
    expect(errors).toHaveLength(3_000);
    expect(errors[0]).toMatch(/^group 'g0' is inside itself: g1 in g2 in .* in g20 in …$/);
  });

  it('a cycle of very many tasks is shown by its first ones', () => {
    const { errors } = check(
      `tasks:\n${numbered(3_000, (i) => `  - { id: t${i}, operator: noop, dependsOn: t${(i + 1) % 3_000} }`)}`,
    );
    expect(errors).toEqual([expect.stringMatching(/^tasks form a cycle: t\d+ → .* → …$/)]);
  });

  it('groups that come to millions of edges are refused', () => {
    const tasks = (group: string) =>
      numbered(1_000, (i) => `  - { id: ${group}${i}, operator: noop, group: ${group} }`);
    const { errors } = check(`groups: { a: {}, b: { dependsOn: a } }\ntasks:\n${tasks('a')}\n${tasks('b')}`);
    expect(errors).toEqual(['dependencies on groups come to more than 500000 edges between tasks']);
  });
});

describe('GroupTree', () => {
  const tree = new GroupTree({
    a: {},
    b: { group: 'a' },
    c: { group: 'b' },
    d: { group: 'a' },
    e: {},
    lost: { group: 'nowhere' },
  });

  it('knows what is inside what', () => {
    expect(tree.isInside('c', 'a')).toBe(true);
    expect(tree.isInside('a', 'a')).toBe(true);
    expect(tree.isInside('d', 'b')).toBe(false);
    expect(tree.isInside('a', 'c')).toBe(false);
    expect(tree.isInside(undefined, 'a')).toBe(false);
    expect(tree.isInside('constructor', 'a')).toBe(false);
    expect(tree.within('a')).toEqual(['a', 'b', 'c', 'd']);
    expect(tree.within('lost')).toEqual(['lost']);
  });

  it('counts the groups that two are in', () => {
    expect(tree.common('c', 'd')).toBe(1);
    expect(tree.common('c', 'b')).toBe(2);
    expect(tree.common('c', 'e')).toBe(0);
    expect(tree.common('c', undefined)).toBe(0);
    expect(tree.common(undefined, 'unknown')).toBe(0);
    expect(tree.common('lost', 'c')).toBe(0);
  });

  it('hands values from the outside in', () => {
    expect(Object.fromEntries(tree.inherit('', (id, around) => around + id))).toEqual({
      a: 'a',
      b: 'ab',
      c: 'abc',
      d: 'ad',
      e: 'e',
      lost: 'lost',
    });
  });
});
