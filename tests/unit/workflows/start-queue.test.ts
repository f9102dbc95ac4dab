import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StartQueue } from '../../../workflows/start-queue.js';

/** A queue that notes what was started and dropped. */
function noted(capacity: number) {
  const queue = new StartQueue(capacity);
  const started: string[] = [];
  const dropped: string[] = [];
  const offer = (name: string, priority = 1, weight = 1): void =>
    queue.offer({ weight, priority, start: () => started.push(name), drop: () => dropped.push(name) });
  return { queue, started, dropped, offer };
}

it('starts what fits, then by priority, then in order of arrival', () => {
  const { queue, started, offer } = noted(1);
  for (const [name, priority] of [
    ['a', 1],
    ['b', 1],
    ['c', 5],
    ['d', 1],
    ['e', 5],
  ] as const)
    offer(name, priority);
  for (let ended = 0; ended < 5; ended++) queue.release(1);
  expect(started).toEqual(['a', 'c', 'e', 'b', 'd']);
});

it('lets nothing overtake a heavier one that waits for room', () => {
  const { queue, started, offer } = noted(3);
  offer('a', 1, 2);
  offer('heavy', 1, 3);
  offer('light', 1, 1);
  expect(started).toEqual(['a']);
  queue.release(2);
  expect(started).toEqual(['a', 'heavy']);
  queue.release(3);
  expect(started).toEqual(['a', 'heavy', 'light']);
});

it('starts nothing while paused, and drops what waits when cleared', () => {
  const { queue, started, dropped, offer } = noted(2);
  queue.pause();
  offer('a');
  offer('b');
  expect(started).toEqual([]);
  queue.resume();
  offer('c');
  queue.clear();
  expect([started, dropped]).toEqual([['a', 'b'], ['c']]);
});

it('never has more at work than its capacity, and starts everything in the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.record({ weight: fc.integer({ min: 1, max: 7 }), priority: fc.integer({ min: 0, max: 3 }) }),
      ),
      fc.infiniteStream(fc.nat()),
      (capacity, entries, picks) => {
        const queue = new StartQueue(capacity);
        const atWork: number[] = [];
        let started = 0;
        const used = (): number => atWork.reduce((sum, weight) => sum + Math.min(weight, capacity), 0);
        for (const entry of entries) {
          const start = (): void => {
            atWork.push(entry.weight);
            started++;
          };
          queue.offer({ ...entry, start, drop: () => undefined });
          expect(used()).toBeLessThanOrEqual(capacity);
        }
        while (atWork.length > 0) {
          const [weight = 0] = atWork.splice((picks.next().value ?? 0) % atWork.length, 1);
          queue.release(weight);
          expect(used()).toBeLessThanOrEqual(capacity);
        }
        expect(started).toBe(entries.length);
      },
    ),
  );
});
