import { describe, expect, it } from 'vitest';
import { planRemovals, type Retention } from '../../../activities/retention/plan.js';
import { runsReferredTo } from '../../../activities/retention/references.js';
import type { StoredRun } from '../../../activities/retention/stored-runs.js';
import type { RunRecord } from '../../../activities/run/run-record.js';

const dataRoot = '/data';
const day = 86_400_000;
const now = Date.parse('2026-03-31T00:00:00Z');

/** A run that ended so many days ago, whose only task gave a reference to data of the runs named. */
function run(id: string, ago: number, refersTo: string[] = [], rest: Partial<StoredRun> = {}): StoredRun {
  const [dagId = ''] = id.split('/');
  const at = new Date(now - ago * day).toISOString();
  const output = refersTo.map((other) => ({ path: `${other}/load/g-0/rows` }));
  return {
    dagId,
    folder: `${dataRoot}/${id}`,
    record: {
      dagId,
      startedAt: at,
      finishedAt: at,
      state: 'success',
      tasks: [{ key: 'load', state: 'success', output }],
    } as unknown as RunRecord,
    generations: [{ path: 'load/g-0', committed: true, bytes: 100 }],
    commits: [],
    bytes: 120,
    current: false,
    ...rest,
  };
}

const left = (runs: StoredRun[], retention: Partial<Retention>, open: string[] = [], pinned: string[] = []) =>
  planRemovals(runs, { records: false, ...retention }, now, {
    dataRoot,
    isOpen: ({ folder }) => open.includes(folder.slice(dataRoot.length + 1)),
    pinned: new Set(pinned),
  }).map(({ run: { folder }, what }) => `${what} ${folder.slice(dataRoot.length + 1)}`);

const four = [run('a/4', 1), run('a/3', 2), run('a/2', 20), run('a/1', 40)];

describe('what is removed', () => {
  it.each<[string, Partial<Retention>, string[]]>([
    ['nothing unless asked for', {}, []],
    ['runs beyond the number that is kept', { keep: 2 }, ['data a/2', 'data a/1']],
    ['runs that are older', { olderThan: 30 * day }, ['data a/1']],
    ['of both the fewer', { keep: 1, olderThan: 10 * day }, ['data a/2', 'data a/1']],
    ['whole runs', { keep: 3, records: true }, ['run a/1']],
    ['all', { keep: 0 }, ['data a/4', 'data a/3', 'data a/2', 'data a/1']],
  ])('%s', (_, retention, removed) => {
    expect(left(four, retention)).toEqual(removed);
  });

  it('is counted for each DAG', () => {
    expect(left([run('b/2', 0), run('a/2', 1), run('b/1', 2), run('a/1', 3)], { keep: 1 })).toEqual([
      'data b/1',
      'data a/1',
    ]);
  });

  it('is never the current run, an open one, or one that the last update of a dataset refers to', () => {
    const runs = [run('a/4', 1), run('a/3', 2, [], { current: true }), run('a/2', 3), run('a/1', 4)];
    expect(left(runs, { keep: 0 }, ['a/4'], ['a/2'])).toEqual(['data a/1']);
  });

  it('is never what a kept run uses, at whatever remove, of whatever DAG', () => {
    const runs = [run('a/3', 1, ['a/2']), run('a/2', 2, ['b/1']), run('a/1', 3), run('b/1', 4)];
    expect(left(runs, { olderThan: 1.5 * day })).toEqual(['data a/1']);
  });

  it('what was committed counts, where the record was never closed', () => {
    const commits = [
      { output: { report: '/data/a/1/load/g-0/report.html' } },
    ] as unknown as StoredRun['commits'];
    expect(left([run('a/2', 1, [], { commits }), run('a/1', 3)], { keep: 1 })).toEqual([]);
  });

  it('what failed tries left goes after a day, or the age that is asked for', () => {
    const generations = [
      { path: 'load/g-0', committed: true, bytes: 1 },
      { path: 'load/g-1', committed: false, bytes: 2 },
    ];
    const runs = [run('a/2', 0.5, [], { generations }), run('a/1', 2, [], { generations })];
    expect(left(runs, {})).toEqual(['uncommitted a/1']);
    expect(left(runs, {}, ['a/1'])).toEqual([]);
    expect(left(runs, { keep: 2, olderThan: 0 })).toEqual(['uncommitted a/2', 'uncommitted a/1']);
    const [removal] = planRemovals(runs, { records: false }, now, {
      dataRoot,
      isOpen: () => false,
      pinned: new Set(),
    });
    expect(removal).toMatchObject({ paths: ['load/g-1'], bytes: 2 });
  });
});

it.each([
  ['a/1/load/g-0/rows', ['a/1']],
  ['/data/a/1/train/g-0/model', ['a/1']],
  ['a/1/../../../etc/passwd', []],
  ['/etc/passwd', []],
  ['../x/y/z', []],
])('%s refers to %j', (path, found) => {
  expect([...runsReferredTo({ deep: [{ path }] }, dataRoot)]).toEqual(found);
});
