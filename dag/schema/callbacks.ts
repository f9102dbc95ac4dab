import { z } from 'zod';
import { json, oneOrMore, positiveDuration } from './primitives.js';

/** Where a message goes: an address, or the name of the worker's environment variable that holds it, for a secret one. */
const address = {
  url: z.string().min(1).optional(),
  urlEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
    .optional(),
};

const oneAddress = (value: { url?: string | undefined; urlEnv?: string | undefined }): boolean =>
  (value.url === undefined) !== (value.urlEnv === undefined);

const needsAddress = { error: 'expected either url or urlEnv, the name of a variable that holds it' };

/** One thing to do when something has happened. Texts may hold templates over `event` and what conditions see. */
export const callbackAction = z.union(
  [
    z.strictObject({
      /** Sends the event, or `body`, as JSON by POST. */
      webhook: z
        .strictObject({
          ...address,
          headers: z.record(z.string(), z.string()).optional(),
          body: json.optional(),
        })
        .refine(oneAddress, needsAddress),
    }),
    z.strictObject({
      /** Sends a message as Slack's incoming webhooks take it. */
      slack: z.strictObject({ ...address, text: z.string().optional() }).refine(oneAddress, needsAddress),
    }),
    z.strictObject({
      /** Runs a program on a worker, with the event as JSON on its standard input. */
      command: z.array(z.string()).min(1),
      timeout: positiveDuration.optional(),
    }),
  ],
  { error: 'expected { webhook: … }, { slack: … } or { command: [program, argument, …] }' },
);

const actions = oneOrMore(callbackAction, 'a callback');

const when = { onSuccess: actions.optional(), onFailure: actions.optional(), onDeadline: actions.optional() };

export const runCallbacks = z.strictObject(when);
export const taskCallbacks = z.strictObject({ ...when, onRetry: actions.optional() });

export type CallbackAction = z.output<typeof callbackAction>;
export type RunCallbacks = z.output<typeof runCallbacks>;
export type TaskCallbacks = z.output<typeof taskCallbacks>;
