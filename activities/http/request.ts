import type { Response } from 'undici';
import { OperatorError } from '../operator.js';
import { policyNow } from '../policy.js';

/** One HTTP request. */
export type HttpRequest = {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Milliseconds for the whole of it. */
  timeout: number;
  /** Off where headers hold secrets: a redirect would carry them to whoever it names. */
  followRedirects: boolean;
  /** Whether the address is from the worker's environment: whoever set it there may have it lead anywhere. */
  isOurs: boolean;
  /** How errors call it: never with the query or an address that is secret. */
  label: string;
  signal: AbortSignal;
};

/** Longest wait that a server may ask for by Retry-After, in milliseconds. */
const longestRetryAfter = 24 * 60 * 60 * 1000;

/** Characters of a refusing answer that an error shows. */
const excerptLength = 300;

/**
 * Sends a request, to where the settings let it go: see {@link guardedAgent}.
 * @throws OperatorError `RequestFailed` when no answer came, `AddressRefused`
 */
export async function send(request: HttpRequest): Promise<Response> {
  const { method, url, headers, body, timeout, followRedirects, label, signal } = request;
  const { http, origins = [] } = policyNow();
  const isTrusted = request.isOurs || origins.some((text) => originOf(text) === url.origin);
  // Loaded on use: commands that only look at DAGs need no client.
  const { fetch, guardedAgent } = await import('./address-guard.js');
  const timer = AbortSignal.timeout(timeout);
  try {
    return await fetch(url, {
      method,
      headers,
      dispatcher: guardedAgent(http, isTrusted ? url.origin : undefined),
      redirect: followRedirects ? 'follow' : 'manual',
      signal: AbortSignal.any([signal, timer]),
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    if (timer.aborted) throw timedOut(label, timeout);
    const reason = rootCause(error);
    if (reason instanceof Error && reason.name === 'AddressRefused')
      throw new OperatorError('AddressRefused', `${label}: ${reason.message}`);
    throw new OperatorError(
      'RequestFailed',
      `${label}: ${reason instanceof Error ? reason.message || reason.name : String(reason)}`,
      null,
      { cause: error },
    );
  }
}

export const timedOut = (label: string, timeout: number): OperatorError =>
  new OperatorError('RequestFailed', `${label}: no answer within ${timeout / 1000} s`);

/** Says what a status that was not expected means: whether to try again, and when. Reads the answer. */
export async function refusal(response: Response, label: string): Promise<OperatorError> {
  const { status, statusText, headers } = response;
  const location = headers.get('location');
  const text = (await readText(response, 4096).catch(() => '')) ?? '';
  const excerpt = text.replaceAll(/\s+/g, ' ').trim().slice(0, excerptLength);
  const message =
    status >= 300 && status < 400 && location !== null
      ? `${label}: status ${status} leads to ${location}; redirects are not followed here, so that secrets stay with their server`
      : `${label}: status ${status}${statusText === '' ? '' : ` ${statusText}`}${excerpt === '' ? '' : `: ${excerpt}`}`;
  const isTemporary = status === 408 || status === 425 || status === 429 || status >= 500;
  if (!isTemporary) return new OperatorError('RequestRefused', message, { status });
  const retryAfter = parseRetryAfter(headers.get('retry-after'));
  return new OperatorError(
    'RequestFailed',
    message,
    { status },
    retryAfter === undefined ? {} : { retryAfter },
  );
}

/**
 * The text of an answer's body, of at most so many bytes: undefined when there is more, which is not read.
 */
export async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined; // Leaving the loop cancels the rest.
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds or a date, as milliseconds from now. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value.trim())
    ? Number(value) * 1000
    : new Date(value).getTime() - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 1), longestRetryAfter);
}

/** `fetch` hides the reason in a chain of causes. */
function rootCause(error: unknown): unknown {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (reason instanceof AggregateError && reason.errors[0] instanceof Error) reason = reason.errors[0];
  return reason;
}

const originOf = (text: string): string | undefined =>
  URL.canParse(text) ? new URL(text).origin : undefined;
