import { z } from 'zod';

const behaviour = z.enum(['success', 'fail', 'skip']);

/** Params of the operator `case`, which does what a case says of a task's body. */
export const bodyParams = z.strictObject({
  behaviour: behaviour.default('success'),
  /** By map index, instead of `behaviour`. */
  behaviours: z.array(behaviour).default([]),
  /** So many attempts fail first. */
  failTimes: z.int().min(0).default(0),
  /** Length of the list that it returns. */
  outputLength: z.int().min(0).default(0),
});

export type BodyParams = z.output<typeof bodyParams>;

/** What one attempt at a task comes to. Attempts count from 1. */
export type Attempt = { ended: 'success'; output: number[] } | { ended: 'fail' } | { ended: 'skip' };

export function attempt(params: BodyParams, mapIndex: number | undefined, number: number): Attempt {
  if (number <= params.failTimes) return { ended: 'fail' };
  const ended = (mapIndex === undefined ? undefined : params.behaviours[mapIndex]) ?? params.behaviour;
  if (ended !== 'success') return { ended };
  return { ended, output: Array.from({ length: params.outputLength }, (_, index) => index) };
}
