import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { runFolder } from '../../activities/context/layout.js';
import { copyExamples, ranOf, runDag } from '../support/example-dags.js';
import { answerJson, HttpServer, type Received } from '../support/http-server.js';
import { TestWorker } from '../support/test-worker.js';

const token = 'sesame-4711';
let worker: TestWorker;
let server: HttpServer;

function answer({ path, body }: Received, response: ServerResponse): void {
  const routes: Record<string, () => void> = {
    '/offers': () => answerJson(response, { items: [{ id: 'tea' }] }),
    '/orders': () => answerJson(response, { id: 7, ...JSON.parse(body) }, 201),
    '/orders/7/receipt': () => response.end('one tea'),
    '/events': () => response.writeHead(204).end(),
    '/slack': () => response.end('ok'),
    '/busy': () => {
      if (server.to('/busy').length > 1) return answerJson(response, 'free');
      response.writeHead(429, { 'retry-after': '1' }).end('later');
    },
    '/broken': () => response.writeHead(503).end(),
    '/gone': () => response.writeHead(404).end('<p>no such\n thing</p>'),
    '/moved': () => response.writeHead(302, { location: 'http://elsewhere.example/' }).end(),
    '/html': () => response.end('<html>'),
    '/big': () => response.end('x'.repeat(70_000)),
    '/hangs': () => {},
    '/ids': () => response.end('{"items": [{"id": 9007199254740993}]}'),
    '/cut': () => response.writeHead(200, { 'content-length': '100' }).end('{"a": 1}'),
    '/cut-chunk': () => response.write('{"a": 1}', () => response.destroy()),
  };
  (routes[path.split('?')[0] ?? ''] ?? (() => response.writeHead(404).end()))();
}

beforeAll(async () => {
  server = await HttpServer.start(answer);
  process.env.SHOP_TOKEN = token;
  process.env.SLACK_WEBHOOK = `${server.url}/slack`;
  // The example takes its server as a param.
  worker = await TestWorker.start(builtInOperators, ['http.privateRanges=[127.0.0.0/8]']);
  await copyExamples(worker);
});
afterAll(async () => {
  await worker?.stop();
  await server?.close();
});

/** All payloads of a history as text. */
async function historyText(handle: WorkflowHandle): Promise<string> {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'));
    else if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null)
      for (const each of Object.values(value)) collect(each);
  };
  collect(await handle.fetchHistory());
  return texts.join('\n');
}

