import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../dag/duration.js';
import { TaskGraph } from '../../../dag/graph.js';
import { canonicalJson } from '../../../dag/json.js';
import { didYouMean, nearest } from '../../../dag/nearest.js';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '5', 's', '5 m', '30m1h', '1h1h', '-5m', '1w', '5M'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('come back from their text', () => {
    fc.assert(
      fc.property(
        fc.nat(10 ** 10),
        (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds,
      ),
      { seed: 1 },
    );
  });
});

describe('nearest', () => {
  const names = ['dependsOn', 'retries', 'retryDelay', 'id'];

  it.each([
    ['dependOn', 'dependsOn'],
    ['depends_on', 'dependsOn'],
    ['DEPENDSON', 'dependsOn'],
    ['retires', 'retries'],
    ['retryDlay', 'retryDelay'],
    ['pool', undefined],
    ['ix', undefined],
  ])('%s', (name, expected) => {
    expect(nearest(name, names)).toBe(expected);
  });

  it('makes a hint or none', () => {
    expect(didYouMean('retris', names)).toBe("did you mean 'retries'?");
    expect(didYouMean('zzz', names)).toBeUndefined();
  });
});

describe('TaskGraph', () => {
  const graph = new TaskGraph([
    { id: 'd', dependsOn: ['b', 'c'] },
    { id: 'b', dependsOn: ['a'] },
    { id: 'c', dependsOn: ['a'] },
    { id: 'a', dependsOn: [] },
    { id: 'e', dependsOn: [] },
  ]);

  it('knows what is up and down', () => {
    expect(graph.topologicalOrder()).toEqual(['a', 'e', 'b', 'c', 'd']);
    expect(graph.upstream('d')).toEqual(['b', 'c']);
    expect(graph.downstream('a')).toEqual(['b', 'c']);
    expect([...graph.ancestors('d')].sort()).toEqual(['a', 'b', 'c']);
    expect([...graph.descendants('a')].sort()).toEqual(['b', 'c', 'd']);
    expect(graph.leaves()).toEqual(['d', 'e']);
    expect(graph.findCycle()).toBeUndefined();
  });

  it('finds a cycle behind which there is more', () => {
    const cyclic = new TaskGraph([
      { id: 'end', dependsOn: ['x'] },
      { id: 'x', dependsOn: ['y', 'start'] },
      { id: 'y', dependsOn: ['x'] },
      { id: 'start', dependsOn: [] },
    ]);
    expect(cyclic.findCycle()).toEqual(['x', 'y', 'x']);
    expect(cyclic.topologicalOrder()).toEqual(['start']);
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }], a: 'x' })).toBe(
      '{"a":"x","b":[{"a":null,"d":1}]}',
    );
  });
});
