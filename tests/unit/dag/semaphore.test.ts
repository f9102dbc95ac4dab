import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlotRequest } from '../../../dag/pool/messages.js';
import { Semaphore } from '../../../dag/pool/semaphore.js';

const ask = (key: string, more: Partial<SlotRequest> = {}): SlotRequest => ({
  workflowId: 'w',
  firstRunId: 'r',
  key,
  request: `${key}?`,
  slots: 1,
  priority: 1,
  ...more,
});
const granted = (semaphore: Semaphore): string[] =>
  semaphore.answer(0).flatMap(({ answer }) => (answer.refused === undefined ? [answer.request] : []));

describe('a semaphore', () => {
  it('serves the larger priority first, then by arrival, and lets nobody overtake a large request', () => {
    const semaphore = new Semaphore('p', 2);
    semaphore.acquire(ask('first', { slots: 2 }), 0);
    expect(granted(semaphore)).toEqual(['first?']);
    semaphore.acquire(ask('low'), 1);
    semaphore.acquire(ask('high', { priority: 5, slots: 2 }), 2);
    semaphore.acquire(ask('low2'), 3);
    semaphore.release({ workflowId: 'w', key: 'first' });
    expect(granted(semaphore)).toEqual(['high?']);
    semaphore.release({ workflowId: 'w', key: 'high' });
    expect(granted(semaphore)).toEqual(['low?', 'low2?']);
  });

  it('grants again what is held, under the name of the newer request, without a second lease', () => {
    const semaphore = new Semaphore('p', 3);
    semaphore.acquire(ask('a'), 0);
    expect(granted(semaphore)).toEqual(['a?']);
    semaphore.acquire(ask('a', { request: 'again' }), 1);
    expect(granted(semaphore)).toEqual(['again']);
    expect(semaphore.used).toBe(1);
    semaphore.release({ workflowId: 'w', key: 'a' });
    semaphore.release({ workflowId: 'w', key: 'a' });
    expect(semaphore.used).toBe(0);
  });

  it('frees what an earlier workflow of the same id held', () => {
    const semaphore = new Semaphore('p', 1);
    semaphore.acquire(ask('a'), 0);
    expect(granted(semaphore)).toEqual(['a?']);
    semaphore.acquire(ask('b', { firstRunId: 'later' }), 1);
    expect(granted(semaphore)).toEqual(['b?']);
    expect(semaphore.holders()).toEqual([{ workflowId: 'w', firstRunId: 'later' }]);
  });

  it('refuses what can never fit, also after it has shrunk, and lets leases stand', () => {
    const semaphore = new Semaphore('p', 2);
    semaphore.acquire(ask('held', { slots: 2 }), 0);
    granted(semaphore);
    semaphore.acquire(ask('waits', { slots: 2 }), 0);
    semaphore.resize(1);
    expect(semaphore.answer(0)).toEqual([
      {
        to: { workflowId: 'w', firstRunId: 'r' },
        answer: { request: 'waits?', refused: expect.stringContaining('which has 1') },
      },
    ]);
    expect(semaphore.used).toBe(2);
  });

  it('never leases more than it has, serves everyone, and is the same after it was carried over', () => {
    const step = fc.oneof(
      fc.record({
        what: fc.constant('acquire' as const),
        run: fc.nat(3),
        key: fc.nat(5),
        slots: fc.integer({ min: 1, max: 3 }),
        priority: fc.integer({ min: 0, max: 2 }),
      }),
      fc.record({ what: fc.constant('release' as const), run: fc.nat(3), key: fc.nat(5) }),
      fc.record({ what: fc.constant('forget' as const), run: fc.nat(3) }),
      fc.record({ what: fc.constant('carry' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let semaphore = new Semaphore('p', 3);
        const held = new Map<string, number>();
        for (const each of steps) {
          const id = 'run' in each ? `w${each.run}` : '';
          if (each.what === 'acquire') {
            const { slots, priority } = each;
            semaphore.acquire(ask(`k${each.key}`, { workflowId: id, slots, priority }), 0);
          } else if (each.what === 'release') semaphore.release({ workflowId: id, key: `k${each.key}` });
          else if (each.what === 'forget') semaphore.forget({ workflowId: id, firstRunId: 'r' });
          else semaphore = new Semaphore('p', 3, JSON.parse(JSON.stringify(semaphore.carry())));
          semaphore.answer(0);
          const { holders, queue } = semaphore.view();
          held.clear();
          for (const { workflowId, key, slots } of holders) held.set(`${workflowId}/${key}`, slots);
          expect([...held.values()].reduce((sum, slots) => sum + slots, 0)).toBe(semaphore.used);
          expect(semaphore.used).toBeLessThanOrEqual(3);
          const [head] = queue;
          if (head !== undefined) expect(semaphore.used + head.slots).toBeGreaterThan(3);
        }
        for (let left = 200; !semaphore.isIdle && left > 0; left--) {
          for (const { workflowId, key } of semaphore.view().holders) semaphore.release({ workflowId, key });
          semaphore.answer(0);
        }
        expect(semaphore.isIdle).toBe(true);
      }),
    );
  });
});
