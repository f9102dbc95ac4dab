import { z } from 'zod';
import { parseDuration } from '../../dag/duration.js';
import { show } from '../../dag/json.js';

/** Pools by name: how many slots the tasks of all runs share. Others can be made with `nightjar pools set`. */
export const poolsSettings = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
      "expected letters, digits, '_', '-' and '.', the first a letter, digit or '_'",
    ),
  z.strictObject({
    /** Slots that tasks can hold at the same time. */
    slots: z.int().min(1).max(100_000),
    description: z.string().optional(),
  }),
);

export const leasesSettings = z.strictObject({
  /** How often a pool looks whether the runs that hold its slots are still open: a duration. Default 30s. */
  checkInterval: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) > 0, {
      error: (issue) => `expected a duration above 0 such as 30s or 5m, got ${show(issue.input)}`,
    })
    .default('30s'),
});
