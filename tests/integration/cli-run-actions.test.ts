import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperator } from '../../activities/operator.js';
import { commandWorker } from '../support/command-worker.js';
import { nightjar } from '../support/nightjar-command.js';
import { gates, wait } from '../support/wait-operator.js';

/** Says what the operator `report` says. */
const reports = defineOperator({
  name: 'reports',
  description: 'Has written a report',
  params: z.strictObject({}),
  run: async ({ storage }) => ({
    html: `${storage.folder}/report.html`,
    json: `${storage.folder}/report.json`,
    figures: { rows: 1200, rejected: 3 },
  }),
});

/** DAGs belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');
const etl = `etl-${own}`;
const broken = `broken-${own}`;

const { worker, command } = await commandWorker([wait, reports]);
beforeAll(async () => {
  await worker.dag(`
dagId: ${etl}
params: { gate: { type: string } }
tasks:
  - { id: load, operator: wait, heartbeatTimeout: 5s, with: { gate: "\${{ params.gate }}" } }
  - { id: check, operator: reports, dependsOn: load }
`);
  await worker.dag(`
dagId: ${broken}
tasks:
  - { id: load, operator: wait, retries: 1, retryDelay: 10ms, with: { fail: true } }
`);
  await worker.run(broken, undefined, `${broken}/first`);
});

/** A run that waits at a gate of its own name. */
const startAt = async (gate: string): Promise<string> => {
  const { workflowId } = await worker.start(etl, { params: { gate } }, `${etl}/${gate}`);
  await gates.reached(gate);
  return workflowId;
};

describe('nightjar runs watch', () => {
  it('tells each change a line, and then how the run ended', async () => {
    const run = await startAt('watched');
    const watch = command.start('runs', 'watch', run);
    const [out, end] = [text(watch.stdout), once(watch, 'close')];
    let told = '';
    watch.stderr.on('data', (chunk) => {
      told += chunk;
      if (told.includes('▶ load')) gates.open('watched');
    });
    expect((await end)[0]).toBe(0);
    expect(told).toMatch(/▶ load[\s\S]*✔ load[\s\S]*✔ check/);
    expect(told).not.toContain('\u001B[');
    expect(await out).toMatch(/succeeded/);
  });

  it('exits with 1 when the run has failed, and tells the same as JSON', async () => {
    const { code, stdout } = await command('runs', 'watch', broken, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ workflowId: `${broken}/first`, state: 'failed' });
    expect(code).toBe(1);
  });

  it('leaves the run alone when it is interrupted', async () => {
    const run = await startAt('left');
    const watch = command.start('runs', 'watch', run);
    const end = once(watch, 'close');
    let told = '';
    watch.stderr.on('data', (chunk) => {
      told += chunk;
      if (chunk.includes('▶ load')) watch.kill('SIGINT');
    });
    expect((await end)[0]).toBe(130);
    expect(told).toContain(`the run goes on: \`nightjar runs watch ${run}\``);
    expect(await command.json('runs', 'show', run)).toMatchObject({ state: 'running' });
    gates.open('left');
    await worker.client.workflow.getHandle(run).result();
  });
});

describe('nightjar runs cancel', () => {
  it('ends a run, and refuses one that has ended', async () => {
    const run = await startAt('cancelled');
    const { code, stdout } = await command('runs', 'cancel', run, '--wait');
    expect(stdout).toBe(`${run} has ended: cancelled\n`);
    expect(code).toBe(0);
    const again = await command('runs', 'cancel', run);
    expect(again.stderr).toContain(`\nrun ${run} has ended already, state cancelled\n`);
    expect(again.code).toBe(2);
    expect((await command('runs', 'watch', run)).code).toBe(1);
  });
});

