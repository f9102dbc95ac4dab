import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import { runFolder } from '../../activities/context/layout.js';
import { copyExamples, runDag } from '../support/example-dags.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';
import { WorkerProcess } from '../support/worker-process.js';

let worker: TestWorker;
beforeAll(async () => {
  process.env.NIGHTJAR_TEST_SECRET = 'p4ssw0rd';
  worker = await TestWorker.start(builtInOperators);
  await copyExamples(worker);
});
afterAll(() => worker?.stop());

const log = (dagId: string): Promise<string> =>
  readFile(join(runFolder(worker.dataRoot, dagId, 'run'), 'run.log'), 'utf8');

/** Whether a process lives; one that is dead but not yet reaped doesn't. */
const lives = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('shell', () => {
  it('runs the example: lines, text, JSON and a skip', async () => {
    const { states, outputs } = await runDag(worker, 'example-shell');
    expect(outputs.large).toEqual(['Ghent', 'Graz']);
    expect(outputs.describe).toBe('Graz\nGhent');
    expect(outputs.meta).toEqual({ dag: 'example-shell', lines: 5 });
    expect(states.maybe).toBe('skipped');
    expect(await log('example-shell')).toMatch(/"stream":"stderr","msg":"cities of at least 250000 people:"/);
  });

  it("gives a program none of the worker's secrets but those it is given", async () => {
    await worker.dag(`
dagId: secrets
tasks:
  - { id: without, operator: shell, with: { command: 'echo "[$NIGHTJAR_TEST_SECRET][$TEMPORAL_ADDRESS]"' } }
  - id: with
    operator: shell
    with: { command: 'echo "$TOKEN" | tr a-z A-Z', env: { TOKEN: { env: NIGHTJAR_TEST_SECRET, prefix: 'x-' } } }
`);
    const handle = await worker.start('secrets');
    await worker.result(handle);
    const { tasks } = await worker.record('secrets');
    expect(tasks).toMatchObject([{ output: '[][]' }, { output: 'X-P4SSW0RD' }]);
    expect(JSON.stringify(await handle.fetchHistory())).not.toContain(
      Buffer.from('p4ssw0rd').toString('base64').slice(0, 8),
    );
    expect(await log('secrets')).not.toContain('p4ssw0rd');
  });

  it.each([
    [
      'an exit code',
      "command: 'echo first >&2; echo wrong >&2; exit 3'",
      'the command ended with exit code 3: wrong',
    ],
    [
      'a program that is not there',
      'command: [no-such-program]',
      '"no-such-program" can\'t be run: there is no such program',
    ],
    ['a folder that is not there', 'command: ls, cwd: nowhere', 'cwd: there is no folder'],
    [
      'a missing variable',
      'command: ls, env: { A: { env: NOT_SET_ANYWHERE } }',
      'NOT_SET_ANYWHERE is not set',
    ],
    ['output that is no JSON', 'command: echo hello, output: json', 'the output of the command is not JSON'],
    ['too much output', 'command: seq 100000, output: text', 'has 588,894 bytes, at most 65,536 are allowed'],
    ['a signal', "command: 'kill -KILL $$'", 'was killed by SIGKILL'],
  ])('says what is wrong: %s', async (name, params, message) => {
    const dagId = `bad-${name.replaceAll(' ', '-')}`;
    await worker.dag(`
dagId: ${dagId}
tasks:
  - { id: bad, operator: shell, with: { ${params} } }
`);
    expect(await worker.run(dagId)).toContain(message);
  });

  it('takes what a program writes to its output file, and what it reads', async () => {
    await worker.dag(`
dagId: file-output
tasks:
  - id: file
    operator: shell
    with: { command: 'cat > "$NIGHTJAR_OUTPUT"', stdin: { a: [1, 2] }, output: file }
  - { id: quiet, operator: shell, with: { command: echo hi, output: none } }
  - { id: silent, operator: shell, with: { command: 'true' } }
`);
    expect((await runDag(worker, 'file-output')).outputs).toEqual({
      file: { a: [1, 2] },
      quiet: null,
      silent: null,
    });
  });
});

