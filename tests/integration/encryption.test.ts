import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { type Snapshot, watchRun } from '../../cli/watch-run.js';
import { startCodecServer } from '../../worker/connection/codec-server.js';
import { EncryptionCodec, isEncrypted } from '../../worker/connection/encryption.js';
import { stateQuery } from '../../workflows/dag-run.js';
import { Gates } from '../support/gates.js';
import { nightjar } from '../support/nightjar-command.js';
import { TestWorker } from '../support/test-worker.js';

const { History } = proto.temporal.api.history.v1;

/** What no byte of a history may show. */
const secret = 'Tuonela-river-9';
const oldKey = randomBytes(32).toString('base64');
const newKey = randomBytes(32).toString('hex');
const gates = new Gates();

const operators = [
  defineOperator({
    name: 'tell',
    description: 'says what it was told, when the gate is open',
    params: z.strictObject({ text: z.string(), gate: z.string().optional() }),
    run: async ({ heartbeat, signal }, { text, gate }) => {
      heartbeat({ fraction: 0.5, message: `half of ${text}` });
      if (gate !== undefined) await gates.pass(gate, signal);
      return { told: text };
    },
  }),
];

const settings = (key: string): string[] => [
  `temporal.encryption={ key: ${key}, keys: { old: { env: NIGHTJAR_TEST_OLD_KEY }, new: { env: NIGHTJAR_TEST_NEW_KEY } } }`,
];

let workers: TestWorker[] = [];
const start = async (key: string): Promise<TestWorker> => {
  const worker = await TestWorker.start(operators, settings(key));
  workers.push(worker);
  await worker.dag(`dagId: sealed
params: { text: { type: string, default: nothing } }
tasks:
  - { id: tells, operator: tell, doc: "Tells \${{ params.text }}", with: { text: "\${{ params.text }}", gate: tells } }
  - { id: waits, operator: tell, dependsOn: tells, with: { text: "\${{ tasks.tells.output.told }} again" } }`);
  return worker;
};

beforeAll(() => {
  process.env.NIGHTJAR_TEST_OLD_KEY = oldKey;
  process.env.NIGHTJAR_TEST_NEW_KEY = newKey;
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});
afterAll(() => {
  delete process.env.NIGHTJAR_TEST_OLD_KEY;
  delete process.env.NIGHTJAR_TEST_NEW_KEY;
});

/** The bytes that the server keeps of a run: as it sends them, with nothing decoded. */
async function stored({ client }: TestWorker, workflowId: string): Promise<Buffer> {
  const request = { namespace: 'default', execution: { workflowId } };
  const { history } = await client.workflowService.getWorkflowExecutionHistory(request);
  return Buffer.from(History.encode(history ?? {}).finish());
}