describe('http', () => {
  it('runs the example; the secret reaches the server and nothing else', async () => {
    const handle = await worker.start('example-http', { params: { server: server.url } });
    const view = await worker.result(handle);
    if (typeof view === 'string') throw new Error(view);
    const { outputs } = await ranOf(worker, view);
    expect(outputs.order).toEqual({ id: 7, offer: 'tea' });
    expect(outputs.receipt).toBe('one tea');
    expect(server.to('/offers')[0]?.path).toBe('/offers?page=1&sort=price');
    expect(server.to('/orders')[0]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    });
    const history = await historyText(handle);
    expect(history).toContain('SHOP_TOKEN');
    expect(history).not.toContain(token);
    const folder = runFolder(worker.dataRoot, 'example-http', 'run');
    for (const file of ['run.log', 'run.json'])
      expect(await readFile(join(folder, file), 'utf8')).not.toContain(token);
  });

  const requestDag = (dagId: string, params: string, task = 'retries: 1, retryDelay: 1h') => `
dagId: ${dagId}
tasks:
  - { id: ask, operator: http, ${task}, with: { ${params} } }
`;

  it('tries again when the server says so, and when it says', async () => {
    // The delay of the task itself would outlast the test.
    await worker.dag(requestDag('busy', `url: '${server.url}/busy'`));
    expect((await runDag(worker, 'busy')).outputs).toEqual({ ask: 'free' });
    expect(server.to('/busy')).toHaveLength(2);
  });

  it('tries again when the server is broken, and gives up after the retries', async () => {
    await worker.dag(requestDag('broken', `url: '${server.url}/broken'`, 'retries: 2, retryDelay: 1ms'));
    expect(await worker.run('broken')).toContain(`GET ${server.url}/broken: status 503`);
    expect(server.to('/broken')).toHaveLength(3);
  });

  it.each([
    ['what is not there', '/gone', '', 'status 404 Not Found: <p>no such thing</p>'],
    ['what is not JSON', '/html', '', 'the answer is not JSON'],
    [
      'numbers that would be rounded',
      '/ids',
      '',
      'the answer has items[0].id: the number 9007199254740993 would become 9007199254740992: numbers have about 16 digits (write it as text: "9007199254740993"); response: text takes it as it is',
    ],
    ['what is too large', '/big', 'response: text', 'the answer is larger than 65536 bytes'],
    [
      'a redirect, with a secret',
      '/moved',
      'headers: { X-Key: { env: SHOP_TOKEN } }',
      'leads to http://elsewhere.example/; redirects are not followed',
    ],
  ])('does not try again: %s', async (_, path, params, message) => {
    const dagId = `refused${path.replace('/', '-')}`;
    await worker.dag(requestDag(dagId, `url: '${server.url}${path}', ${params}`));
    expect(await worker.run(dagId)).toContain(message);
    expect(server.to(path)).toHaveLength(1);
  });

  it('takes nothing of an answer that is cut short, and digits as they are by response: text', async () => {
    const rest = ', response: text';
    await worker.dag(requestDag('cut', `url: '${server.url}/cut'${rest}`, 'retries: 0'));
    await worker.dag(requestDag('cut-chunk', `url: '${server.url}/cut-chunk'${rest}`, 'retries: 0'));
    await worker.dag(requestDag('ids-text', `url: '${server.url}/ids'${rest}`, 'retries: 0'));
    expect(await worker.run('cut')).toContain('/cut: the answer broke off');
    expect(await worker.run('cut-chunk')).toContain('/cut-chunk: the answer broke off');
    expect((await runDag(worker, 'ids-text')).outputs).toEqual({
      ask: '{"items": [{"id": 9007199254740993}]}',
    });
  });

  it('says that nobody listens, and that an answer takes too long', async () => {
    const once = 'retries: 0';
    const gone = await HttpServer.start(answer);
    await gone.close();
    await worker.dag(requestDag('deaf', `url: '${gone.url}'`, once));
    expect(await worker.run('deaf')).toMatch(/GET http:.*: .*ECONNREFUSED/);
    await worker.dag(requestDag('hangs', `url: '${server.url}/hangs', timeout: 300ms`, once));
    expect(await worker.run('hangs')).toContain('/hangs: no answer within 0.3 s');
  });
});

describe('notify', () => {
  it('runs the example: webhook, slack and command, each once', async () => {
    await runDag(worker, 'example-notify', { server: server.url });
    const [event, ...more] = server.to('/events');
    expect(more).toEqual([]);
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      kind: 'message',
      dagId: 'example-notify',
      runId: 'run',
      task: 'tell',
      message: 'Half of the work of example-notify is done',
      data: { done: 0.5 },
    });
    expect(server.to('/slack').map(({ body }) => JSON.parse(body))).toEqual([
      { text: 'Half of the work of example-notify is done' },
    ]);
    const log = await readFile(join(runFolder(worker.dataRoot, 'example-notify', 'run'), 'run.log'), 'utf8');
    expect(log).toContain('\\"kind\\":\\"message\\"');
  });

  it('goes on with what was not delivered when it is retried, and hides a secret address', async () => {
    process.env.BROKEN_WEBHOOK = `${server.url}/broken?key=${token}`;
    await worker.dag(`
dagId: half-delivered
tasks:
  - id: tell
    operator: notify
    retries: 1
    retryDelay: 1ms
    with: { to: [{ webhook: { url: '${server.url}/events' } }, { webhook: { urlEnv: BROKEN_WEBHOOK } }] }
`);
    const before = server.to('/events').length;
    const message = await worker.run('half-delivered');
    expect(message).toContain('webhook to the address in BROKEN_WEBHOOK: status 503');
    expect(message).not.toContain(token);
    expect(server.to('/events').length - before).toBe(1);
  });
});
