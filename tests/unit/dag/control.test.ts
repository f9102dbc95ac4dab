import { describe, expect, it } from 'vitest';
import { DagRun, type DagRunOptions, type Decision, type Outcome } from '../../../dag/dag-run.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError } from '../../../dag/source.js';
import { runInfo, statesOf } from './run-helpers.js';

/** A run of a document's keys beside dagId. */
function startDag(text: string, options: Partial<DagRunOptions> = {}): DagRun {
  const result = parseDag(`dagId: d\n${text}`, { file: 'dag.yaml' });
  if (!result.ok) throw new Error(result.errors.map(formatSourceError).join('\n'));
  return new DagRun(result.dag, { params: {}, config: {}, run: runInfo, ...options });
}

type Outcomes = Record<string, Outcome | Outcome['state']>;

/** Settles everything as it comes, by instance or by task, else with success. */
function settleAll(run: DagRun, outcomes: Outcomes = {}) {
  const started: string[] = [];
  const open: Decision[] = [...run.next()];
  for (let decision = open.shift(); decision !== undefined; decision = open.shift()) {
    if (decision.kind === 'finished') return { ...statesOf(run), run: decision.state };
    const { key, taskId } = decision.instance;
    started.push(key);
    const outcome = outcomes[key] ?? outcomes[taskId] ?? 'success';
    run.settle(key, typeof outcome === 'string' ? { state: outcome } : outcome);
    open.push(...run.next());
  }
  throw new Error(`the run hangs after ${started.join(', ')}`);
}

const reasonOf = (run: DagRun, key: string) => run.instances().find((each) => each.key === key)?.reason;

