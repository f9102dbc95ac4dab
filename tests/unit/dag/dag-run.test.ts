import { describe, expect, it } from 'vitest';
import { DagRun } from '../../../dag/dag-run.js';
import { documentOf, finish, runInfo, startedKeys, startRun, starts, statesOf } from './run-helpers.js';

describe('starting tasks', () => {
  it('starts each task once its upstream is done, once, in document order', () => {
    const run = startRun([
      { id: 'c', dependsOn: ['a', 'b'] },
      { id: 'b' },
      { id: 'a' },
      { id: 'd', dependsOn: ['a'] },
    ]);
    expect(startedKeys(run)).toEqual(['b', 'a']);
    expect(startedKeys(run)).toEqual([]);
    run.settle('a', { state: 'success' });
    expect(startedKeys(run)).toEqual(['d']);
    run.settle('b', { state: 'success' });
    expect(startedKeys(run)).toEqual(['c']);
    run.settle('d', { state: 'success' });
    expect(run.next()).toEqual([]);
    run.settle('c', { state: 'success' });
    expect(run.next()).toEqual([{ kind: 'finished', state: 'success', reason: 'no final task failed' }]);
    expect(run.next()).toEqual([]);
  });

  it('gives the rendered params, the spec and the thresholds', () => {
    const run = startRun(
      [
        { id: 'a' },
        {
          id: 'b',
          dependsOn: ['a'],
          with: {
            rows: '${{ tasks.a.output.rows + params.more }}',
            text: 'day ${{ ds(run.logicalDate) }} of ${{ dag.id }}',
            list: ['${{ config.names }}', 1, null],
          },
          errorThreshold: { maxRejectedRatio: '${{ config.ratio }}', onBreach: 'fail' },
          metricThresholds: { 'durations.rmse': { max: 2 }, r2: { min: '${{ config.ratio * 2 }}' } },
        },
      ],
      { params: { more: 2 }, config: { names: ['x', 'y'], ratio: 0.25 } },
    );
    const [a] = starts(run);
    expect(a).toMatchObject({ kind: 'start', instance: { key: 'a', taskId: 'a' }, params: {} });
    expect(a).not.toHaveProperty('errorThreshold');
    run.settle('a', { state: 'success', output: { rows: 40 } });
    expect(starts(run)).toMatchObject([
      {
        task: { id: 'b', retries: 0 },
        params: { rows: 42, text: 'day 2025-03-01 of d', list: [['x', 'y'], 1, null] },
        errorThreshold: { maxRejectedRatio: 0.25, onBreach: 'fail' },
        metricThresholds: { 'durations.rmse': { max: 2 }, r2: { min: 0.5 } },
      },
    ]);
  });

  it.each([
    [{ with: { x: '${{ params.none }}' } }, 'expression `params.none` at character 8: No such key: none'],
    [{ with: { x: '${{ 1 / config.zero }}' } }, 'division by zero'],
    [
      { errorThreshold: { maxRejectedRatio: '${{ config.two }}', onBreach: 'fail' as const } },
      'errorThreshold.maxRejectedRatio must be a number from 0 to 1, its template gave 2',
    ],
    [
      { metricThresholds: { r2: { min: '${{ config.text }}' } } },
      "metricThresholds.r2.min must be a number, its template gave 'a'",
    ],
    [{ when: 'config.two' }, 'when must be true or false, `config.two` gave 2'],
    [{ when: 'params.none == 1' }, 'No such key: none'],
    [{ expand: { x: '${{ config.two }}' } }, 'expand.x must be a list, its template gave 2'],
    [
      { expand: { x: '${{ range(200) }}', y: '${{ range(200) }}' } },
      'expand gives more than 10000 instances: let each do more',
    ],
  ])('fails a task whose templates fail: %j', (task, reason) => {
    const run = startRun([{ id: 'a' }, { id: 'b', dependsOn: ['a'], ...task }], {
      config: { zero: 0, two: 2, text: 'a' },
    });
    expect(finish(run)).toMatchObject({ state: 'failed', reason: 'final task without success: b (failed)' });
    expect(run.instances().find(({ key }) => key === 'b')?.reason).toContain(reason);
  });
});

describe('conditions', () => {
  it('skip a task when they are false, which skips what needs its success', () => {
    const run = startRun(
      [
        { id: 'a', when: 'params.full' },
        { id: 'b', dependsOn: ['a'] },
        { id: 'c', dependsOn: ['a'], triggerRule: 'none_failed', when: '${{ tasks.a.state == "skipped" }}' },
      ],
      { params: { full: false } },
    );
    expect(finish(run)).toMatchObject({ state: 'success', started: [{ task: { id: 'c' } }] });
    expect(statesOf(run)).toEqual({ a: 'skipped', b: 'skipped', c: 'success' });
    expect(run.instances()[0]?.reason).toBe('its condition is false: params.full');
    expect(run.instances()[1]?.reason).toBe('all_success is not met: of 1 upstream, 1 skipped');
  });

  it('are not looked at when the trigger rule has decided already', () => {
    const run = startRun([{ id: 'a' }, { id: 'b', dependsOn: ['a'], when: 'tasks.a.output.x' }]);
    finish(run, () => ({ state: 'failed', reason: 'boom' }));
    expect(statesOf(run)).toEqual({ a: 'failed', b: 'upstreamFailed' });
  });
});

