import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineOperator, defineSensor, type Operator, TaskSkipped } from '../../../activities/operator.js';
import { Gates } from '../gates.js';

/** By DAG. */
export const gates = new Gates();

/** Operators that make runs go in every way that a run can go. */
export const operators = [
  defineOperator({
    name: 'echo',
    description: 'returns its params',
    params: z.strictObject({ value: z.json() }),
    run: async (_context, { value }) => value,
  }),
  defineOperator({
    name: 'flaky',
    description: 'fails the given number of times, then returns the attempt',
    params: z.strictObject({ times: z.int() }),
    run: async ({ attempt }, { times }) => {
      if (attempt <= times) throw new Error(`attempt ${attempt} failed`);
      return attempt;
    },
  }),
  defineOperator({
    name: 'hang',
    description: 'waits until it is cancelled',
    params: z.strictObject({}),
    run: ({ signal }) => sleep(100_000, null, { signal }),
  }),
  defineOperator({
    name: 'gate',
    description: "waits at its DAG's gate",
    params: z.strictObject({}),
    run: async ({ dagId, signal }) => {
      await gates.pass(dagId, signal);
      return null;
    },
  }),
  defineOperator({
    name: 'skip',
    description: 'is skipped',
    params: z.strictObject({}),
    run: async (): Promise<null> => {
      throw new TaskSkipped('nothing to do');
    },
  }),
  defineOperator({
    name: 'count',
    description: 'reads 100 rows and rejects some',
    params: z.strictObject({ bad: z.int() }),
    run: async ({ stats }, { bad }) => {
      stats.read(100);
      stats.wrote(100 - bad);
      stats.rejectRows(bad);
      stats.rejectReason('NULL_KEY', bad);
      return 100 - bad;
    },
  }),
  defineSensor({
    name: 'never',
    description: 'waits for what never comes',
    params: z.strictObject({}),
    poke: async () => ({ done: false }),
  }),
] as unknown as Operator[];