describe('control operators', () => {
  it('are carried out at once, without a decision', () => {
    const run = startDag(`
tasks:
  - { id: a, operator: noop }
  - { id: b, operator: branch, dependsOn: a, with: { choose: c } }
  - { id: c, operator: short-circuit, dependsOn: b, with: { condition: "\${{ tasks.b.output == ['c'] }}" } }
  - { id: d, operator: latest-only, dependsOn: c }
  - { id: e, operator: noop, dependsOn: d }`);
    expect(run.next()).toEqual([{ kind: 'finished', state: 'success', reason: 'no final task failed' }]);
    expect(run.instances().map(({ state, output }) => [state, output])).toEqual([
      ['success', null],
      ['success', ['c']],
      ['success', true],
      ['success', true],
      ['success', null],
    ]);
  });

  it('with a pool are to be waited for where pools hold them, and then end as they would', () => {
    const text = `
params: { x: { type: string, default: nowhere } }
tasks:
  - { id: a, operator: noop, pool: p }
  - { id: b, operator: branch, pool: p, dependsOn: a, with: { choose: c } }
  - { id: c, operator: fail, pool: p, dependsOn: b, with: { message: no } }
  - { id: d, operator: noop, dependsOn: b }
  - { id: e, operator: branch, pool: p, with: { choose: "\${{ params.x }}" } }`;
    const run = startDag(text, { controlsTakeSlots: true, params: { x: 'nowhere' } });
    const waits = () => run.next().filter((decision) => decision.kind === 'wait');
    const [first, ...none] = waits();
    expect(none).toEqual([]);
    expect(first).toMatchObject({ instance: { key: 'a' }, wait: { milliseconds: 0 } });
    // Who waits for slots has not been carried out.
    expect(statesOf(run)).toMatchObject({ a: 'queued', b: 'none' });
    for (let wait = first; wait !== undefined; [wait] = waits())
      run.settle(wait.instance.key, wait.end ?? { state: 'success' });
    expect(statesOf(run)).toEqual({ a: 'success', b: 'success', c: 'failed', d: 'skipped', e: 'failed' });
    expect(reasonOf(run, 'c')).toBe('no');
    expect(reasonOf(run, 'e')).toContain("no task or group 'nowhere'");
    expect(startDag(text, { params: { x: 'nowhere' } }).next()).toMatchObject([{ kind: 'finished' }]);
  });

  it('fail with their message, or with what is wrong with their params', () => {
    const text = `
params: { x: { type: string, default: nowhere } }
tasks:
  - { id: a, operator: fail, with: { message: "no \${{ params.x }}" } }
  - { id: b, operator: branch, with: { choose: "\${{ params.x }}" } }
  - { id: c, operator: short-circuit, with: { condition: "\${{ params.x }}" } }
  - { id: now-here, operator: noop }`;
    const run = startDag(text, { params: { x: 'nowhere' } });
    run.next();
    expect(reasonOf(run, 'a')).toBe('no nowhere');
    expect(reasonOf(run, 'b')).toBe(
      "there is no task or group 'nowhere' to choose (did you mean 'now-here'?)",
    );
    expect(reasonOf(run, 'c')).toBe("with.condition: expected true or false, got 'nowhere'");
  });

  it('wait by a decision', () => {
    const run = startDag(`
tasks:
  - { id: a, operator: sleep, with: { for: 1h30m } }
  - { id: b, operator: time-sensor, with: { until: 2025-03-01T06:00:00+01:00 } }
  - { id: c, operator: time-sensor, with: { after: 2h } }`);
    expect(run.next()).toMatchObject([
      { kind: 'wait', instance: { key: 'a' }, wait: { milliseconds: 5_400_000 } },
      { kind: 'wait', instance: { key: 'b' }, wait: { until: '2025-03-01T05:00:00.000Z' } },
      { kind: 'wait', instance: { key: 'c' }, wait: { until: '2025-03-01T04:00:00.000Z' } },
    ]);
    for (const key of ['a', 'b', 'c']) run.settle(key, { state: 'success' });
    expect(run.next()).toMatchObject([{ kind: 'finished', state: 'success' }]);
  });

  it('choose groups by their first tasks', () => {
    const run = startDag(`
groups: { g: { dependsOn: b }, h: { dependsOn: b } }
tasks:
  - { id: b, operator: branch, with: { choose: h } }
  - { id: g1, operator: op, group: g }
  - { id: g2, operator: op, group: g, dependsOn: g1 }
  - { id: h1, operator: op, group: h }
  - { id: h2, operator: op, group: h, dependsOn: h1 }
  - { id: end, operator: op, dependsOn: [g, h], triggerRule: none_failed_min_one_success }`);
    expect(settleAll(run)).toEqual({
      b: 'success',
      g1: 'skipped',
      g2: 'skipped',
      h1: 'success',
      h2: 'success',
      end: 'success',
      run: 'success',
    });
    expect(reasonOf(run, 'g1')).toBe("skipped by 'b'");
  });

  it('skip what follows when the run is not the latest', () => {
    const text = `
tasks:
  - { id: only, operator: latest-only }
  - { id: a, operator: op, dependsOn: only }
  - { id: b, operator: op, dependsOn: a, triggerRule: all_done }`;
    const run = startDag(text, { run: { ...runInfo, latest: false } });
    expect(settleAll(run)).toEqual({ only: 'success', a: 'skipped', b: 'success', run: 'success' });
  });

  it('decide again by their results when these are reused', () => {
    const run = startDag(
      `
tasks:
  - { id: b, operator: branch, with: { choose: x } }
  - { id: x, operator: op, dependsOn: b }
  - { id: y, operator: op, dependsOn: b }`,
      { reused: { b: { state: 'success', output: ['y'] } } },
    );
    expect(settleAll(run)).toMatchObject({ x: 'skipped', y: 'success' });
  });

  it('are waited for by what they may skip, even if its rule holds', () => {
    const run = startDag(`
tasks:
  - { id: slow, operator: op }
  - { id: c, operator: short-circuit, dependsOn: slow, with: { condition: "\${{ tasks.slow.output }}" } }
  - { id: far, operator: op, dependsOn: c, triggerRule: always }`);
    expect(run.next()).toHaveLength(1);
    run.settle('slow', { state: 'success', output: false });
    expect(statesOf(run)).toEqual({ slow: 'success', c: 'success', far: 'skipped' });
  });
});

