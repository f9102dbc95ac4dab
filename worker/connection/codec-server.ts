import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { isToken } from '../../embedded/token.js';
import { namesThisMachine } from '../local-host.js';

export type CodecServerOptions = {
  codec: PayloadCodec;
  port: number;
  /** What everybody who asks has to know: sent as `Authorization: Bearer …`, or as the first part of the path. */
  token: string;
  /** Origins of web pages that may ask, such as that of the Temporal UI. Nobody else's page may. */
  origins: readonly string[];
};

/** More than any history page that the UI shows. */
const maxBytes = 32 * 1024 * 1024;

/** Payloads as Temporal's JSON has them: bytes in base64. */
const body = z.object({
  payloads: z
    .array(
      z.object({
        metadata: z.record(z.string(), z.base64()).nullish(),
        data: z.base64().nullish(),
      }),
    )
    .default([]),
});

/**
 * Temporal's remote codec: `POST /decode` and `POST /encode`, by which the Temporal UI shows payloads that are encrypted. It
 * listens on this machine only. Resolves when it does.
 */
export async function startCodecServer({ codec, port, token, origins }: CodecServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, { codec, token, origins }).catch((error: unknown) =>
      send(response, 400, { message: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { codec, token, origins }: Omit<CodecServerOptions, 'port'>,
): Promise<void> {
  if (!namesThisMachine(request.headers.host))
    return send(response, 421, { message: 'expected to be called 127.0.0.1 or localhost' });
  const { origin } = request.headers;
  if (origin !== undefined) {
    if (!origins.includes(origin)) {
      const allowed = origins.join(', ');
      return send(response, 403, { message: `pages of ${origin} may not ask, only those of ${allowed}` });
    }
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
    response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('vary', 'origin');
  }
  if (request.method === 'OPTIONS') return send(response, 204);
  const path = request.url?.split('?')[0] ?? '';
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!isToken(given ?? path.split('/')[1] ?? '', token))
    return send(response, 401, {
      message: 'expected the token, which nightjar codec-server prints, in the address or as a bearer token',
    });
  // UIs may put the namespace before it.
  const verb = /\/(encode|decode)$/.exec(path)?.[1];
  if (verb === undefined || request.method !== 'POST')
    return send(response, 404, { message: 'expected POST /decode or POST /encode' });
  // Pages elsewhere could send plain text without being asked for their origin.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return send(response, 415, { message: 'expected content-type: application/json' });
  const parsed = body.safeParse(await readJson(request));
  if (!parsed.success) return send(response, 400, { message: z.prettifyError(parsed.error) });
  const payloads = parsed.data.payloads.map(
    ({ metadata, data }): Payload => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, text]) => [key, bytes(text)])),
      data: bytes(data ?? ''),
    }),
  );
  const results = verb === 'decode' ? await codec.decode(payloads) : await codec.encode(payloads);
  send(response, 200, {
    payloads: results.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)]),
      ),
      data: base64(data ?? new Uint8Array()),
    })),
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function send(response: ServerResponse, status: number, value?: unknown): void {
  if (value === undefined) response.writeHead(status).end();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');
