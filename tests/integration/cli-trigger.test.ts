import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../../activities/operators/index.js';
import { commandWorker } from '../support/command-worker.js';

/** DAGs belong to the whole namespace: each run of the tests has its own. */
const own = randomBytes(3).toString('hex');
const etl = `etl-${own}`;
const broken = `broken-${own}`;

const { worker, command } = await commandWorker([shell]);
beforeAll(async () => {
  await worker.dag(`
dagId: ${etl}
params:
  day: { type: string, enum: [monday, sunday], default: monday }
  limit: { type: integer, minimum: 1, default: 5 }
tasks:
  - { id: load, operator: shell, with: { command: [echo, "\${{ params.day }}"] } }
  - { id: check, operator: shell, dependsOn: load, with: { command: [echo, "\${{ config.generate.records }}"] } }
`);
  await worker.dag(`
dagId: ${broken}
params: { fails: { type: boolean, default: true } }
tasks:
  - { id: first, operator: noop }
  - { id: load, operator: shell, dependsOn: first, with: { command: [test, "\${{ params.fails }}", "=", "false"] } }
`);
});

describe('nightjar dags trigger', () => {
  it('starts a run with params and settings, and says how to watch it', async () => {
    const { code, stdout, stderr } = await command(
      ...['dags', 'trigger', etl, '--param', 'day=sunday', '--set', 'generate.records=7', '--run-id', 'mine'],
    );
    expect(stdout).toBe(`started ${etl}/mine\nwatch it: nightjar runs watch ${etl}/mine\n`);
    expect(stderr).toMatch(/^on the Temporal server at \S+, namespace default\n$/);
    expect(code).toBe(0);
    await worker.client.workflow.getHandle(`${etl}/mine`).result();
    const { params, tasks } = await worker.record(etl, 'mine');
    expect(params).toEqual({ day: 'sunday', limit: 5 });
    expect(tasks.map(({ output }) => output)).toEqual(['sunday', '7']);
  });

  it('takes params as JSON or from a file, and gives each run an id of its own', async () => {
    const conf = join(worker.folder, 'conf.json');
    await writeFile(conf, '{ "day": "sunday", "limit": 9 }');
    const runs = await Promise.all([
      command.json('dags', 'trigger', etl, '--conf', conf, '--param', 'limit=3'),
      command.json('dags', 'trigger', etl, '--conf', '{"limit": 2}'),
    ]);
    expect(new Set(runs.map(({ workflowId }) => workflowId)).size).toBe(2);
    for (const { workflowId } of runs) await worker.client.workflow.getHandle(workflowId).result();
    const records = await Promise.all(runs.map(({ runId }) => worker.record(etl, runId)));
    expect(records.map(({ params }) => params)).toEqual([
      { day: 'sunday', limit: 3 },
      { day: 'monday', limit: 2 },
    ]);
  });

  it('tells all that is wrong with the params, and what is allowed, before it starts anything', async () => {
    const { code, stdout, stderr } = await command(
      ...['dags', 'trigger', etl, '--param', 'day=friday', '--param', 'limt=3', '--param', 'limit=0'],
    );
    expect(stderr).toContain(`param 'day': expected text, one of 'monday', 'sunday', got 'friday'`);
    expect(stderr).toContain(`unknown param 'limt' (did you mean 'limit'?)`);
    expect(stderr).toContain(`param 'limit': expected a whole number, at least 1, got 0`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it.each([
    [['dags', 'trigger', `elt-${own}`], /no DAG "elt-.*did you mean 'etl-/],
    [['dags', 'trigger', etl, '--logical-date', 'tomorrow'], /expected a day or a time with its zone/],
    [['dags', 'trigger', etl, '--conf', '[1]'], /expected params as a JSON object/],
    [['dags', 'trigger', etl, '--replay'], /--replay needs --logical-date or --run-id/],
    [
      ['dags', 'trigger', etl, '--logical-date', '1999-01-01', '--replay'],
      /has no run with logical date 1999/,
    ],
    [['dags', 'triger', etl], /unknown command 'triger'.*\(Did you mean trigger\?\)/s],
  ])('%s is refused in words', async (args, message) => {
    const { code, stdout, stderr } = await command(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('refuses params that no run could be given', async () => {
    const conf = join(worker.folder, 'large.json');
    await writeFile(conf, JSON.stringify({ text: 'x'.repeat(2_500_000) }));
    await worker.dag(`
dagId: texts-${own}
params: { text: { type: string, default: "" } }
tasks: [{ id: only, operator: noop }]
`);
    const { code, stderr } = await command('dags', 'trigger', `texts-${own}`, '--conf', conf);
    expect(stderr).toMatch(
      /\na run is given at most 1\.9 MiB of JSON, and this is 2\.4 MiB; put large values/,
    );
    expect(code).toBe(2);
  });

  it('refuses the same logical date twice, and says what runs it again', async () => {
    const first = await command('dags', 'trigger', etl, '--logical-date', '2026-03-01', '--watch');
    expect(first.stdout).toContain(`${etl}/2026-03-01T00:00:00Z succeeded`);
    expect(first.code).toBe(0);
    for (const more of [[], ['--run-id', 'other']]) {
      const date = '2026-03-01T01:00:00+01:00';
      const second = await command('dags', 'trigger', etl, '--logical-date', date, ...more);
      expect(second.stderr).toMatch(
        /a run with (logical date|id) .*already: etl-.*\/2026-03-01T00:00:00Z, state success; --replay, or `nightjar tasks clear/,
      );
      expect(second.code).toBe(2);
    }
    const again = await command(
      ...[
        'dags',
        'trigger',
        etl,
        '--logical-date',
        '2026-03-01',
        '--replay',
        '--param',
        'day=sunday',
        '--watch',
      ],
    );
    expect(again.stderr).toContain('all of it runs again');
    expect(again.code).toBe(0);
    expect((await worker.record(etl, '2026-03-01T00:00:00Z')).params).toMatchObject({ day: 'sunday' });
  });

  it('with --watch exits with 1 when the run fails; --replay runs only what failed', async () => {
    const failed = await command(
      'dags',
      'trigger',
      broken,
      '--logical-date',
      '2026-03-02',
      '--watch',
      '--json',
    );
    expect(JSON.parse(failed.stdout)).toMatchObject({ state: 'failed', error: /.*/ });
    expect(failed.stderr).toMatch(/✖ load/);
    expect(failed.code).toBe(1);
    const mended = await command(
      ...[
        'dags',
        'trigger',
        broken,
        '--logical-date',
        '2026-03-02',
        '--replay',
        '--param',
        'fails=false',
        '--watch',
      ],
    );
    expect(mended.stdout).toMatch(/first\s+│ success \(reused\)/);
    expect(mended.stdout).toMatch(/load\s+│ success\s/);
    expect(mended.code).toBe(0);
  });
});

describe('a run that is started elsewhere, such as in the Temporal UI', () => {
  it('is refused when another run has its logical date; the same Workflow ID may have it again', async () => {
    const logicalDate = '2026-04-01T00:00:00Z';
    expect(await worker.run(etl, { logicalDate }, 'typed by hand')).toMatchObject({ state: 'success' });
    const refused = await worker.run(etl, { logicalDate: '2026-04-01T02:00:00+02:00' }, `${etl}/again`);
    expect(refused).toMatch(
      /has a run with logical date 2026-04-01T00:00:00.000Z already: typed by hand, state/,
    );
    expect(refused).toContain('{"replay": {"workflowId": "typed by hand"}}');
    expect(await worker.run(etl, { logicalDate }, 'typed by hand')).toMatchObject({ state: 'success' });
    const replay = { workflowId: 'typed by hand' };
    expect(await worker.run(etl, { logicalDate, replay }, `${etl}/replay`)).toMatchObject({
      state: 'success',
    });
    expect(await worker.run(etl, { params: { limit: 1 } }, `${etl}/no date`)).toMatchObject({
      state: 'success',
    });
  });

  it('gets all mistakes of its input told, with what is allowed', async () => {
    expect(await worker.run(etl, { parms: {} } as never, `${etl}/wrong-key`)).toMatch(
      /one JSON object with any of params, .*parms: unknown key \(did you mean 'params'\?\)/,
    );
    expect(await worker.run(etl, { logicalDate: '2026-03-01' }, `${etl}/wrong-date`)).toMatch(
      /logicalDate: expected a time with its zone, such as 2026-03-01T06:00:00Z, got '2026-03-01'/,
    );
    const both = { params: { limit: 0, days: 1 }, settings: { 'generate.record': 5 } };
    const message = await worker.run(etl, both, `${etl}/wrong-values`);
    expect(message).toMatch(/settings: generate\.record: .*did you mean 'records'/);
    expect(message).toContain(`unknown param 'days' (did you mean 'day'?)`);
    expect(message).toContain(`param 'limit': expected a whole number, at least 1, got 0`);
  });
});