describe('processes', () => {
  /** A command that leaves the numbers of itself, a child and a grandchild, all deaf to SIGTERM. */
  const family = (file: string): string => `
        trap '' TERM
        bash -c 'trap "" TERM; bash -c "trap \\"\\" TERM; echo \\$\\$ >> ${file}; while true; do sleep 1; done" & echo $$ >> ${file}; wait' &
        echo $$ >> ${file}
        wait`;

  const started = (file: string): Promise<number[]> =>
    vi.waitFor(
      () => {
        const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number);
        if (pids.length < 3) throw new Error('not all started yet');
        return pids;
      },
      { timeout: 20_000, interval: 50 },
    );

  it('are gone with all that they started when their run is cancelled', async () => {
    const file = join(worker.folder, 'cancelled.pids');
    await worker.dag(`
dagId: cancelled-family
tasks:
  - id: family
    operator: shell
    heartbeatTimeout: 5s
    with:
      command: |${family(file)}
`);
    const handle = await worker.start('cancelled-family');
    const pids = await started(file);
    expect(pids.map(lives)).toEqual([true, true, true]);
    await handle.cancel();
    await worker.result(handle);
    // The run has ended only when they had.
    expect(pids.map(lives)).toEqual([false, false, false]);
  });

  it('are gone when they take longer than executionTimeout', async () => {
    const file = join(worker.folder, 'timeout.pids');
    await worker.dag(`
dagId: slow-family
tasks:
  - id: family
    operator: shell
    executionTimeout: 2s
    heartbeatTimeout: 5s
    with:
      command: |${family(file)}
`);
    const result = worker.run('slow-family');
    const pids = await started(file);
    expect(await result).toContain('took longer than executionTimeout');
    await vi.waitFor(() => expect(pids.map(lives)).toEqual([false, false, false]), { timeout: 20_000 });
  });

  it('are gone when their worker is killed', async () => {
    const file = join(worker.folder, 'killed.pids');
    const taskQueue = `${worker.taskQueue}-killed`;
    await worker.dag(`
dagId: orphans
tasks:
  - id: family
    operator: shell
    with:
      command: |${family(file)}
`);
    const other = new WorkerProcess({
      temporalAddress: testServers.temporalAddress,
      sparkRemote: testServers.sparkRemote,
      folder: worker.folder,
      env: {
        NIGHTJAR__TEMPORAL__TASKQUEUE: taskQueue,
        NIGHTJAR__DAGS__FOLDERS: `[${join(worker.folder, 'dags')}]`,
      },
    });
    const handle = await worker.client.workflow.start('orphans', { workflowId: 'orphans/run', taskQueue });
    const pids = await started(file);
    await other.kill();
    await vi.waitFor(() => expect(pids.map(lives)).toEqual([false, false, false]), { timeout: 60_000 });
    await handle.terminate();
  });

  it('leave nothing running behind them when they end by themselves', async () => {
    await worker.dag(`
dagId: background
tasks:
  - { id: leave, operator: shell, with: { command: 'sleep 300 & echo $!', output: json } }
`);
    const { outputs } = await runDag(worker, 'background');
    expect(lives(Number(outputs.leave))).toBe(false);
  });
});

describe('python', () => {
  it('runs the example: a script and code, JSON in and out', async () => {
    const { outputs } = await runDag(worker, 'example-python');
    expect(outputs).toEqual({ summary: { CH: 134000, AT: 292000 }, total: 426000 });
    expect(await log('example-python')).toContain('"msg":"4 countries read"');
  });

  it("tells a script's exception in one line, and its traceback in the log", async () => {
    await copyExamples(worker);
    const result = await worker.run(
      'example-python',
      { params: { countries: ['XX'] } },
      'example-python/bad',
    );
    expect(result).toContain('files/summary.py ended with exit code 1: ValueError: no city in XX');
    const text = await readFile(join(runFolder(worker.dataRoot, 'example-python', 'bad'), 'run.log'), 'utf8');
    expect(text).toContain('Traceback (most recent call last)');
  });
});
