import { z } from 'zod';
import { ids } from '../schema/scalars.js';
import { defineControl } from './operator.js';

export const branch = defineControl({
  name: 'branch',
  description: 'Chooses which of the tasks that directly follow it run; the others are skipped',
  params: () => z.strictObject({ choose: ids('the id of a task or group') }),
  execute: ({ choose }) => ({ state: 'success', output: choose }),
  gate: {
    reach: () => ({ descendants: false, teardowns: true }),
    passes: (output) => (Array.isArray(output) ? output.filter((id) => typeof id === 'string') : []),
  },
});
