import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { Gates } from './gates.js';

/** Where {@link wait} waits: open a gate to let it go on. */
export const gates = new Gates();

/** Waits at a gate, if it is given one, then succeeds or fails as it is told. */
export const wait = defineOperator({
  name: 'wait',
  description: 'Waits for the test',
  params: z.strictObject({
    gate: z.string().optional(),
    fail: z.boolean().default(false),
    value: z.json().default(null),
  }),
  async run({ log, signal, attempt }, { gate, fail, value }) {
    log.info({ gate }, 'waiting');
    if (gate !== undefined) await gates.pass(gate, signal);
    log.warn('going on');
    if (fail) throw new Error('the file is not there');
    return { value, attempt };
  },
});
