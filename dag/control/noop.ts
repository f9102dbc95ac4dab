import { z } from 'zod';
import { defineControl } from './operator.js';

export const noop = defineControl({
  name: 'noop',
  description: 'Does nothing: a point where paths meet or part',
  params: () => z.strictObject({}),
  execute: () => ({ state: 'success', output: null }),
});
