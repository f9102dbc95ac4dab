import { expect, it } from 'vitest';
import { HistoryBudget } from '../../../workflows/history-budget.js';

const mib = 1024 ** 2;

function budget({ takenOver = 0, goesBySize = true } = {}) {
  const used = { historyLength: 10, historySize: takenOver };
  return {
    used,
    budget: new HistoryBudget(
      () => used,
      () => goesBySize,
    ),
  };
}

it('lets a run go on in a new execution after many events or bytes, and makes it do so after some more', () => {
  const { used, budget: history } = budget();
  expect([history.isLong, history.mustDrain]).toEqual([false, false]);
  used.historyLength = 4_000;
  expect([history.isLong, history.mustDrain]).toEqual([true, false]);
  used.historyLength = 6_000;
  expect(history.mustDrain).toBe(true);
  Object.assign(used, { historyLength: 10, historySize: 8 * mib - 1 });
  expect([history.isLong, history.mustDrain]).toEqual([false, false]);
  used.historySize++;
  expect([history.isLong, history.mustDrain]).toEqual([true, true]);
});

it('waits as long again when no quiet moment came', () => {
  const { used, budget: history } = budget({ takenOver: 5 * mib });
  used.historySize = 13 * mib;
  expect(history.mustDrain).toBe(true);
  history.postpone();
  used.historySize = 20 * mib;
  expect(history.mustDrain).toBe(false);
  used.historySize = 21 * mib;
  expect(history.mustDrain).toBe(true);
  used.historyLength = 6_010;
  used.historySize = 13 * mib;
  expect(history.mustDrain).toBe(true);
});

it('does not count the results that it took over as growth', () => {
  const { used, budget: history } = budget({ takenOver: 20 * mib });
  expect(history.isLong).toBe(false);
  used.historySize = 28 * mib;
  expect(history.isLong).toBe(true);
});

it.each([0, 7, 15, 30, 37])('has room for what is at work beside %d MiB of results', (results) => {
  const { budget: history } = budget({ takenOver: results * mib });
  const capacity = history.capacity(500);
  expect(capacity).toBeGreaterThan(0);
  // It drains after 8 MiB; then each may still have an input of 16 KiB and an output of 64 KiB.
  expect(results * mib + 8 * mib + capacity * 80 * 1024).toBeLessThan(50 * mib);
  if (results === 0) expect(capacity).toBe(500);
});

it('is spent when results or the history leave no room', () => {
  expect(budget({ takenOver: 37 * mib }).budget.isSpent).toBe(false);
  expect(budget({ takenOver: 38 * mib }).budget.isSpent).toBe(true);
  const { used, budget: history } = budget();
  used.historySize = 47 * mib;
  expect(history.isSpent).toBe(false);
  used.historySize = 48 * mib;
  expect(history.isSpent).toBe(true);
});

it('counts events alone in runs of earlier releases, which replay as they went', () => {
  const { used, budget: history } = budget({ takenOver: 45 * mib, goesBySize: false });
  used.historySize = 49 * mib;
  expect([history.isLong, history.mustDrain, history.isSpent]).toEqual([false, false, false]);
  expect(history.capacity(500)).toBe(500);
});
