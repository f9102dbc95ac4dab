import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StatsCounter } from '../../../activities/context/stats.js';
import { Steps } from '../../../activities/context/steps.js';
import { LocalStorage } from '../../../activities/context/storage.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steps-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** One attempt at a task: another process would make the same objects. */
function attempt(tryId = 'try') {
  const counter = new StatsCounter();
  const storage = new LocalStorage(folder, folder);
  const steps = new Steps(folder, () => tryId, { stats: counter, storage });
  return { steps, counter, stats: steps.recorded('stats', counter, ['read', 'rejectReason']) };
}

it('runs a step once over all attempts and repeats its counts', async () => {
  let runs = 0;
  const work = async ({ steps, stats }: ReturnType<typeof attempt>) =>
    steps.run('load', async () => {
      runs++;
      stats.read(10, 100);
      stats.rejectReason('NULL', 2);
      return { rows: 10 };
    });
  const first = attempt();
  const second = attempt();
  expect(await work(first)).toEqual({ rows: 10 });
  expect(await work(second)).toEqual({ rows: 10 });
  expect(runs).toBe(1);
  expect(second.counter.counts).toEqual(first.counter.counts);
  expect(second.counter.counts).toMatchObject({
    rowsRead: 10,
    bytesRead: 100,
    rejectedByReason: { NULL: 2 },
  });
});

it('runs a step again that failed', async () => {
  await expect(
    attempt().steps.run('load', async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await attempt().steps.run('load', async () => 'yes')).toBe('yes');
});

it('derives operation ids from step and order, not from what ran before', async () => {
  const ids = async ({ steps }: ReturnType<typeof attempt>, skipFirst: boolean) => {
    if (!skipFirst) {
      await steps.run('one', async () => {
        steps.nextOperation();
        return null;
      });
    }
    const seen: string[] = [];
    // A name of its own for each attempt would be another step: the file of the finished step is what is tested above.
    await steps
      .run('two', async () => {
        seen.push(steps.nextOperation()(0), steps.nextOperation()(0));
        throw new Error('crash');
      })
      .catch(() => undefined);
    return seen;
  };
  const first = await ids(attempt(), false);
  const second = await ids(attempt(), true);
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(2);
  expect(await ids(attempt('cleared'), true)).not.toEqual(first);
});

it('gives the same operation another id only when asked for the next attempt', () => {
  const { steps } = attempt();
  const id = steps.nextOperation();
  expect(id(0)).toBe(id(0));
  expect(id(1)).not.toBe(id(0));
});

it('refuses a step within a step, and two of one name', async () => {
  const { steps } = attempt();
  await expect(steps.run('a', () => steps.run('b', async () => 1))).rejects.toThrow('within another step');
  await steps.run('c', async () => 1);
  await expect(steps.run('c', async () => 1)).rejects.toThrow('unique');
});
