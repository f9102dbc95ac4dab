import { z } from 'zod';
import { positiveDuration } from '../../dag/schema/primitives.js';
import { OperatorError } from '../operator.js';
import { type TextOrVariable, textOf, textOrVariable, textsOf } from '../processes/environment.js';
import type { HttpRequest } from './request.js';

const statusPattern = z.union(
  [z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/, 'expected a class such as 2xx')],
  { error: 'expected a status such as 200, or a class such as 2xx' },
);

/** Params of all operators that send requests. */
export const requestParams = {
  url: textOrVariable.describe('Address; { env: NAME } for a secret one'),
  query: z
    .record(z.string(), textOrVariable)
    .default({})
    .describe('Added to the address; { env: NAME } for a secret'),
  headers: z
    .record(z.string(), textOrVariable)
    .default({})
    .describe('Headers; { env: NAME, prefix: "Bearer " } for a secret'),
  expectStatus: z
    .union([statusPattern, z.array(statusPattern).min(1)])
    .default('2xx')
    .transform((status) => (Array.isArray(status) ? status : [status]))
    .describe('What counts as success: statuses such as 200, or classes such as 2xx'),
  timeout: positiveDuration.default(60_000).describe('Of one request'),
};

export type RequestParams = z.output<z.ZodObject<typeof requestParams>>;

const isSecret = (value: TextOrVariable): boolean => typeof value === 'object';

/** The request that params describe. @throws OperatorError `InvalidParams` for a wrong address or a missing variable */
export function toRequest(
  method: string,
  { url, query, headers, timeout }: Omit<RequestParams, 'expectStatus'>,
  signal: AbortSignal,
): HttpRequest {
  const address = parseUrl(url);
  for (const [name, text] of Object.entries(textsOf(query))) address.searchParams.set(name, text);
  const shown =
    typeof url === 'object' ? `the address in ${url.env}` : `${address.origin}${address.pathname}`;
  const values = [url, ...Object.values(query), ...Object.values(headers)];
  return {
    method,
    url: address,
    headers: { 'user-agent': 'nightjar', ...lowerCase(textsOf(headers)) },
    timeout,
    followRedirects: !values.some(isSecret),
    isOurs: isSecret(url),
    label: `${method} ${shown}`,
    signal,
  };
}

/** Whether a status is among those expected. */
export const isExpected = (status: number, expected: RequestParams['expectStatus']): boolean =>
  expected.some((each) => each === status || each === `${Math.floor(status / 100)}xx`);

/** Names of headers know no case, keys of objects do. */
const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** @throws OperatorError `InvalidParams` */
export function parseUrl(url: TextOrVariable): URL {
  const text = textOf(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  if (parsed !== undefined && isHttp && parsed.username === '' && parsed.password === '') return parsed;
  const shown = typeof url === 'object' ? `the address in ${url.env}` : `"${text}"`;
  throw new OperatorError(
    'InvalidParams',
    isHttp
      ? 'url: put user and password into a header, from a variable: headers: { authorization: { env: NAME } }'
      : `url: ${shown} is not an address of http:// or https://`,
  );
}
