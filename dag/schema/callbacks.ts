import { z } from 'zod';
import { containsTemplate } from '../template.js';
import { json, oneOrMore, positiveDuration } from './primitives.js';

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Where a message goes: an address, or the name of the worker's environment variable that holds it, for a secret one. */
const address = {
  url: z.string().min(1).optional().describe('The address'),
  urlEnv: z
    .custom<string>((value) => typeof value === 'string' && variableName.test(value), {
      error: ({ input }) =>
        containsTemplate(input)
          ? "a template can't choose a variable: write its name here"
          : 'expected the name of an environment variable',
      params: { literal: true },
    })
    .meta({ type: 'string', pattern: variableName.source })
    .optional()
    .describe("Name of the worker's environment variable that holds the address, for a secret one"),
};

const oneAddress = (value: { url?: string | undefined; urlEnv?: string | undefined }): boolean =>
  (value.url === undefined) !== (value.urlEnv === undefined);

const needsAddress = { error: 'expected either url or urlEnv, the name of a variable that holds it' };

/** One thing to do when something has happened. Texts may hold templates over `event` and what conditions see. */
export const callbackAction = z.union(
  [
    z.strictObject({
      webhook: z
        .strictObject({
          ...address,
          headers: z.record(z.string(), z.string()).optional().describe('Headers of the request'),
          body: json.optional().describe('What is sent instead of the event; texts may hold templates'),
        })
        .refine(oneAddress, needsAddress)
        .describe('Sends the event, or `body`, as JSON by POST'),
    }),
    z.strictObject({
      slack: z
        .strictObject({ ...address, text: z.string().optional().describe('The message') })
        .refine(oneAddress, needsAddress)
        .describe("Sends a message as Slack's incoming webhooks take it"),
    }),
    z.strictObject({
      command: z
        .array(z.string())
        .min(1)
        .describe(
          'A program and its arguments, run on a worker with the event as JSON on its standard input',
        ),
      timeout: positiveDuration.optional().describe('Of the program'),
    }),
  ],
  { error: 'expected { webhook: … }, { slack: … } or { command: [program, argument, …] }' },
);

const actions = oneOrMore(callbackAction, 'a callback');

const when = {
  onSuccess: actions.optional().describe('When it has succeeded'),
  onFailure: actions.optional().describe('When it has failed'),
  onDeadline: actions.optional().describe('When `deadline` is over and it has not ended'),
};

export const runCallbacks = z.strictObject(when);
export const taskCallbacks = z.strictObject({
  ...when,
  onRetry: actions.optional().describe('Before every retry'),
});

export type CallbackAction = z.output<typeof callbackAction>;
export type RunCallbacks = z.output<typeof runCallbacks>;
export type TaskCallbacks = z.output<typeof taskCallbacks>;