describe('mapped tasks', () => {
  it('give each instance its item and index, and their outputs as a list to what follows', () => {
    const run = startRun([
      { id: 'list' },
      {
        id: 'm',
        dependsOn: ['list'],
        expand: { file: '${{ tasks.list.output }}', mode: ['fast', 'slow'] },
        with: { text: '${{ item.file }}-${{ item.mode }}', index: '${{ index }}' },
      },
      {
        id: 'sum',
        dependsOn: ['m'],
        with: { all: '${{ tasks.m.output }}', rows: '${{ sum(tasks.m.stats.map(s, s.rows)) }}' },
      },
    ]);
    const { started } = finish(run, ({ task, params, instance }) =>
      task.id === 'list'
        ? { state: 'success', output: ['x', 'y'] }
        : { state: 'success', output: params.text ?? null, stats: { rows: instance.mapIndex ?? 0 } },
    );
    expect(started.map(({ instance, params }) => [instance.key, params])).toEqual([
      ['list', {}],
      ['m[0]', { text: 'x-fast', index: 0 }],
      ['m[1]', { text: 'x-slow', index: 1 }],
      ['m[2]', { text: 'y-fast', index: 2 }],
      ['m[3]', { text: 'y-slow', index: 3 }],
      ['sum', { all: ['x-fast', 'x-slow', 'y-fast', 'y-slow'], rows: 6 }],
    ]);
  });

  it('keep to maxActiveMapped', () => {
    const run = startRun([{ id: 'm', expand: { n: [1, 2, 3, 4] }, maxActiveMapped: 2 }]);
    expect(startedKeys(run)).toEqual(['m[0]', 'm[1]']);
    expect(statesOf(run)).toEqual({
      'm[0]': 'queued',
      'm[1]': 'queued',
      'm[2]': 'scheduled',
      'm[3]': 'scheduled',
    });
    run.settle('m[1]', { state: 'failed' });
    expect(startedKeys(run)).toEqual(['m[2]']);
    run.settle('m[0]', { state: 'success' });
    run.settle('m[2]', { state: 'success' });
    expect(startedKeys(run)).toEqual(['m[3]']);
    run.settle('m[3]', { state: 'success' });
    expect(run.next()).toMatchObject([{ kind: 'finished', state: 'failed' }]);
  });

  it('start the next instance when the template of one fails', () => {
    const run = startRun([
      { id: 'm', expand: { n: [0, 1, 2] }, with: { x: '${{ 4 / item.n }}' }, maxActiveMapped: 1 },
    ]);
    expect(finish(run).started.map(({ params }) => params)).toEqual([{ x: 4 }, { x: 2 }]);
    expect(statesOf(run)).toEqual({ 'm[0]': 'failed', 'm[1]': 'success', 'm[2]': 'success' });
  });

  it('are shown as one entry until they are expanded, as their instances from the start when nothing has to be waited for', () => {
    const run = startRun(
      [
        { id: 'a' },
        { id: 'known', dependsOn: ['a'], expand: { n: '${{ range(params.n) }}' } },
        { id: 'later', dependsOn: ['a'], expand: { n: '${{ tasks.a.output }}' } },
      ],
      { params: { n: 2 } },
    );
    expect(Object.keys(statesOf(run))).toEqual(['a', 'known[0]', 'known[1]', 'later']);
    run.next();
    run.settle('a', { state: 'success', output: [7] });
    expect(Object.keys(statesOf(run))).toEqual(['a', 'known[0]', 'known[1]', 'later[0]']);
  });
});

describe('mapped groups', () => {
  it('give tasks the outputs of the same item inside, of other tasks outside, and of all items to what follows', () => {
    const document = documentOf([
      { id: 'start' },
      { id: 'a', group: 'g', dependsOn: ['start'], with: { x: '${{ item.n }}' } },
      {
        id: 'b',
        group: 'g',
        dependsOn: ['a', 'start'],
        with: { x: '${{ tasks.a.output + tasks.start.output }}' },
      },
      { id: 'end', dependsOn: ['b'], with: { x: '${{ tasks.b.output }}' } },
    ]);
    const groups = { g: { expand: { n: [1, 2] } } };
    const run = new DagRun({ ...document, groups }, { params: {}, config: {}, run: runInfo });
    const { started } = finish(run, ({ params }) => ({ state: 'success', output: params.x ?? 100 }));
    expect(Object.fromEntries(started.map(({ instance, params }) => [instance.key, params.x]))).toEqual({
      start: undefined,
      'a[0]': 1,
      'a[1]': 2,
      'b[0]': 101,
      'b[1]': 102,
      end: [101, 102],
    });
  });
});

