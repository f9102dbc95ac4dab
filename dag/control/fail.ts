import { z } from 'zod';
import { defineControl } from './operator.js';

export const fail = defineControl({
  name: 'fail',
  description: 'Fails with a message, for a path that must not be taken',
  params: () => z.strictObject({ message: z.string().min(1) }),
  execute: ({ message }) => ({ state: 'failed', reason: message }),
});
