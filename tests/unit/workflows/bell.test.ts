import { expect, it } from 'vitest';
import { Bell } from '../../../workflows/bell.js';

const settled = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

it('lets its waiter go on when it rings, and not before', async () => {
  const bell = new Bell();
  const waiting = bell.rung();
  expect(await settled(waiting)).toBe(false);
  bell.ring();
  expect(await settled(waiting)).toBe(true);
});

it('holds nobody up who comes after it rang, until it is reset', async () => {
  const bell = new Bell();
  bell.ring();
  expect(await settled(bell.rung())).toBe(true);
  bell.reset();
  const waiting = bell.rung();
  expect(await settled(waiting)).toBe(false);
  bell.ring();
  expect(await settled(waiting)).toBe(true);
});

it('wakes its waiter once for all that rings at the same moment', async () => {
  const bell = new Bell();
  let rounds = 0;
  const round = async (): Promise<void> => {
    for (;;) {
      bell.reset();
      rounds++;
      await bell.rung();
    }
  };
  void round();
  for (let ends = 0; ends < 5; ends++) void Promise.resolve().then(() => bell.ring());
  await new Promise(setImmediate);
  expect(rounds).toBe(2);
});