describe('results of an earlier run', () => {
  it('are not run again, whatever becomes of their upstream, and feed what follows', () => {
    const run = startRun(
      [
        { id: 'a' },
        { id: 'b', dependsOn: ['a'] },
        { id: 'c', dependsOn: ['b'], with: { x: '${{ tasks.b.output }}' } },
        { id: 's', dependsOn: ['a'] },
      ],
      { reused: { b: { state: 'success', output: 5, stats: { rows: 1 } }, s: { state: 'skipped' } } },
    );
    expect(startedKeys(run)).toEqual(['a', 'c']);
    expect(run.instances().map(({ key, state, reused }) => [key, state, reused])).toEqual([
      ['a', 'queued', false],
      ['b', 'success', true],
      ['c', 'queued', false],
      ['s', 'skipped', true],
    ]);
    run.settle('a', { state: 'failed' });
    run.settle('c', { state: 'success' });
    expect(run.next()).toMatchObject([{ kind: 'finished', state: 'success' }]);
  });

  it('can be those of single mapped instances', () => {
    const reused = {
      'm[0]': { state: 'success', output: 'old' },
      'k[1]': { state: 'success', output: 'old' },
    } as const;
    const run = startRun(
      [
        { id: 'a' },
        { id: 'm', dependsOn: ['a'], expand: { n: [1, 2] } },
        { id: 'k', dependsOn: ['a'], expand: { n: '${{ tasks.a.output }}' } },
        {
          id: 'end',
          dependsOn: ['m', 'k'],
          with: { m: '${{ tasks.m.output }}', k: '${{ tasks.k.output }}' },
        },
      ],
      { reused },
    );
    const { started } = finish(run, ({ task }) => ({
      state: 'success',
      output: task.id === 'a' ? [1, 2] : 'new',
    }));
    expect(started.map(({ instance }) => instance.key)).toEqual(['a', 'm[1]', 'k[0]', 'end']);
    expect(started.at(-1)?.params).toEqual({ m: ['old', 'new'], k: ['new', 'old'] });
  });

  it('may be all there is', () => {
    const run = startRun([{ id: 'a' }], { reused: { a: { state: 'success' } } });
    expect(run.next()).toMatchObject([{ kind: 'finished', state: 'success' }]);
  });
});

describe('what expressions see of tasks', () => {
  it('is the state alone of a task that has not finished, and an error for its output', () => {
    const tasks = [
      { id: 'fast' },
      { id: 'slow' },
      {
        id: 'early',
        dependsOn: ['fast', 'slow'],
        triggerRule: 'one_success' as const,
        with: { s: '${{ tasks.slow.state }}' },
      },
      {
        id: 'wrong',
        dependsOn: ['fast', 'slow'],
        triggerRule: 'one_success' as const,
        with: { s: '${{ tasks.slow.output }}' },
      },
      { id: 'both', dependsOn: ['fast', 'slow'], with: { s: '${{ tasks.slow.output }}' } },
    ];
    const run = startRun(tasks);
    expect(startedKeys(run)).toEqual(['fast', 'slow']);
    run.settle('fast', { state: 'success' });
    expect(starts(run).map(({ task, params }) => [task.id, params])).toEqual([['early', { s: 'running' }]]);
    expect(run.instances()[3]).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('No such key: output'),
    });
    run.settle('slow', { state: 'success' });
    expect(starts(run).map(({ params }) => params)).toEqual([{ s: null }]);
  });
});

describe('misuse', () => {
  const run = startRun([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }]);

  it.each([
    ['x', "the run has no task instance 'x'"],
    ['b', "task instance 'b' is not active: its state is none"],
  ])('settling or marking %s', (key, message) => {
    expect(() => run.settle(key, { state: 'success' })).toThrow(message);
    expect(() => run.mark(key, 'running')).toThrow(message);
  });

  it('settling twice', () => {
    const twice = startRun([{ id: 'a' }]);
    twice.mark('a', 'running');
    expect(statesOf(twice)).toEqual({ a: 'running' });
    twice.mark('a', 'upForRetry');
    twice.settle('a', { state: 'failed', reason: 'boom' });
    expect(twice.instances()[0]).toMatchObject({ state: 'failed', reason: 'boom' });
    expect(() => twice.settle('a', { state: 'success' })).toThrow(
      "task instance 'a' is not active: its state is failed",
    );
  });
});

describe('large DAGs', () => {
  it('take time in proportion to their edges', () => {
    const size = 20_000;
    const chain = Array.from({ length: size }, (_, index) => ({
      id: `t${index}`,
      dependsOn: index === 0 ? [] : [`t${index - 1}`],
    }));
    const run = startRun(chain);
    expect(finish(run).started).toHaveLength(size);
    const failing = startRun(chain);
    failing.next();
    failing.settle('t0', { state: 'failed' });
    expect(new Set(Object.values(statesOf(failing)))).toEqual(new Set(['failed', 'upstreamFailed']));
  });
});