describe('setup and teardown', () => {
  const scope = `
tasks:
  - { id: s, operator: op, setup: true }
  - { id: w1, operator: op, dependsOn: s }
  - { id: w2, operator: op, dependsOn: w1, triggerRule: all_done }
  - { id: t, operator: op, dependsOn: w2, teardown: { setups: s } }
  - { id: after, operator: op, dependsOn: w2 }`;

  it.each<[Outcomes, object]>([
    [{ w1: 'failed' }, { w2: 'success', t: 'success', after: 'success', run: 'success' }],
    [
      { w2: 'failed', t: 'failed' },
      { t: 'failed', after: 'upstreamFailed', run: 'failed' },
    ],
    [{ t: 'failed' }, { t: 'failed', run: 'success' }],
    [{ s: 'failed' }, { w1: 'upstreamFailed', w2: 'upstreamFailed', t: 'upstreamFailed', run: 'failed' }],
    [{ s: 'skipped' }, { w1: 'skipped', w2: 'skipped', t: 'skipped', run: 'success' }],
  ])('%j', (outcomes, states) => {
    expect(settleAll(startDag(scope), outcomes)).toMatchObject(states);
  });

  it('in a mapped group belong to their item', () => {
    const run = startDag(`
groups: { g: { expand: { x: [0, 1, 2] } } }
tasks:
  - { id: s, operator: op, group: g, setup: true }
  - { id: w, operator: op, group: g, dependsOn: s }
  - { id: t, operator: op, group: g, dependsOn: w, teardown: { setups: s } }`);
    expect(settleAll(run, { 's[0]': 'failed', 'w[1]': 'failed' })).toEqual({
      's[0]': 'failed',
      's[1]': 'success',
      's[2]': 'success',
      'w[0]': 'upstreamFailed',
      'w[1]': 'failed',
      'w[2]': 'success',
      't[0]': 'upstreamFailed',
      't[1]': 'success',
      't[2]': 'success',
      run: 'failed',
    });
  });
});

describe('mapped groups', () => {
  const text = `
groups: { g: { dependsOn: list, expand: { x: "\${{ tasks.list.output }}" } } }
tasks:
  - { id: list, operator: op }
  - { id: a, operator: op, group: g, with: { x: "\${{ item.x }}", i: "\${{ index }}" } }
  - { id: b, operator: op, group: g, dependsOn: a, with: { a: "\${{ tasks.a.output }}" }, when: item.x != 7 }
  - { id: c, operator: op, group: g, dependsOn: [a, b], triggerRule: one_failed }
  - { id: sum, operator: op, dependsOn: b, triggerRule: all_done, with: { b: "\${{ tasks.b.output }}" } }`;

  it('run their tasks once per item, each with what belongs to the item', () => {
    const run = startDag(text);
    run.next();
    run.settle('list', { state: 'success', output: [5, 6, 7] });
    expect(run.next()).toMatchObject([
      { instance: { key: 'a[0]' }, params: { x: 5, i: 0 } },
      { instance: { key: 'a[1]' }, params: { x: 6, i: 1 } },
      { instance: { key: 'a[2]' }, params: { x: 7, i: 2 } },
    ]);
    run.settle('a[1]', { state: 'success', output: 'one' });
    expect(run.next()).toMatchObject([{ instance: { key: 'b[1]' }, params: { a: 'one' } }]);
    run.settle('a[2]', { state: 'success' });
    run.settle('a[0]', { state: 'failed' });
    expect(run.next()).toMatchObject([{ instance: { key: 'c[0]' } }]);
    run.settle('b[1]', { state: 'success', output: 'done' });
    run.settle('c[0]', { state: 'success' });
    expect(run.next()).toMatchObject([{ task: { id: 'sum' }, params: { b: ['done'] } }]);
    run.settle('sum', { state: 'success' });
    expect(statesOf(run)).toMatchObject({
      'b[0]': 'upstreamFailed',
      'b[1]': 'success',
      'b[2]': 'skipped',
      'c[0]': 'success',
      'c[1]': 'skipped',
      'c[2]': 'skipped',
    });
  });

  it.each<[Outcome, string]>([
    [{ state: 'success', output: [] }, 'skipped'],
    [{ state: 'skipped' }, 'skipped'],
    [{ state: 'failed' }, 'upstreamFailed'],
  ])('without items end with a single state: %j', (outcome, state) => {
    const run = startDag(text);
    expect(settleAll(run, { list: outcome })).toMatchObject({ a: state, b: state, c: state, sum: 'success' });
  });

  it('work on no more items at once than maxActiveMapped, and finish one before they begin the next', () => {
    const run = startDag(`
groups: { g: { expand: { x: [0, 1, 2] }, maxActiveMapped: 2 } }
tasks:
  - { id: a, operator: op, group: g }
  - { id: b, operator: op, group: g, dependsOn: a }
  - { id: c, operator: noop, group: g, dependsOn: b }`);
    const keys = () => run.next().flatMap((each) => (each.kind === 'start' ? [each.instance.key] : []));
    expect(keys()).toEqual(['a[0]', 'a[1]']);
    run.settle('a[0]', { state: 'success' });
    expect(keys()).toEqual(['b[0]']);
    run.settle('b[0]', { state: 'success' });
    expect(keys()).toEqual(['a[2]']);
    run.settle('a[1]', { state: 'failed' });
    expect(keys()).toEqual([]);
    run.settle('a[2]', { state: 'success' });
    expect(keys()).toEqual(['b[2]']);
  });

  it('do not wait for ever when a path leaves the group and comes back', () => {
    const run = startDag(`
groups: { g: { expand: { x: [0, 1, 2] }, maxActiveMapped: 1 } }
tasks:
  - { id: a, operator: op, group: g }
  - { id: out, operator: op, dependsOn: a }
  - { id: b, operator: op, group: g, dependsOn: [a, out] }`);
    expect(settleAll(run)).toMatchObject({ run: 'success' });
  });

  it('branch for each item', () => {
    const run = startDag(`
groups: { g: { expand: { to: [x, y] } } }
tasks:
  - { id: b, operator: branch, group: g, with: { choose: "\${{ item.to }}" } }
  - { id: x, operator: op, group: g, dependsOn: b }
  - { id: y, operator: op, group: g, dependsOn: b }`);
    expect(settleAll(run)).toMatchObject({
      'x[0]': 'success',
      'x[1]': 'skipped',
      'y[0]': 'skipped',
      'y[1]': 'success',
    });
  });
});

