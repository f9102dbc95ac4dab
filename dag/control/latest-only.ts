import { z } from 'zod';
import { defineControl } from './operator.js';

export const latestOnly = defineControl({
  name: 'latest-only',
  description: 'Skips the tasks that directly follow it unless the run is the latest one',
  params: () => z.strictObject({}),
  execute: (_params, run) => ({ state: 'success', output: run.latest }),
  gate: {
    reach: () => ({ descendants: false, teardowns: true }),
    passes: (output) => (output === false ? [] : 'all'),
  },
});