describe('logs', () => {
  it('are those of the run, of a task, of a level and of a try', async () => {
    const all = await command('runs', 'logs', broken);
    expect(all.stdout).toMatch(/\d\d:\d\d:\d\d\] INFO: wait started/);
    expect(all.stdout.match(/waiting/g)).toHaveLength(2);
    const warnings = await command('runs', 'logs', broken, '--level', 'warn', '--task', 'load');
    expect(warnings.stdout).toContain('going on');
    expect(warnings.stdout).not.toContain('waiting');
    const second = await command('tasks', 'logs', broken, 'load', '--try', '2', '--json');
    const lines = second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ task: 'load', attempt: 2, msg: 'wait started' });
    expect(new Set(lines.map(({ attempt }) => attempt))).toEqual(new Set([2]));
  });

  it('of an unknown task are refused with the nearest name', async () => {
    const { code, stderr } = await command('tasks', 'logs', broken, 'laod');
    expect(stderr).toMatch(/has no task "laod" \(did you mean 'load'\?\); its tasks: load/);
    expect(code).toBe(2);
  });

  it('with --follow go on until the run is over', async () => {
    const run = await startAt('followed');
    const logs = command.start('runs', 'logs', run, '--follow');
    const end = once(logs, 'close');
    let told = '';
    logs.stdout.on('data', (chunk) => {
      told += chunk;
      if (told.includes('waiting')) gates.open('followed');
    });
    expect((await end)[0]).toBe(0);
    expect(told).toMatch(/waiting[\s\S]*going on[\s\S]*reports succeeded/);
  });
});

describe('nightjar runs report', () => {
  it('tells where the reports are, and their figures', async () => {
    gates.open('reported');
    await worker.run(etl, { params: { gate: 'reported' } }, `${etl}/reported`);
    const run = `${etl}/reported`;
    const { stdout, code } = await command('runs', 'report', run);
    expect(stdout).toMatch(/report: {2}.*reported\/check\/.*report\.html\nfigures: .*report\.json/);
    expect(stdout).toMatch(/rows\s+│\s+1200/);
    expect(code).toBe(0);
    expect(await command.json('runs', 'report', run)).toMatchObject({
      workflowId: run,
      reports: [{ task: 'check', figures: { rows: 1200, rejected: 3 } }],
    });
  });

  it('says when there is none', async () => {
    const { code, stderr } = await command('runs', 'report', broken);
    expect(stderr).toMatch(/no report: run .* has none, state failed/);
    expect(code).toBe(1);
  });
});

describe('what only a held run takes', () => {
  it.each([
    [['tasks', 'retry'], ['--all-failed']],
    [['tasks', 'skip'], ['load']],
    [
      ['tasks', 'mark-success'],
      ['load', '--output', '{"rows": 5}'],
    ],
    [['runs', 'fail'], []],
  ])('%s is refused by one that has ended, with what to do', async (verb, rest) => {
    const { code, stderr } = await command(...verb, `${broken}/first`, ...rest);
    expect(stderr).toMatch(/run .*\/first has ended, state failed: `nightjar tasks clear .*\/first`/);
    expect(code).toBe(2);
  });

  it('is refused by one that goes on, in its own words', async () => {
    const run = await startAt('going-on');
    const { code, stdout, stderr } = await command('tasks', 'retry', run, 'load');
    expect(stderr).toMatch(/retryTask|held/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(1);
    gates.open('going-on');
    await worker.client.workflow.getHandle(run).result();
  });

  it('needs to know which tasks', async () => {
    const { code, stderr } = await command('tasks', 'retry', broken);
    expect(stderr).toBe('name the tasks, or say --all-failed\n');
    expect(code).toBe(2);
  });
});

describe('nightjar', () => {
  it('tells its version, its commands and its exit codes', async () => {
    expect((await nightjar(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { code, stdout } = await nightjar(['--help']);
    expect(stdout).toMatch(/Commands:[\s\S]*dags[\s\S]*runs[\s\S]*tasks[\s\S]*Exit codes:\n {2}0/);
    expect(code).toBe(0);
  });

  it('suggests the nearest command', async () => {
    const { code, stderr } = await nightjar(['rusn', 'list']);
    expect(stderr).toMatch(/unknown command 'rusn'\n\(Did you mean runs\?\)/);
    expect(code).toBe(2);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a completion script for %s', async (shell) => {
    const { code, stdout } = await nightjar(['completion', shell]);
    expect(stdout).toContain('nightjar complete --');
    expect(code).toBe(0);
  });

  it.each([
    ['commands', ['dags', 'tr'], /^trigger\tstart a run of a DAG$/m],
    ['DAG ids', ['runs', 'show', 'task-'], /^task-log-analytics/m],
    ['values of options', ['runs', 'list', '--state', 'fa'], /^failed/m],
  ])('completes %s', async (_what, words, expected) => {
    expect((await nightjar(['complete', '--', ...words])).stdout).toMatch(expected);
  });
});
