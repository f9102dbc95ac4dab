import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DefinitionSource } from '../../../dag/builder/definition.js';
import { type DagDefinition, dag, expr } from '../../../dag/builder/index.js';
import { checkDag, parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError, YamlSource } from '../../../dag/source.js';

const operators = {
  shell: {
    name: 'shell',
    params: z.strictObject({ command: z.string(), env: z.record(z.string(), z.string()).optional() }),
  },
  count: {
    name: 'count',
    params: z.strictObject({
      of: z.string(),
      atLeast: z.int().default(0),
      list: z.array(z.int()).optional(),
    }),
    run: async () => ({ rows: 1, 'file-name': 'a', parts: [{ path: 'p' }] }),
  },
  choose: { name: 'choose', params: z.strictObject({ branch: z.union([z.string(), z.array(z.string())]) }) },
  nothing: { name: 'nothing', params: z.strictObject({}) },
};
const { shell, count, choose, nothing } = operators;
const schemas = new Map<string, z.ZodType>(
  Object.values(operators).map(({ name, params }) => [name, params]),
);
const place = { file: 'dag.ts', line: 1, column: 1 };

function read(definition: DagDefinition) {
  const result = checkDag(new DefinitionSource(definition, () => place), { operators: schemas });
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return result;
}

function errors(definition: DagDefinition): string[] {
  const result = checkDag(new DefinitionSource(definition, () => place), { operators: schemas });
  return result.ok ? [] : result.errors.map(formatSourceError);
}

function yaml(text: string) {
  const result = parseDag(text, { file: 'dag.yaml', operators: schemas });
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return result;
}

