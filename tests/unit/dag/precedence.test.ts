import { describe, expect, it } from 'vitest';
import { parseCases } from '../../../conformance/case.js';
import { describe as lines } from '../../../conformance/difference.js';
import { runOnMachine } from '../../../conformance/machine.js';

type Task = [id: string, upstream: string, state: string | string[], options?: object];

/** What differs, in any order of completion, from the states given. */
function differences(tasks: Task[], runState: 'success' | 'failed'): string[] {
  const written = {
    name: 'case',
    tasks: tasks.map(([id, upstream, , options]) => ({
      id,
      upstream: upstream === '' ? [] : upstream.split(' '),
      ...options,
    })),
    expected: Object.fromEntries(tasks.map(([id, , state]) => [id, state])),
    runState,
  };
  return parseCases(JSON.stringify([written]), 'cases').flatMap((each) => lines(runOnMachine(each)));
}

const fails = { behaviour: 'fail' };
const skips = { behaviour: 'skip' };

describe('all_success over a skip and a failure', () => {
  it('skips when the skip was decided before the failed task could start', () => {
    const tasks: Task[] = [
      ['a', '', 'skipped', skips],
      ['b', 'a', 'skipped'],
      ['c', 'a', 'failed', { ...fails, triggerRule: 'all_done' }],
      ['join', 'b c', 'skipped'],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('skips when whatever let the failed task start also decided the skip', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['b', '', 'success'],
      ['skipped', 'a b', 'skipped', { triggerRule: 'all_skipped' }],
      ['failed', 'a b', 'failed', { ...fails, triggerRule: 'one_done' }],
      ['join', 'skipped failed', 'skipped'],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('skips when the failure takes one step of the scheduler more', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['b', 'a', 'upstream_failed'],
      ['c', 'b', 'upstream_failed'],
      ['skipped', 'a', 'skipped', { triggerRule: 'all_skipped' }],
      ['sooner', 'skipped b', 'upstream_failed'],
      ['later', 'skipped c', 'skipped'],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('fails when the failure was first', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['b', 'a', 'skipped', { ...skips, triggerRule: 'all_done' }],
      ['join', 'a b', 'upstream_failed'],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('fails when either could be first, though the skipped task has less to wait for', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['b', 'a', 'skipped', skips],
      ['c', 'a', 'success'],
      ['d', 'c', 'failed', fails],
      ['join', 'b d', 'upstream_failed'],
      ['x', '', 'success'],
      ['y', 'a x', 'failed', { ...fails, triggerRule: 'one_success' }],
      ['other', 'b y', 'upstream_failed'],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('waits for a skip that must have been first and hangs on another such choice', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['skipped', 'a', 'skipped', { triggerRule: 'all_skipped' }],
      ['slow', 'a', 'failed', fails],
      ['choice', 'skipped slow', 'skipped'],
      ['failed', 'a', 'failed', fails],
      ['join', 'choice failed', 'skipped'],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });
});

describe('a task mapped over an output', () => {
  const mapped = (from: string, triggerRule: string) => ({
    expandFrom: from,
    triggerRule,
    behaviours: ['success'],
  });

  it('has nothing to map over when its rule holds before what it is mapped over has ended', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['b', 'a', 'skipped', { triggerRule: 'all_skipped' }],
      ['c', 'b', 'skipped', { triggerRule: 'one_done' }],
      ['mapped', 'a c', 'upstream_failed', mapped('c', 'one_failed')],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('is skipped by its rule a step before what it is mapped over ends', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['b', 'a', 'upstream_failed'],
      ['c', 'b', 'upstream_failed'],
      ['mapped', 'a c', 'skipped', mapped('c', 'all_skipped')],
      ['d', 'a', 'failed', { ...fails, triggerRule: 'all_done' }],
      ['other', 'a d', 'skipped', mapped('d', 'all_skipped')],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('sees in the same step how a task ended whose id comes first', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['skipped', 'a', 'skipped', { triggerRule: 'all_skipped' }],
      ['reads-before', 'a skipped', 'upstream_failed', mapped('skipped', 'one_failed')],
      ['then-reads', 'a skipped', 'skipped', mapped('skipped', 'one_failed')],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
    const late: Task[] = [
      ['a', '', 'failed', fails],
      ['given-up', 'a', 'upstream_failed'],
      ['can-not-see', 'a given-up', 'skipped', mapped('given-up', 'all_skipped')],
    ];
    expect(differences(late, 'success')).toEqual([]);
  });

  it('sees so along a chain of mapped tasks', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['b', 'a', 'skipped', mapped('a', 'all_success')],
      ['c', 'b', 'skipped', mapped('b', 'none_skipped')],
      ['d', 'a c', 'skipped', mapped('c', 'one_done')],
      ['e', 'b c', 'skipped'],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('is skipped over instances that could not run, all of them at once', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['b', 'a', ['upstream_failed', 'upstream_failed'], { expand: 2 }],
      ['mapped', 'b', 'skipped', mapped('b', 'one_failed')],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('goes by its rule over instances that ran, one of which was skipped', () => {
    const tasks: Task[] = [
      ['a', '', ['skipped'], { expand: ['skip'] }],
      ['b', 'a', 'failed', { ...fails, triggerRule: 'all_done' }],
      ['mapped', 'a b', 'upstream_failed', mapped('a', 'one_success')],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('comes too soon after another one that did', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['b', 'a', ['failed', 'success'], { expand: ['fail', 'success'] }],
      ['c', 'a b', 'upstream_failed', mapped('b', 'one_success')],
      ['mapped', 'b c', 'upstream_failed', mapped('b', 'one_failed')],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('over nothing at the start of the run comes before what follows from the first task', () => {
    const tasks: Task[] = [
      ['a', '', 'success'],
      ['mapped', 'a', 'upstream_failed', mapped('a', 'always')],
      ['skipped', 'mapped a', 'skipped', { triggerRule: 'all_skipped' }],
      ['join', 'mapped skipped', 'upstream_failed'],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });
});

describe('a setup further up', () => {
  it('comes too late when the rule skips the task a step before', () => {
    const tasks: Task[] = [
      ['a', '', 'skipped', skips],
      ['b', '', 'failed', fails],
      ['setup', 'a b', 'upstream_failed', { setup: true, triggerRule: 'one_success' }],
      ['c', 'setup', 'upstream_failed'],
      ['late', 'a b c', 'skipped', { triggerRule: 'all_skipped' }],
    ];
    expect(differences(tasks, 'success')).toEqual([]);
  });

  it('gives up its tasks before a branch skips it', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['gate', 'a', 'success', { branch: [], triggerRule: 'all_failed' }],
      ['setup', 'a gate', 'skipped', { setup: true, triggerRule: 'none_failed' }],
      ['b', 'setup', 'upstream_failed'],
      ['c', 'a b', 'upstream_failed', { triggerRule: 'all_done' }],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });

  it('keeps a task from starting, so that it is given up with the setup', () => {
    const tasks: Task[] = [
      ['setup', '', 'failed', { ...fails, setup: true }],
      ['a', 'setup', 'upstream_failed'],
      ['b', 'a', 'upstream_failed', { expandFrom: 'a', triggerRule: 'always' }],
      ['c', 'b', 'upstream_failed', { triggerRule: 'one_failed' }],
      ['d', 'c', 'upstream_failed', { triggerRule: 'all_skipped' }],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });
});

describe('a branch or short-circuit that runs because of a failure', () => {
  const gates: [string, object][] = [
    ['branch', { branch: [] }],
    ['short-circuit', { shortCircuit: false, ignoreDownstreamTriggerRules: false }],
  ];
  for (const [name, decides] of gates) {
    it(`skips what the failure gave up, after what comes next was decided by that: ${name}`, () => {
      const tasks: Task[] = [
        ['a', '', 'failed', fails],
        ['gate', 'a', 'success', { ...decides, triggerRule: 'one_failed' }],
        ['skipped', 'a gate', 'skipped'],
        ['by-failure', 'skipped', 'upstream_failed'],
        ['too', 'skipped a', 'upstream_failed', { triggerRule: 'none_failed' }],
        ['further', 'by-failure', 'upstream_failed', { triggerRule: 'one_success' }],
        ['not-all', 'skipped', 'skipped', { triggerRule: 'all_skipped' }],
      ];
      expect(differences(tasks, 'failed')).toEqual([]);
    });
  }

  it('decides what had to wait for more than the failure', () => {
    const tasks: Task[] = [
      ['a', '', 'failed', fails],
      ['gate', 'a', 'success', { branch: ['next'], triggerRule: 'all_failed' }],
      ['skipped', 'a gate', 'skipped'],
      ['next', 'gate', 'success'],
      ['join', 'skipped next', 'upstream_failed', { triggerRule: 'none_failed_min_one_success' }],
      ['waits', 'skipped next', 'skipped', { triggerRule: 'all_done_min_one_success' }],
    ];
    expect(differences(tasks, 'failed')).toEqual([]);
  });
});
