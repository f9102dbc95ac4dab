import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { HttpServer } from '../support/http-server.js';
import { TestWorker } from '../support/test-worker.js';

const hook = 'AX0-kalevala-37f1';

let worker: TestWorker;
let strict: TestWorker;
let server: HttpServer;
let other: HttpServer;
beforeAll(async () => {
  other = await HttpServer.start((_request, response) => response.end('inner'));
  server = await HttpServer.start(({ path }, response) => {
    if (path === '/away') response.writeHead(302, { location: `${other.url}/inner` }).end();
    else if (path === '/along') response.writeHead(302, { location: '/here' }).end();
    else if (path === '/here') response.end('here');
    else response.writeHead(404).end(`Cannot GET ${path}`);
  });
  process.env.NIGHTJAR_TEST_HOOK = `${server.url}/hooks/${hook}`;
  process.env.NIGHTJAR_TEST_OPEN = 'open-to-programs';
  [worker, strict] = await Promise.all([
    TestWorker.start(builtInOperators),
    TestWorker.start(builtInOperators, [
      'http.allowedHosts=[api.example.com, "*.internal"]',
      'environment={ dags: [OTHER_*], programs: [NIGHTJAR_TEST_OPEN] }',
    ]),
  ]);
});
afterAll(async () => {
  delete process.env.NIGHTJAR_TEST_HOOK;
  delete process.env.NIGHTJAR_TEST_OPEN;
  await Promise.all([worker?.stop(), strict?.stop()]);
  await Promise.all([server?.close(), other?.close()]);
});

/** Runs a DAG of independent tasks to its end: of each, its output or why it failed. */
async function ran(at: TestWorker, dag: string, params = {}): Promise<Record<string, unknown>> {
  await at.dag(dag);
  const dagId = /dagId: (\S+)/.exec(dag)?.[1] ?? '';
  await at.run(dagId, { params });
  const { tasks } = await at.record(dagId);
  return Object.fromEntries(tasks.map(({ key, output, reason }) => [key, reason ?? output]));
}

it('inner addresses are for those who write DAGs, not for those who choose params', async () => {
  const port = new URL(server.url).port;
  const spellings = {
    decimal: `http://2130706433:${port}/here`,
    octal: `http://0177.0.0.1:${port}/here`,
    short: `http://127.1:${port}/here`,
    name: `http://localhost:${port}/here`,
    ipv6: `http://[::ffff:127.0.0.1]:${port}/here`,
    metadata: 'http://169.254.169.254/latest/meta-data/',
  };
  const results = await ran(
    worker,
    `dagId: addresses
params: { url: { default: x }, path: { default: here }, ${Object.keys(spellings)
      .map((name) => `${name}: { default: x }`)
      .join(', ')} }
tasks:
  - { id: written, operator: http, with: { url: "${server.url}/\${{ params.path }}", response: text } }
  - { id: along, operator: http, with: { url: "${server.url}/along", response: text } }
  - { id: away, operator: http, with: { url: "${server.url}/away", response: text } }
  - { id: chosen, operator: http, retries: 3, retryDelay: 1h, with: { url: "\${{ params.url }}" } }
  - { id: part, operator: http, with: { url: "http://127.0.0.1:\${{ params.path }}/" } }
  - { id: sensor, operator: http-sensor, with: { url: "\${{ params.url }}" } }
  - { id: notes, operator: notify, with: { message: x, to: { webhook: { url: "\${{ params.url }}" } } } }
  - { id: mapped, operator: http, expand: { url: ["${server.url}/here"] }, with: { url: "\${{ item.url }}", response: text } }
${Object.keys(spellings)
  .map((name) => `  - { id: ${name}, operator: http, with: { url: "\${{ params.${name} }}" } }`)
  .join('\n')}
`,
    { url: `${other.url}/inner`, ...spellings },
  );
  expect(results).toMatchObject({ written: 'here', along: 'here', 'mapped[0]': 'here' });
  const refused =
    /an inner address, which params, outputs and data may not choose; write it into the DAG, or allow it by http\.privateRanges$/;
  for (const id of ['away', 'chosen', 'sensor', 'notes', ...Object.keys(spellings)])
    expect(`${id}: ${results[id]}`).toMatch(refused);
  expect(results.name).toMatch(/: localhost leads to (127\.0\.0\.1|::1), an inner/);
  expect(results.part).toContain('is not an address of http');
  expect(other.received).toEqual([]);
});

it('settings name the hosts that may be asked, and what of the environment DAGs and programs know', async () => {
  const results = await ran(
    strict,
    `dagId: strict
tasks:
  - { id: written, operator: http, with: { url: "${server.url}/here" } }
  - { id: secret, operator: http, with: { url: { env: NIGHTJAR_TEST_HOOK } } }
  - { id: program, operator: shell, with: { command: 'echo "$NIGHTJAR_TEST_OPEN, $NIGHTJAR_TEST_HOOK"', output: text } }
`,
  );
  expect(results).toEqual({
    written: `GET ${server.url}/here: 127.0.0.1 is not among the hosts that http.allowedHosts names`,
    secret:
      'the environment variable NIGHTJAR_TEST_HOOK is not among those that DAGs may name (environment.dags)',
    program: 'open-to-programs, ',
  });
});

it('a secret address is not told by a server that repeats it', async () => {
  const results = await ran(
    worker,
    `dagId: hooked
callbacks: { onFailure: { webhook: { urlEnv: NIGHTJAR_TEST_HOOK } } }
tasks:
  - { id: asks, operator: http, with: { url: { env: NIGHTJAR_TEST_HOOK } } }
`,
  );
  expect(results.asks).toBe('GET the address in NIGHTJAR_TEST_HOOK: status 404 Not Found: Cannot GET ***');
  expect(server.to(`/hooks/${hook}`).map(({ method }) => method)).toContain('GET');
});