describe('dag()', () => {
  it('makes the document that YAML makes, to the hash', () => {
    const typescript = read(
      dag(
        {
          dagId: 'orders',
          description: 'Counts orders',
          schedule: '@daily',
          timezone: 'Europe/Zurich',
          dagrunTimeout: '2h',
          params: { days: { type: 'integer', default: 7 }, full: { type: 'boolean', default: false } },
          defaults: { retries: 2, retryDelay: '30s' },
        },
        ({ task, params, run }) => {
          const fetch = task('fetch', shell, {
            with: { command: `fetch --days ${params.days} --until ${run.logicalDate}` },
          });
          const each = task('count-each', count, {
            expand: { day: expr<number[]>`range(${params.days})`, kind: ['new', 'old'] },
            maxActiveMapped: 4,
            with: ({ item, index }) => ({ of: item.kind, atLeast: index, list: [item.day] }),
          });
          fetch.before(each);
          const all = task('all', count, {
            with: { of: expr<string>`string(size(${each.output}))`, atLeast: params.days },
            when: expr`${params.full} || size(${each.output}) > ${3}`,
            triggerRule: 'all_done',
            errorThreshold: { maxRejectedRows: params.days },
          });
          task('end', nothing, { dependsOn: [all, 'fetch'] });
        },
      ),
    );
    const written = yaml(`
dagId: orders
description: Counts orders
schedule: '@daily'
timezone: Europe/Zurich
dagrunTimeout: 2h
params:
  days: { type: integer, default: 7 }
  full: { type: boolean, default: false }
defaults: { retries: 2, retryDelay: 30s }
tasks:
  - id: fetch
    operator: shell
    with: { command: 'fetch --days \${{ params.days }} --until \${{ run.logicalDate }}' }
  - id: count-each
    operator: count
    dependsOn: fetch
    expand: { day: '\${{ range(params.days) }}', kind: [new, old] }
    maxActiveMapped: 4
    with: { of: '\${{ item.kind }}', atLeast: '\${{ index }}', list: ['\${{ item.day }}'] }
  - id: all
    operator: count
    dependsOn: count-each
    with: { of: '\${{ string(size(tasks["count-each"].output)) }}', atLeast: '\${{ params.days }}' }
    when: params.full || size(tasks["count-each"].output) > 3
    triggerRule: all_done
    errorThreshold: { maxRejectedRows: '\${{ params.days }}' }
  - id: end
    operator: nothing
    dependsOn: [all, fetch]
`);
    expect(typescript.dag).toEqual(written.dag);
    expect(typescript.hash).toBe(written.hash);
  });

  it('infers edges from whatever reads a task: references, text, conditions, expansions, thresholds', () => {
    const { dag: document } = read(
      dag({ dagId: 'edges' }, ({ task }) => {
        const a = task('a', count, { with: { of: 'x' } });
        const b = task('b', count, { with: { of: 'x' } });
        task('by-reference', count, { with: { of: a.output.parts[0]?.path, atLeast: b.output.rows } });
        task('by-text', shell, { with: { command: `cat ${a.output['file-name']}` } });
        task('by-hand', shell, { with: { command: 'cat ${{ tasks.b.output.parts[0].path }}' } });
        task('by-condition', nothing, { when: expr`${a.state} == "success"` });
        task('by-list', count, {
          expand: { part: a.output.parts },
          with: ({ item }) => ({ of: item.part.path }),
        });
        task('by-threshold', nothing, { metricThresholds: { rows: { max: b.output.rows } } });
        task('twice', count, {
          dependsOn: b,
          with: { of: 'x', atLeast: expr<number>`${a.output.rows} + ${b.output.rows}` },
        });
      }),
    );
    const edges = Object.fromEntries(document.tasks.map(({ id, dependsOn }) => [id, dependsOn]));
    expect(edges).toEqual({
      a: [],
      b: [],
      'by-reference': ['a', 'b'],
      'by-text': ['a'],
      'by-hand': ['b'],
      'by-condition': ['a'],
      'by-list': ['a'],
      'by-threshold': ['b'],
      twice: ['b', 'a'],
    });
    expect(document.tasks.find(({ id }) => id === 'by-text')?.with).toEqual({
      command: 'cat ${{ tasks.a.output["file-name"] }}',
    });
  });

  it('writes parts of expressions so that they stay whole', () => {
    const { dag: document } = read(
      dag({ dagId: 'd', params: { n: { type: 'integer', default: 1 } } }, ({ task, params }) => {
        const sum = expr<number>`${params.n} + ${1}`;
        task('t', count, {
          with: {
            of: expr<string>`string(${sum} * ${2})`,
            atLeast: sum,
            list: expr<number[]>`[${sum}, ${[1, 2]}[0]]`,
          },
        });
        task('u', nothing, { when: expr`${'it\'s "x"'} in ${{ a: ['b', params.n] }}.a` });
      }),
    );
    expect(document.tasks[0]?.with).toEqual({
      of: '${{ string((params.n + 1) * 2) }}',
      atLeast: '${{ params.n + 1 }}',
      list: '${{ [(params.n + 1), [1, 2][0]] }}',
    });
    expect(document.tasks[1]?.when).toBe('"it\'s \\"x\\"" in {"a": ["b", params.n]}.a');
  });

  it('nests groups by callbacks, and takes tasks and groups where ids are expected', () => {
    const definition = dag({ dagId: 'g' }, ({ task, group }) => {
      const start = task('start', nothing);
      const outer = group('outer', { doc: 'all of it' }, () => {
        const inner = group('inner', () => ({ b: task('b', nothing) }));
        const pick = task('pick', choose, { with: { branch: [inner.members.b] } });
        pick.before(inner);
        return { pick, b: inner.members.b };
      });
      start.before(outer).before(task('end', nothing, { teardown: { setups: start } }));
      expect(outer.members.b.id).toBe('b');
    });
    expect(new DefinitionSource(definition, () => place).value).toEqual(
      new YamlSource(
        `
dagId: g
groups: { outer: { doc: all of it, dependsOn: [start] }, inner: { group: outer, dependsOn: [pick] } }
tasks:
  - { id: start, operator: nothing }
  - { id: b, operator: nothing, group: inner }
  - { id: pick, operator: choose, group: outer, with: { branch: [b] } }
  - { id: end, operator: nothing, dependsOn: [outer], teardown: { setups: start } }
`,
        'dag.yaml',
      ).value,
    );
  });

  it('leaves mistakes in what was written to the same checks', () => {
    expect(
      errors(
        dag({ dagId: 'd', schedule: '@dayly' }, ({ task }) => {
          task('a', count, { with: { of: 'x', atLeast: 1.5 }, retryDelay: 'soon' });
          task('a', nothing, { dependsOn: 'b' });
        }),
      ),
    ).toEqual([
      expect.stringContaining("schedule: unknown preset: '@dayly'"),
      expect.stringContaining('tasks[0].retryDelay: expected a duration such as 30s'),
      expect.stringContaining("tasks[1].id: 'a' is already"),
      expect.stringContaining("there is no task 'b'"),
      expect.stringContaining('tasks[0].with.atLeast: expected a whole number, got 1.5'),
    ]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'a value that JSON has not',
      () =>
        dag({ dagId: 'd' }, ({ task }) => void task('t', shell, { with: { command: new Date(0) as never } })),
      'with.command: expected a value that JSON can hold, got a Date object; write date.toISOString()',
    ],
    [
      'a task of another DAG',
      () =>
        dag({ dagId: 'd' }, ({ task: outer }) => {
          const foreign = outer('t', nothing);
          dag({ dagId: 'e' }, ({ task }) => void task('u', nothing, { dependsOn: foreign }));
        }),
      'expected a task or group of this DAG, or its id',
    ],
    [
      'an async callback',
      () => dag({ dagId: 'd' }, async () => {}),
      'the callback of dag() must not be async',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