/** All payloads of a history. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const inner = Object.values(value).flatMap(payloadsIn);
  const { metadata } = value as Payload;
  return metadata?.encoding instanceof Uint8Array ? [value as Payload, ...inner] : inner;
}

describe('encryption', () => {
  it('hides inputs, outputs, queries and heartbeats of a run from the server, not from workers and commands', async () => {
    const worker = await start('old');
    const { client } = worker;
    const handle = await worker.start('sealed', { params: { text: secret } }, 'sealed/one');
    await gates.reached('tells');

    // Somebody without keys asks.
    const stranger = new Client({ connection: client.connection });
    await expect
      .poll(async () => {
        const { raw } = await handle.describe();
        return raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.map(isEncrypted);
      })
      .toEqual([true]);
    const answer: Payload[] = [];
    const raw = await client.workflowService.queryWorkflow({
      namespace: 'default',
      execution: { workflowId: 'sealed/one' },
      query: { queryType: '__temporal_workflow_metadata' },
    });
    answer.push(...(raw.queryResult?.payloads ?? []));
    expect(answer.map(isEncrypted)).toEqual([true]);
    await expect(stranger.workflow.getHandle('sealed/one').query(stateQuery)).rejects.toThrow();

    const seen: Snapshot[] = [];
    const watching = watchRun(client, 'sealed/one', (snapshot) => {
      seen.push(snapshot);
      if (snapshot.running.some(({ progress }) => progress?.message === `half of ${secret}`))
        gates.open('tells');
    });
    expect(await watching).toMatchObject({
      ok: true,
      view: { outputs: { waits: { told: `${secret} again` } } },
    });

    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: 'sealed/one' },
    });
    const open = payloadsIn(history).filter((payload) => !isEncrypted(payload));
    // Search attributes are the server's to read.
    const values = open.map((payload) => String(defaultPayloadConverter.fromPayload(payload)));
    expect(values.filter((value) => value.includes(secret))).toEqual([]);
    expect((await stored(worker, 'sealed/one')).includes(secret)).toBe(false);
    expect((await stored(worker, 'sealed/one')).includes('sealed')).toBe(true);
  });

  it('goes on when the key changes, and reads what an earlier key wrote', async () => {
    gates.open('tells');
    const first = await start('old');
    const handle = await first.start('sealed', { params: { text: secret } }, 'sealed/old');
    expect(await first.result(handle)).toMatchObject({ state: 'success' });
    const second = await start('new');
    const old = second.client.workflow.getHandle('sealed/old');
    expect(await old.result()).toMatchObject({ outputs: { waits: { told: `${secret} again` } } });
    await second.run('sealed', { params: { text: secret } }, 'sealed/new');
    expect((await stored(second, 'sealed/new')).includes(secret)).toBe(false);

    const codec = (keys: Record<string, string>): EncryptionCodec =>
      new EncryptionCodec({
        current: 'new',
        keys: new Map(Object.entries(keys).map(([id, text]) => [id, Buffer.from(text, 'hex')])),
      });
    const [payload] = await codec({ new: newKey }).encode([defaultPayloadConverter.toPayload(secret)]);
    if (payload === undefined) throw new Error('no payload');
    await expect(codec({}).decode([payload])).rejects.toThrow(
      'a payload is encrypted with the key "new", which temporal.encryption.keys lacks',
    );
    await expect(codec({ new: randomBytes(32).toString('hex') }).decode([payload])).rejects.toThrow(
      'can\'t be decrypted: the key "new" is another one',
    );
    const changed = { ...payload, data: Buffer.from(payload.data ?? []).fill(7, 40) };
    await expect(codec({ new: newKey }).decode([changed])).rejects.toThrow('or the payload was changed');
  });

  it('is undone for the Temporal UI by the codec server, for pages of its origin only', async () => {
    const codec = new EncryptionCodec({ current: 'k', keys: new Map([['k', randomBytes(32)]]) });
    const origin = 'http://localhost:8233';
    const server = await startCodecServer({ codec, port: 0, token: 'the-token', origins: [origin] });
    const { port } = server.address() as { port: number };
    const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          origin,
          authorization: 'Bearer the-token',
          ...headers,
        },
        body: JSON.stringify(body),
      });
    try {
      const encoded = await codec.encode([defaultPayloadConverter.toPayload({ text: secret })]);
      const asJson = encoded.map(({ metadata, data }) => ({
        metadata: Object.fromEntries(
          Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
        data: Buffer.from(data ?? []).toString('base64'),
      }));
      const decoded = await post('/decode', { payloads: asJson });
      expect(decoded.headers.get('access-control-allow-origin')).toBe(origin);
      const { payloads } = (await decoded.json()) as { payloads: { data: string }[] };
      expect(payloads.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()))).toEqual([
        { text: secret },
      ]);
      const back = (await (await post('/encode', { payloads })).json()) as { payloads: { data: string }[] };
      expect(Buffer.from(back.payloads[0]?.data ?? '', 'base64').includes(secret)).toBe(false);

      // The Temporal UI can put the token into the address alone.
      const byAddress = { authorization: '' };
      expect((await post('/the-token/decode', { payloads: asJson }, byAddress)).status).toBe(200);
      for (const [path, headers] of [
        ['/decode', byAddress],
        ['/the-tokem/decode', byAddress],
        ['/the-token/decode', { authorization: 'Bearer the-tokem' }],
      ] as const) {
        const refused = await post(path, { payloads: asJson }, headers);
        expect(refused.status).toBe(401);
        expect(await refused.text()).not.toContain(secret);
      }
      const rebound = await new Promise<IncomingMessage>((resolve) =>
        get({ port, path: '/the-token/decode', headers: { host: `evil.example:${port}` } }, resolve),
      );
      expect(rebound.resume().statusCode).toBe(421);

      const stranger = await post('/decode', { payloads: asJson }, { origin: 'http://evil.example' });
      expect(stranger.status).toBe(403);
      expect(await stranger.text()).not.toContain(secret);
      expect((await post('/decode', { payloads: 'x' })).status).toBe(400);
      expect((await post('/decode', {}, { 'content-type': 'text/plain' })).status).toBe(415);
      const asked = await fetch(`http://127.0.0.1:${port}/decode`, {
        method: 'OPTIONS',
        headers: { origin },
      });
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-headers')).toContain('x-namespace');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('refuses keys that are none, without showing them', async () => {
    const worker = await start('old');
    const file = join(worker.folder, 'short.key');
    await writeFile(file, 'too-short-to-be-a-key');
    const listed = await nightjar([
      'pools',
      'list',
      '--set',
      `temporal.encryption={ key: a, keys: { a: { file: ${file} }, b: { env: NIGHTJAR_NO_SUCH_KEY } } }`,
    ]);
    expect(listed).toEqual({
      code: 2,
      stdout: '',
      stderr: `temporal.encryption.keys.a: the file ${file} holds no 256-bit key in base64 or hexadecimal digits; make one with: openssl rand -base64 32
temporal.encryption.keys.b: the environment variable NIGHTJAR_NO_SUCH_KEY is not set
`,
    });
    const inline = await nightjar([
      'codec-server',
      '--set',
      'temporal.encryption={ key: a, keys: { a: c2VjcmV0 } }',
    ]);
    expect(inline.code).toBe(2);
    expect(inline.stderr).toContain('expected { env: NAME } or { file: PATH }');
    const none = await nightjar(['codec-server']);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('temporal.encryption is not set'),
    });
  });
});
