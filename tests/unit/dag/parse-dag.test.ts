import { describe, expect, it } from 'vitest';
import { errorsOf, parsed } from './parse-helpers.js';

describe('a right document', () => {
  it('comes with all defaults, durations in milliseconds and times in UTC', () => {
    const { dag } = parsed(`
      dagId: nightly
      owner: data
      schedule: '@daily'
      timezone: Europe/Zurich
      startDate: 2025-01-31T02:00:00+02:00
      endDate: 2026-01-01
      jitter: 90s
      dagrunTimeout: 1h30m
      params:
        rows: { type: integer, minimum: 1, default: "\${{ config.generate.shards }}" }
      defaults: { retries: 2, retryDelay: 10s }
      tasks:
        - id: load
          operator: copy
          with: { from: "\${{ item.shard }}", rows: "\${{ params.rows }}" }
          expand: { shard: "\${{ range(config.generate.shards) }}" }
          maxActiveMapped: 2
          errorThreshold: { maxRejectedRatio: "\${{ config.thresholds.maxRatio }}" }
        - id: report
          operator: print
          dependsOn: load
          retries: 0
          when: params.rows > 1 && size(tasks.load.output) > 0
          executionTimeout: 1d
    `);
    expect(dag).toEqual({
      dagId: 'nightly',
      owner: 'data',
      tags: [],
      schedule: { cron: '0 0 * * *' },
      timezone: 'Europe/Zurich',
      startDate: '2025-01-31T00:00:00.000Z',
      endDate: '2026-01-01T00:00:00.000Z',
      catchupWindow: 86_400_000,
      jitter: 90_000,
      dagrunTimeout: 5_400_000,
      params: { rows: { type: 'integer', minimum: 1, default: '${{ config.generate.shards }}' } },
      groups: {},
      tasks: [
        {
          id: 'load',
          operator: 'copy',
          with: { from: '${{ item.shard }}', rows: '${{ params.rows }}' },
          dependsOn: [],
          triggerRule: 'all_success',
          retries: 2,
          retryDelay: 10_000,
          retryExponentialBackoff: false,
          heartbeatTimeout: 60_000,
          poolSlots: 1,
          priority: 1,
          expand: { shard: '${{ range(config.generate.shards) }}' },
          maxActiveMapped: 2,
          errorThreshold: { maxRejectedRatio: '${{ config.thresholds.maxRatio }}', onBreach: 'fail' },
        },
        {
          id: 'report',
          operator: 'print',
          with: {},
          dependsOn: ['load'],
          triggerRule: 'all_success',
          retries: 0,
          retryDelay: 10_000,
          retryExponentialBackoff: false,
          heartbeatTimeout: 60_000,
          poolSlots: 1,
          priority: 1,
          executionTimeout: 86_400_000,
          when: 'params.rows > 1 && size(tasks.load.output) > 0',
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(dag))).toEqual(dag);
  });

  it('has a hash of what it means, not of how it is written', () => {
    const one = parsed('dagId: d\ntasks:\n  - { id: t, operator: print, retryDelay: 60s, dependsOn: [] }');
    const other = parsed('# a comment\ntasks: [{ operator: "print", retryDelay: 1m, id: t }]\ndagId: d');
    const changed = parsed('dagId: d\ntasks:\n  - { id: t, operator: print, retryDelay: 61s }');
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(other.hash).toBe(one.hash);
    expect(changed.hash).not.toBe(one.hash);
  });

  it('may repeat parts by anchors', () => {
    const { dag } = parsed(
      'dagId: d\ntasks:\n  - { id: a, operator: copy, with: &w { from: x } }\n  - { id: b, operator: copy, with: *w }',
    );
    expect(dag.tasks.map((task) => task.with)).toEqual([{ from: 'x' }, { from: 'x' }]);
  });

  it.each([
    ['{ every: 1h30m }', { every: 5_400_000 }],
    ["'0 2 * * MON-FRI'", { cron: '0 2 * * MON-FRI' }],
    ["'*/15 0,12 1-7 JAN,7 *'", { cron: '*/15 0,12 1-7 JAN,7 *' }],
    ["'@monthly'", { cron: '0 0 1 * *' }],
    ['null', undefined],
  ])('takes the schedule %s', (schedule, expected) => {
    const { dag } = parsed(`dagId: d\nschedule: ${schedule}\ntasks: [{ id: t, operator: print }]`);
    expect(dag.schedule).toEqual(expected);
  });
});

describe('a document that is too large for a run', () => {
  /** Takes some more than so many times 100 kB. */
  const documentOf = (tasks: number): string =>
    [
      'dagId: wide',
      'tasks:',
      ...Array.from(
        { length: tasks },
        (_, n) => `  - { id: t${n}, operator: print, doc: ${'x'.repeat(100_000)} }`,
      ),
    ].join('\n');

  it('is refused with its size and the limit', () => {
    expect(parsed(documentOf(18)).dag.tasks).toHaveLength(18);
    expect(errorsOf(documentOf(19))).toEqual([
      expect.stringMatching(
        /^2:1: tasks: DAG "wide" is too large: 19 tasks take 18\d\d KiB as JSON, at most 1792 KiB fit into a run \(let one task map over a list/,
      ),
    ]);
  });
});
