import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import type { RunView } from '../../workflows/run-view.js';
import { states, TestWorker } from '../support/test-worker.js';

const work = defineOperator({
  name: 'work',
  description: 'hangs, then fails, the given number of times, or takes until a file is there',
  params: z.strictObject({
    hangs: z.int().default(0),
    failures: z.int().default(0),
    until: z.string().optional(),
  }),
  run: async ({ attempt, signal }, { hangs, failures, until }) => {
    if (attempt <= hangs) await sleep(100_000, undefined, { signal });
    while (until !== undefined && !existsSync(until)) await sleep(20, undefined, { signal });
    if (attempt <= failures) throw new Error(`attempt ${attempt} failed`);
    return 7;
  },
});

/** What was posted, in order of arrival. */
let posts: { path: string; body: unknown; headers: Record<string, unknown> }[] = [];
let server: Server;
let url: string;
let worker: TestWorker;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      posts.push({ path: request.url ?? '', body, headers: request.headers });
      response.statusCode = request.url === '/broken' ? 500 : 200;
      response.end(request.url === '/broken' ? 'out of order' : 'ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  worker = await TestWorker.start([work]);
});
beforeEach(() => {
  posts = [];
});
afterAll(async () => {
  await worker?.stop();
  server?.close();
});

const succeeded = (result: RunView | string): RunView => {
  if (typeof result === 'string') throw new Error(result);
  return result;
};
const events = (path: string): unknown[] =>
  posts.filter((post) => post.path === path).map(({ body }) => body);

it('tells of success, failure and retries of tasks, and of how the run ended', async () => {
  await worker.dag(`
dagId: told
params: { channel: { type: string, default: data } }
callbacks:
  onSuccess: { webhook: { url: ${url}/never } }
  onFailure:
    - { webhook: { url: ${url}/run } }
    - { slack: { url: ${url}/slack, text: "#\${{ params.channel }}: \${{ event.dagId }} \${{ event.state }}, flaky gave \${{ tasks.flaky.output }}" } }
tasks:
  - id: flaky
    operator: work
    retries: 2
    retryDelay: 1s
    with: { failures: 2 }
    callbacks:
      onRetry: { webhook: { url: ${url}/retry } }
      onSuccess: { webhook: { url: ${url}/success, headers: { x-team: "\${{ params.channel }}" }, body: { task: "\${{ event.task }}", tries: "\${{ event.tries }}" } } }
      onFailure: { webhook: { url: ${url}/never } }
  - id: each
    operator: work
    dependsOn: flaky
    expand: { failures: [0, 9] }
    with: { failures: "\${{ item.failures }}" }
    callbacks: { onFailure: { webhook: { url: ${url}/failure } } }
  - { id: blocked, operator: work, dependsOn: each, callbacks: { onFailure: { webhook: { url: ${url}/never } } } }
`);
  const message = await worker.run('told', { logicalDate: '2026-03-01T00:00:00Z' });
  expect(message).toContain('DAG run told/run failed');
  const common = {
    dagId: 'told',
    runId: 'run',
    workflowId: 'told/run',
    logicalDate: '2026-03-01T00:00:00.000Z',
    at: expect.stringMatching(/^\d{4}-.*Z$/),
  };
  expect(events('/retry')).toEqual([
    { ...common, kind: 'retry', task: 'flaky', state: 'upForRetry', tries: 1, reason: 'attempt 1 failed' },
    { ...common, kind: 'retry', task: 'flaky', state: 'upForRetry', tries: 2, reason: 'attempt 2 failed' },
  ]);
  expect(events('/success')).toEqual([{ task: 'flaky', tries: 3 }]);
  expect(posts.find(({ path }) => path === '/success')?.headers).toMatchObject({ 'x-team': 'data' });
  expect(events('/failure')).toEqual([
    { ...common, kind: 'failure', task: 'each[1]', state: 'failed', tries: 1, reason: 'attempt 1 failed' },
  ]);
  const failed = { ...common, kind: 'failure', state: 'failed' };
  expect(events('/run')).toEqual([
    { ...failed, reason: expect.stringContaining('blocked (upstreamFailed)') },
  ]);
  expect(events('/slack')).toEqual([{ text: '#data: told failed, flaky gave 7' }]);
  expect(events('/never')).toEqual([]);
});

it('tells of an attempt that was cut off', async () => {
  await worker.dag(`
dagId: cut-off
tasks:
  - { id: hung, operator: work, retries: 1, retryDelay: 1s, executionTimeout: 1s, with: { hangs: 1 }, callbacks: { onRetry: { webhook: { url: ${url}/retry } } } }
`);
  succeeded(await worker.run('cut-off'));
  const reason = expect.stringContaining('took longer than executionTimeout');
  expect(events('/retry')).toMatchObject([{ kind: 'retry', task: 'hung', tries: 1, reason }]);
});

