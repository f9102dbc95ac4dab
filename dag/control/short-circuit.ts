import { z } from 'zod';
import { defineControl } from './operator.js';

export const shortCircuit = defineControl({
  name: 'short-circuit',
  description: 'Skips what follows it when its condition is false',
  params: () =>
    z.strictObject({
      condition: z.boolean(),
      /** Whether all descendants are skipped, or the direct downstream tasks, the rest going by their trigger rules. */
      ignoreDownstreamTriggerRules: z.boolean().default(true),
    }),
  execute: ({ condition }) => ({ state: 'success', output: condition }),
  gate: {
    reach: ({ ignoreDownstreamTriggerRules = true }) => ({
      descendants: ignoreDownstreamTriggerRules !== false,
      teardowns: false,
    }),
    passes: (output) => (output === false ? [] : 'all'),
  },
});