describe('a skip and a failure before all_success', () => {
  it('count by which one came first, where there is a first one', () => {
    const run = startDag(`
tasks:
  - { id: b, operator: branch, with: { choose: x } }
  - { id: x, operator: op, dependsOn: b }
  - { id: y, operator: op, dependsOn: b }
  - { id: f, operator: op }
  - { id: ordered, operator: op, dependsOn: [x, y] }
  - { id: open, operator: op, dependsOn: [f, y] }`);
    const states = settleAll(run, { x: 'failed', f: 'failed' });
    expect(states).toMatchObject({ y: 'skipped', ordered: 'skipped', open: 'upstreamFailed' });
  });
});

describe('stopping', () => {
  const text = `
tasks:
  - { id: s, operator: op, setup: true }
  - { id: w, operator: op, dependsOn: s, expand: { x: [0, 1] }, maxActiveMapped: 1 }
  - { id: v, operator: op, dependsOn: w }
  - { id: t, operator: op, dependsOn: v, teardown: { setups: s } }`;

  it('skips what has not started, and lets teardowns clean up when the rest has ended', () => {
    const run = startDag(text);
    run.next();
    run.settle('s', { state: 'success' });
    run.next();
    run.stop('cancelled');
    expect(statesOf(run)).toEqual({
      s: 'success',
      'w[0]': 'queued',
      'w[1]': 'skipped',
      v: 'skipped',
      t: 'none',
    });
    expect(reasonOf(run, 'v')).toBe('cancelled');
    run.settle('w[0]', { state: 'failed' });
    expect(run.next()).toMatchObject([{ kind: 'start', instance: { key: 't' } }]);
    run.settle('t', { state: 'success' });
    expect(run.next()).toMatchObject([{ kind: 'finished' }]);
  });

  it('takes back decisions that were not asked for, and skips teardowns whose setups never ran', () => {
    const run = startDag(text);
    run.stop('cancelled');
    expect(run.next()).toMatchObject([{ kind: 'finished', state: 'success' }]);
    expect(statesOf(run)).toEqual({
      s: 'skipped',
      'w[0]': 'skipped',
      'w[1]': 'skipped',
      v: 'skipped',
      t: 'skipped',
    });
  });
});

describe('changes', () => {
  it('are told once, with what an expansion replaced as removed', () => {
    const run = startDag(`
tasks:
  - { id: a, operator: op }
  - { id: m, operator: op, dependsOn: a, expand: { x: "\${{ tasks.a.output }}" } }`);
    const changes = () => run.takeChanges().map(({ key, state }) => `${key} ${state}`);
    expect(changes()).toEqual(['a queued', 'm none']);
    expect(changes()).toEqual([]);
    run.mark('a', 'running');
    expect(changes()).toEqual(['a running']);
    run.settle('a', { state: 'success', output: [1, 2] });
    expect(changes()).toEqual(['a success', 'm removed', 'm[0] queued', 'm[1] queued']);
  });
});
