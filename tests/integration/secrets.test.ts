import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { textOf, textOrVariable } from '../../activities/index.js';
import { loadOperators } from '../../activities/load-operators.js';
import { defineOperator } from '../../activities/operator.js';
import { answerJson, HttpServer } from '../support/http-server.js';
import { TestWorker } from '../support/test-worker.js';

const { History } = proto.temporal.api.history.v1;
const secret = 'Kullervo "7"/åä&';
/** A piece that all of its guises in texts have. */
const trace = 'Kullervo';

/** An operator whose author was careless with what it was given. */
const careless = defineOperator({
  name: 'careless',
  description: 'tells everybody what it was given',
  params: z.strictObject({ token: textOrVariable, fails: z.boolean().default(false) }),
  run: async ({ log, heartbeat, stats, attempt }, { token, fails }) => {
    const text = textOf(token);
    log.info({ token: text, nested: { url: `http://x/?t=${encodeURIComponent(text)}` } }, `it is ${text}`);
    heartbeat({ message: `with ${text}` });
    stats.rejectFile(`/in/${text}.csv`, `has ${text}`);
    if (fails && attempt === 1) throw new Error(`first with ${text}`, { cause: new Error(`due to ${text}`) });
    return { token: text, [text]: [text] };
  },
});

let worker: TestWorker;
let server: HttpServer;
beforeAll(async () => {
  process.env.NIGHTJAR_TEST_SECRET = secret;
  const shipped = await loadOperators();
  worker = await TestWorker.start([careless, ...shipped.values()]);
  server = await HttpServer.start((request, response) =>
    answerJson(response, { echo: request.headers.authorization }),
  );
});
afterAll(async () => {
  delete process.env.NIGHTJAR_TEST_SECRET;
  await worker.stop();
  await server.close();
});

it('a run whose operators use a secret leaves no trace of it in history, logs, records and reports', async () => {
  await worker.dag(`dagId: discreet
tasks:
  - { id: says, operator: careless, retries: 1, retryDelay: 1ms, with: { token: { env: NIGHTJAR_TEST_SECRET }, fails: true } }
  - id: asks
    operator: http
    with: { method: GET, url: "${server.url}/x", query: { q: { env: NIGHTJAR_TEST_SECRET } }, headers: { authorization: { env: NIGHTJAR_TEST_SECRET, prefix: "Bearer " } } }
  - { id: runs, operator: shell, with: { command: 'echo "$TOKEN"; echo "$TOKEN" >&2', env: { TOKEN: { env: NIGHTJAR_TEST_SECRET } }, output: text } }
  - { id: breaks, operator: shell, with: { command: 'echo "no $TOKEN" >&2; exit 3', env: { TOKEN: { env: NIGHTJAR_TEST_SECRET } } } }
  - id: report
    operator: report
    triggerRule: all_done
    dependsOn: [says, asks, runs, breaks]
    with:
      title: Discreet
      sections:
        - { title: Said, kind: figures, sql: SELECT 1 AS n, figures: { n: { label: "\${{ tasks.says.output.token }}" } } }
`);
  expect(await worker.run('discreet')).toMatchObject({ state: 'success' });
  const { tasks } = await worker.record('discreet');
  const outputs = Object.fromEntries(
    tasks.map(({ key, state, output }) => [key, state === 'success' ? output : state]),
  );
  expect(outputs).toMatchObject({
    says: { token: '***', '***': ['***'] },
    runs: '***',
    breaks: 'failed',
    report: expect.anything(),
  });
  expect(tasks.find(({ key }) => key === 'breaks')?.reason).toMatch(/exit code 3: no \*\*\*$/);
  // It did get there.
  expect(server.received[0]?.headers.authorization).toContain('Bearer');

  const { history } = await worker.client.workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: 'discreet/run' },
  });
  const bytes = Buffer.from(History.encode(history ?? {}).finish());
  expect(bytes.includes('discreet')).toBe(true);
  expect(bytes.includes(trace)).toBe(false);
  expect(bytes.includes(Buffer.from(secret).toString('base64'))).toBe(false);

  const files = await readdir(worker.folder, { recursive: true, withFileTypes: true });
  const searched: string[] = [];
  for (const file of files.filter((each) => each.isFile())) {
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    searched.push(file.name);
    expect(`${file.name}: ${text.split('\n').find((line) => line.includes(trace)) ?? 'nothing'}`).toBe(
      `${file.name}: nothing`,
    );
  }
  expect(searched).toEqual(
    expect.arrayContaining(['run.json', 'run.log', 'worker.log', 'report.html', 'manifest.json']),
  );
  const log = await readFile(join(worker.dataRoot, 'discreet', 'run', 'run.log'), 'utf8');
  expect(log).toContain('"token":"***"');
});
