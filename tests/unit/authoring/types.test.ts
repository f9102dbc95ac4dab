import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import type { DatasetRef } from '../../../activities/operator.js';
import { defineOperator } from '../../../activities/operator.js';
import * as operators from '../../../activities/operators/for-dags.js';
import { dag, expr, type Ref, type Reference, type Task } from '../../../dag/builder/index.js';
import { controlOperators } from '../../../dag/control/index.js';

const { branch, noop, sleep, sparkSql, train } = operators;

const count = defineOperator({
  name: 'count',
  description: 'Counts',
  params: z.strictObject({
    of: z.string(),
    atLeast: z.int().default(0),
    mode: z.enum(['fast', 'exact']).optional(),
  }),
  run: async (): Promise<{ rows: number; files: { path: string }[] }> => ({ rows: 0, files: [] }),
});

// What is wrong here is for the compiler to say: `npm run check` fails when an expected error is missing. The callbacks
// are never run.
const check = (_: () => unknown): void => {};

describe('types of the builder', () => {
  it('hold params of operators to their schemas', () => {
    check(() =>
      dag({ dagId: 'd' }, ({ task }) => {
        task('a', count, { with: { of: 'x', atLeast: 3, mode: 'fast' } });
        task('b', noop);
        task('c', noop, { dependsOn: 'b', retryDelay: '5s', triggerRule: 'all_done' });
        // @ts-expect-error `of` is missing
        task('d', count, { with: { atLeast: 3 } });
        // @ts-expect-error all of `with` is missing
        task('e', count, { retries: 1 });
        // @ts-expect-error so are the options
        task('f', count);
        // @ts-expect-error not a number
        task('g', count, { with: { of: 'x', atLeast: 'three' } });
        // @ts-expect-error not one of the choices
        task('h', count, { with: { of: 'x', mode: 'slow' } });
        // @ts-expect-error no such param
        task('i', count, { with: { of: 'x', least: 3 } });
        // @ts-expect-error no such option
        task('j', noop, { retrys: 3 });
        // @ts-expect-error no such trigger rule
        task('k', noop, { triggerRule: 'all' });
        // @ts-expect-error `sleep` needs its duration
        task('l', sleep, { with: {} });
      }),
    );
  });

  it('take outputs where their types fit', () => {
    check(() =>
      dag({ dagId: 'd' }, ({ task }) => {
        const a = task('a', count, { with: { of: 'x' } });
        expectTypeOf(a.output.rows).toExtend<Reference<number>>();
        task('b', count, { with: { of: expr<string>`string(${a.output.rows})`, atLeast: a.output.rows } });
        task('c', count, { with: { of: `rows: ${a.output.rows}`, atLeast: '${{ tasks.a.output.rows }}' } });
        task('d', count, { with: { of: a.output.files[0]?.path } });
        // @ts-expect-error a number for a text
        task('e', count, { with: { of: a.output.rows } });
        // @ts-expect-error a list for a number
        task('f', count, { with: { of: 'x', atLeast: a.output.files } });
        // @ts-expect-error no such part
        a.output.lines;
        // @ts-expect-error a text for a condition
        task('g', noop, { when: expr<string>`"x"` });
      }),
    );
  });

  it('know the datasets that tasks pass on', () => {
    check(() =>
      dag({ dagId: 'd' }, ({ task }) => {
        const orders = task('orders', sparkSql, {
          with: { datasets: { orders: { sql: 'SELECT 1 AS id' } } },
        });
        task('totals', sparkSql, {
          with: {
            inputs: { orders: orders.output.orders },
            datasets: { totals: { sql: 'SELECT * FROM orders' } },
          },
        });
        const model = task('model', train, { with: { models: '${{ config.models }}' } });
        task('any', count, { with: { of: model.returns<{ name: string }>().output.name } });
        expectTypeOf(orders.output.orders).toExtend<Reference<DatasetRef> | undefined>();
      }),
    );
  });

  it('give params the types that they declare', () => {
    check(() =>
      dag(
        {
          dagId: 'd',
          params: {
            n: { type: 'integer', default: 7 },
            who: { type: 'string' },
            mode: { enum: ['fast', 'exact'] },
            days: { type: 'array', items: { type: 'string' }, default: ['mon'] },
            full: { type: ['boolean', 'null'] },
          },
        },
        ({ task, params }) => {
          expectTypeOf(params.n).toExtend<Reference<number>>();
          expectTypeOf(params.days).toExtend<Reference<string[]>>();
          expectTypeOf(params.full).toExtend<Reference<boolean | null>>();
          task('a', count, { with: { of: params.who, atLeast: params.n, mode: params.mode } });
          // @ts-expect-error a number for a text
          task('b', count, { with: { of: params.n } });
          // @ts-expect-error no such param
          params.m;
        },
      ),
    );
    // @ts-expect-error no type of JSON Schema
    check(() => dag({ dagId: 'd', params: { n: { type: 'int' } } }, () => {}));
    // @ts-expect-error no key of a DAG
    check(() => dag({ dagId: 'd', shedule: '@daily' }, () => {}));
    // @ts-expect-error an import does that
    check(() => dag({ dagId: 'd', include: ['x.yaml'] }, () => {}));
  });

  it('know items of mapped tasks and groups, and that their outputs are lists', () => {
    check(() =>
      dag(
        { dagId: 'd', params: { days: { type: 'array', items: { type: 'string' } } } },
        ({ task, group, params }) => {
          const source = task('source', count, { with: { of: 'x' } });
          const each = task('each', count, {
            expand: { size: [1, 2, 3], kind: ['new', 'old'], day: params.days, file: source.output.files },
            with: ({ item, index }) => {
              expectTypeOf(item.size).toExtend<Reference<number>>();
              // @ts-expect-error no such name
              item.other;
              return { of: item.kind, atLeast: index };
            },
          });
          expectTypeOf(each).toEqualTypeOf<Task<{ rows: number; files: { path: string }[] }[]>>();
          task('one', count, {
            expand: { file: source.output.files },
            with: ({ item }) => ({ of: item.file.path }),
          });
          task('wrong', count, {
            expand: { size: [1, 2, 3] },
            // @ts-expect-error a number for a text
            with: ({ item }) => ({ of: item.size }),
          });
          const members = group('g', { expand: { day: params.days } }, ({ item }) => {
            const { day } = item;
            return { inner: task('inner', count, { with: { of: day } }) };
          });
          expectTypeOf(members.members.inner.output.rows).toEqualTypeOf<Ref<number>>();
          task('pick', branch, { with: { choose: [each, members.members.inner, 'one'] } });
          // @ts-expect-error a number is no task
          task('none', branch, { with: { choose: 5 } });
        },
      ),
    );
  });

  it('are there for every operator in the box', () => {
    const names = Object.values(operators).map(({ name }) => name);
    expect(names.sort()).toEqual(
      [...builtInOperators, ...controlOperators.values()].map(({ name }) => name).sort(),
    );
  });
});
