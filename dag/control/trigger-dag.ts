import { z } from 'zod';
import { id, instant, json } from '../schema/scalars.js';
import { defineControl } from './operator.js';

export const triggerDag = defineControl({
  name: 'trigger-dag',
  description: 'Triggers a run of another DAG and, unless told otherwise, waits for its end',
  params: () =>
    z.strictObject({
      /** The other DAG; it is looked up when the run begins. */
      dagId: id(),
      /** Params of that run. */
      params: z.record(z.string(), json()).default({}),
      /** Its logical date; that of the triggering run by default. */
      logicalDate: instant().optional(),
      /** Whether to wait for its end: its failure is this task's failure, and cancelling this task cancels it. */
      wait: z.boolean().default(true),
    }),
  execute: ({ dagId, params, logicalDate, wait }) => ({
    trigger: { dagId, params, wait, ...(logicalDate === undefined ? {} : { logicalDate }) },
  }),
});
