import { z } from 'zod';
import { duration } from '../schema/scalars.js';
import { defineControl } from './operator.js';

export const sleep = defineControl({
  name: 'sleep',
  description: 'Waits for a time, without a worker',
  params: () => z.strictObject({ for: duration() }),
  execute: (params) => ({ wait: { milliseconds: params.for } }),
});
