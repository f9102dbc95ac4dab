import { describe, expect, it } from 'vitest';
import type { DagDocument } from '../../../dag/document.js';
import { type PastInstance, planReplay, type ReplaySelection } from '../../../dag/replay/plan.js';

/** load → each (mapped) → sum → report; load → choose → rare → sum. */
const dag = {
  dagId: 'd',
  groups: {},
  tasks: [
    { id: 'load', dependsOn: [] },
    { id: 'choose', dependsOn: ['load'] },
    { id: 'rare', dependsOn: ['choose'] },
    { id: 'each', dependsOn: ['load'] },
    { id: 'sum', dependsOn: ['each', 'rare'] },
    { id: 'report', dependsOn: ['sum'] },
  ],
} as unknown as DagDocument;

const done = (key: string): PastInstance => ({ key, state: 'success', output: key, stats: {} });
const past: PastInstance[] = [
  done('load'),
  done('choose'),
  { key: 'rare', state: 'skipped' },
  done('each[0]'),
  { key: 'each[1]', state: 'failed', stats: {} },
  done('each[2]'),
  { key: 'sum', state: 'upstreamFailed' },
  { key: 'report', state: 'upstreamFailed' },
];
const good = past.map((each) => (['failed', 'upstreamFailed'].includes(each.state) ? done(each.key) : each));

const planOf = (selection: ReplaySelection, instances = past) => {
  const { again, reused, decided, leftOut } = planReplay(dag, instances, selection);
  return { again, reused, decided, leftOut };
};

describe('the plan of a replay', () => {
  it('runs what failed and what follows again, instance by instance', () => {
    expect(planOf({})).toEqual({
      again: ['each[1]', 'sum', 'report'],
      reused: ['load', 'choose', 'each[0]', 'each[2]'],
      decided: ['rare'],
      leftOut: [],
    });
  });

  it('runs named tasks again, with what is down- or upstream of them', () => {
    expect(planOf({ tasks: ['each'] }, good).again).toEqual([
      'each[0]',
      'each[1]',
      'each[2]',
      'sum',
      'report',
    ]);
    expect(planOf({ tasks: ['each[2]'], downstream: false }, good).again).toEqual(['each[2]']);
    expect(planOf({ tasks: ['each'], downstream: false, upstream: true }, good).again).toEqual([
      'load',
      'each[0]',
      'each[1]',
      'each[2]',
    ]);
    expect(planOf({ tasks: ['load', 'sum'], downstream: false }, good).again).toEqual(['load', 'sum']);
  });

  it('runs only what failed of named tasks, and what has no result in any case', () => {
    expect(planOf({ tasks: ['load', 'each'], onlyFailed: true, downstream: false }).again).toEqual([
      'each[1]',
      'sum',
      'report',
    ]);
    expect(planOf({ tasks: ['load', 'each'], onlyFailed: true }, good).again).toEqual([]);
  });

  it('takes nothing over from what was skipped when the run was stopped', () => {
    const stopped = past.map(
      (each): PastInstance => (each.key === 'rare' ? { ...each, stopped: true } : each),
    );
    expect(planOf({}, stopped).again).toEqual(['rare', 'each[1]', 'sum', 'report']);
  });

  it('finds out what of a run that was cut off is open', () => {
    // A gate leaves nothing behind, but something came after it.
    expect(planOf({}, [done('load'), done('rare')])).toMatchObject({
      again: ['choose', 'each', 'sum', 'report'],
      reused: ['load', 'rare'],
    });
  });

  it('leaves out what was not asked for and has no result, unless it is needed', () => {
    expect(planOf({ only: ['each'] })).toEqual({
      again: ['each[0]', 'each[1]', 'each[2]'],
      reused: ['load', 'choose'],
      decided: [],
      leftOut: ['rare', 'sum', 'report'],
    });
    expect(planOf({ from: ['each'] }, good).again).toEqual([
      'each[0]',
      'each[1]',
      'each[2]',
      'sum',
      'report',
    ]);
    expect(planOf({ only: ['load'] }, [])).toMatchObject({
      again: ['load'],
      leftOut: expect.arrayContaining(['sum']),
    });
    expect(() => planOf({ only: ['report'] })).toThrow(
      /report can't run alone: there is no result of 'each'|'sum'/,
    );
  });

  it('knows no task of another name', () => {
    expect(() => planOf({ tasks: ['laod'] })).toThrow("there is no task 'laod' (did you mean 'load'?)");
    expect(() => planOf({ tasks: ['each[9]'] })).toThrow("there is no instance 'each[9]'");
  });

  it('sets up again what its work needs', () => {
    const around = {
      dagId: 'd',
      groups: {},
      tasks: [
        { id: 'make', dependsOn: [], setup: true },
        { id: 'use', dependsOn: ['make'] },
        { id: 'other', dependsOn: ['make'] },
        { id: 'drop', dependsOn: ['use', 'other', 'make'], teardown: { setups: ['make'] } },
      ],
    } as unknown as DagDocument;
    const all = ['make', 'use', 'other', 'drop'].map(done);
    expect(planReplay(around, all, { tasks: ['use'], downstream: false }).again).toEqual([
      'make',
      'use',
      'drop',
    ]);
  });
});
