import type { Response } from 'undici';
import { z } from 'zod';
import { InexactJsonError, parseExactJson } from '../../dag/exact-json.js';
import { isExpected, requestParams, toRequest } from '../http/params.js';
import { readText, refusal, send, timedOut } from '../http/request.js';
import { defineOperator, type Json, OperatorError } from '../operator.js';

/** Most bytes of an answer that can be the task's output. */
const maxBytes = 64 * 1024;

const params = z
  .strictObject({
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    ...requestParams,
    json: z.json().optional().describe('Body, sent as JSON'),
    body: z.string().optional().describe('Body, sent as it is'),
    response: z
      .enum(['json', 'text', 'none'])
      .default('json')
      .describe('What of the answer is the output of the task'),
  })
  .refine(({ json, body }) => json === undefined || body === undefined, {
    error: 'expected either json or body, not both',
  })
  .refine(
    ({ method, json, body }) =>
      (method !== 'GET' && method !== 'HEAD') || (json === undefined && body === undefined),
    { path: ['method'], error: 'a request with a body needs a method such as POST' },
  );

/** Sends a request and takes the answer as output. */
export const http = defineOperator({
  name: 'http',
  description: 'Sends an HTTP request; the answer can be its output',
  params,
  async run(context, { method, json, body, response: mode, ...rest }): Promise<Json> {
    const request = toRequest(method, rest, context.signal);
    if (json !== undefined) {
      request.headers = { 'content-type': 'application/json', ...request.headers };
      request.body = JSON.stringify(json);
    } else request.body = body;
    const { label } = request;
    const response = await send(request);
    context.log.info({ status: response.status }, `${label}: status ${response.status}`);
    if (!isExpected(response.status, rest.expectStatus)) throw await refusal(response, label);
    if (mode === 'none' || method === 'HEAD') {
      await response.body?.cancel();
      return null;
    }
    return readOutput(response, mode, label, rest.timeout, context.signal);
  },
});

async function readOutput(
  response: Response,
  mode: 'json' | 'text',
  label: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Json> {
  const text = await readText(response, maxBytes).catch((error: unknown) => {
    if (signal.aborted) throw error;
    if (error instanceof DOMException && error.name === 'TimeoutError') throw timedOut(label, timeout);
    throw new OperatorError('RequestFailed', `${label}: the answer broke off`, null, { cause: error });
  });
  if (text === undefined) {
    throw new OperatorError(
      'OutputTooLarge',
      `${label}: the answer is larger than ${maxBytes} bytes; ask for less, or fetch it into files, for example by a shell task with curl`,
    );
  }
  if (mode === 'text') return text;
  if (text === '') return null;
  try {
    return parseExactJson(text);
  } catch (error) {
    const { message } = error as Error;
    const problem =
      error instanceof InexactJsonError ? `the answer has ${message}` : `the answer is not JSON (${message})`;
    throw new OperatorError('RequestRefused', `${label}: ${problem}; response: text takes it as it is`);
  }
}
