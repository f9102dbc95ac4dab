import { z } from 'zod';
import { callbackAction } from '../../dag/schema/callbacks.js';
import { oneOrMore } from '../../dag/schema/primitives.js';
import { deliver } from '../notifications/deliver.js';
import type { MessageEvent } from '../notifications/event.js';
import { defineOperator } from '../operator.js';

/** Tells people or programs something in the middle of a run. */
export const notify = defineOperator({
  name: 'notify',
  description: 'Sends a message to a webhook, to Slack or to a program',
  params: z.strictObject({
    message: z.string().min(1).optional().describe('For people'),
    data: z.json().optional().describe('For programs'),
    to: oneOrMore(callbackAction, 'a webhook, slack or command').describe('Where it goes'),
  }),
  async run(context, { message, data, to }): Promise<null> {
    const { dagId, runId, taskId, mapIndex, logicalDate, log, signal, dagFolder } = context;
    for (const [index, action] of to.entries()) {
      const event: MessageEvent = {
        kind: 'message',
        dagId,
        runId,
        logicalDate: logicalDate.toISOString(),
        task: mapIndex === undefined ? taskId : `${taskId}[${mapIndex}]`,
        ...(message === undefined ? {} : { message }),
        ...(data === undefined ? {} : { data }),
        at: new Date().toISOString(),
      };
      // A retry goes on with what was not delivered.
      await context.step(`deliver ${index}`, async () => {
        await deliver(action, event, { log, signal, env: process.env, cwd: dagFolder });
        return null;
      });
    }
    return null;
  },
});
