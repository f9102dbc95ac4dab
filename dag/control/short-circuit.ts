import { z } from 'zod';
import { defineControl } from './operator.js';

export const shortCircuit = defineControl({
  name: 'short-circuit',
  description: 'Skips what follows it when its condition is false',
  params: z.strictObject({
    condition: z.boolean(),
    /** Whether all descendants are skipped, or the direct downstream tasks, the rest going by their trigger rules. */
    ignoreDownstreamTriggerRules: z.boolean().default(true),
  }),
  execute: ({ condition }) => ({ state: 'success', output: condition }),
  skips: (output, { ignoreDownstreamTriggerRules = true }) => {
    if (output !== false) return undefined;
    return ignoreDownstreamTriggerRules === false ? 'downstream' : 'descendants';
  },
});
