import { describe, expect, it } from 'vitest';
import { parseCases } from '../../../conformance/case.js';
import { describe as lines } from '../../../conformance/difference.js';
import { runOnMachine } from '../../../conformance/machine.js';

type Task = [id: string, upstream: string, state: string, options?: object];

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