it('runs commands with the event on their standard input', async () => {
  const file = join(worker.folder, 'event.json');
  await worker.dag(`
dagId: commands
callbacks:
  onSuccess: { command: [sh, -c, 'cat > "$0.draft" && mv "$0.draft" "$0"', "${file}"] }
tasks: [{ id: task, operator: work }]
`);
  succeeded(await worker.run('commands'));
  // It has run before the run closed.
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ kind: 'success', dagId: 'commands' });
});

it('never changes an outcome when callbacks fail, and says that they did', async () => {
  await worker.dag(`
dagId: unheard
callbacks:
  onSuccess:
    - { webhook: { url: ${url}/broken } }
    - { command: [sh, -c, 'exit 3'] }
    - { slack: { urlEnv: NO_SUCH_VARIABLE } }
tasks:
  - { id: task, operator: work, callbacks: { onSuccess: { webhook: { url: ${url}/x, body: "\${{ tasks.later.output }}" } } } }
  - { id: later, operator: work, dependsOn: task }
`);
  const handle = await worker.start('unheard');
  const view = succeeded(await worker.result(handle));
  expect(states(view)).toEqual({ task: 'success', later: 'success' });
  expect(view.callbackProblems?.toSorted()).toEqual(
    [
      'onSuccess of task: expression `tasks.later.output` at character 13: No such key: output (test with has(…) whether a key is there)',
      'onSuccess of the run: command "sh" ended with exit code 3',
      `onSuccess of the run: webhook ${url}/broken: status 500 Internal Server Error: out of order`,
      'onSuccess of the run: the environment variable NO_SUCH_VARIABLE is not set on the worker that runs this task',
    ].toSorted(),
  );
  expect(events('/broken')).toHaveLength(4);
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain('callback onSuccess of the run: webhook http');
  const log = readFileSync(join(worker.dataRoot, 'unheard', 'run', 'run.log'), 'utf8');
  expect(log).toContain('callback of success failed: command \\"sh\\" ended with exit code 3');
});

it('lists the first of many that fail, among them what is too large to be sent', async () => {
  await worker.dag(`
dagId: loud
params: { text: { type: string } }
tasks:
  - id: each
    operator: work
    expand: { n: "\${{ range(30) }}" }
    callbacks: { onSuccess: { slack: { url: ${url}/slack, text: "\${{ params.text + params.text + params.text }}" } } }
`);
  const { callbackProblems = [] } = succeeded(
    await worker.run('loud', { params: { text: 'x'.repeat(680_000) } }),
  );
  expect(callbackProblems).toHaveLength(21);
  expect(callbackProblems[0]).toMatch(
    /^onSuccess of each\[\d+\]: it is more than 1\.9 MiB of JSON; let it name/,
  );
  expect(callbackProblems.at(-1)).toBe('… and 10 more');
});

it('tells of deadlines that tasks and runs miss, of no others, and only once', async () => {
  const gate = join(worker.folder, 'gate');
  await worker.dag(`
dagId: late
deadline: 1s
callbacks: { onDeadline: { webhook: { url: ${url}/run } } }
tasks:
  - { id: quick, operator: work, deadline: 1s, callbacks: { onDeadline: { webhook: { url: ${url}/never } } } }
  - { id: slow, operator: work, deadline: 1s, with: { until: ${gate} }, callbacks: { onDeadline: { webhook: { url: ${url}/slow } } } }
  - { id: after, operator: work, dependsOn: slow, deadline: 1h, callbacks: { onDeadline: { webhook: { url: ${url}/never } } } }
`);
  const handle = await worker.start('late');
  await expect.poll(() => posts.length, { timeout: 20_000 }).toBe(2);
  await writeFile(gate, '');
  succeeded(await worker.result(handle));
  const reason = "not ended 1 s after the run's start";
  expect(events('/slow')).toMatchObject([{ kind: 'deadline', task: 'slow', state: 'running', reason }]);
  expect(events('/run')).toMatchObject([{ kind: 'deadline', state: 'running', reason }]);
  expect(events('/never')).toEqual([]);
});

it('is deterministic: the histories of the runs above replay', async () => {
  const replayed = await worker.replayAll();
  expect(replayed.size).toBeGreaterThan(2);
  for (const [workflowId, error] of replayed) expect(error, workflowId).toBeUndefined();
});
