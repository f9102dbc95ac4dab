import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { describeFlaw, jsonFlaws } from '../../dag/exact-json.js';
import { atPointer, pointerSteps } from '../http/json-pointer.js';
import { isExpected, requestParams, toRequest } from '../http/params.js';
import { readText, refusal, send } from '../http/request.js';
import { defineSensor, type Json, OperatorError, type Poke } from '../operator.js';

/** Most bytes of an answer that are looked into. */
const maxBytes = 1024 * 1024;

const until = z.union(
  [
    z.strictObject({
      pointer: z
        .string()
        .regex(/^(\/.*)?$/, 'expected a JSON pointer such as /items/0/state')
        .describe('Where in the answer, as a JSON pointer such as /items/0/state'),
      equals: z.json().optional().describe('What is to be there; anything but null and false when left out'),
    }),
    z.strictObject({ contains: z.string().min(1).describe('Text that the answer is to contain') }),
  ],
  { error: 'expected { pointer: …, equals: … } or { contains: … }' },
);

/** Waits for a server's answer. */
export const httpSensor = defineSensor({
  name: 'http-sensor',
  description: 'Waits until a server answers as expected',
  params: z.strictObject({
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    ...requestParams,
    json: z.json().optional().describe('Body, sent as JSON by POST'),
    until: until.optional().describe('What the answer is to say beyond its status'),
  }),
  async poke({ signal }, { method, json, until, ...rest }): Promise<Poke<Json>> {
    const request = toRequest(method, rest, signal);
    if (json !== undefined) {
      request.headers = { 'content-type': 'application/json', ...request.headers };
      request.body = JSON.stringify(json);
    }
    const { label } = request;
    const response = await send(request);
    if (!isExpected(response.status, rest.expectStatus)) {
      const refused = await refusal(response, label);
      // Not there, or not now: that is what sensors wait for to change.
      if (refused.retryable || response.status === 404) return { done: false, message: refused.message };
      throw refused;
    }
    if (until === undefined) {
      await response.body?.cancel();
      return { done: true };
    }
    const text = await readText(response, maxBytes);
    if (text === undefined)
      throw new OperatorError('OutputTooLarge', `${label}: the answer is larger than ${maxBytes} bytes`);
    if ('contains' in until) {
      return text.includes(until.contains)
        ? { done: true }
        : { done: false, message: `${label}: the answer does not contain "${until.contains}"` };
    }
    return lookAt(text, until, label);
  },
});

function lookAt(
  text: string,
  { pointer, equals }: { pointer: string; equals?: Json | undefined },
  label: string,
): Poke<Json> {
  const answer = parse(text);
  if (answer === undefined) return { done: false, message: `${label}: the answer is not JSON` };
  const found = atPointer(answer, pointer);
  const isThere = found !== undefined && found !== null && found !== false;
  if (isThere) refuseFlawed(text, pointer, label);
  if (equals === undefined ? isThere : isDeepStrictEqual(found, equals))
    return { done: true, output: found ?? null };
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 100);
  return { done: false, message: `${label}: there is ${shown} at ${pointer}` };
}

/** Only what is looked at has to be as it says. @throws OperatorError `RequestRefused` */
function refuseFlawed(text: string, pointer: string, label: string): void {
  const steps = pointerSteps(pointer);
  for (const flaw of jsonFlaws(text)) {
    const isOnTheWay = flaw.path.slice(0, steps.length).every((step, index) => String(step) === steps[index]);
    if (isOnTheWay)
      throw new OperatorError('RequestRefused', `${label}: the answer has ${describeFlaw(flaw)}`);
  }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
