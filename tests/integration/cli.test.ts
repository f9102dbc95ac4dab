import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, nightjar as runNightjar } from '../support/nightjar-command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-cli-'));
  await mkdir(join(folder, 'dags'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The command, with settings of its own where it starts a worker. */
function nightjar(...args: string[]): Promise<Ended> {
  const own = [`dataRoot=${folder}/data`, 'temporal.taskQueue=cli'].flatMap((setting) => ['--set', setting]);
  const runs = args[0] === 'start' || args[1] === 'test';
  return runNightjar([...args, ...(runs ? own : [])]);
}

async function dag(name: string, yaml: string): Promise<string> {
  const file = join(folder, 'dags', `${name}.yaml`);
  await writeFile(file, yaml);
  return file;
}

describe('nightjar start', () => {
  it('reports a breached threshold, exits with 1, and its replay command runs only what failed', async () => {
    const file = await dag(
      'orders',
      `
dagId: orders
tasks:
  - id: customers
    operator: ingest
    with: { datasets: { customers: { files: customers.csv, format: csv, schema: { id: { type: int, unique: true } } } } }
  - id: orders
    operator: ingest
    errorThreshold: { maxRejectedRows: 1 }
    with: { datasets: { orders: { files: orders.csv, format: csv, schema: { id: int, amount: { type: int, nullable: false, min: 0 } } } } }
  - id: totals
    operator: spark-sql
    dependsOn: orders
    with: { inputs: { orders: "\${{ tasks.orders.output.orders }}" }, datasets: { totals: { sql: SELECT sum(amount) AS total FROM orders } } }
`,
    );
    await writeFile(join(folder, 'dags', 'customers.csv'), 'id\n1\n2\n');
    await writeFile(join(folder, 'dags', 'orders.csv'), 'id,amount\n1,5\n2,-1\n3,\n4,7\n');
    const failed = await nightjar('start', '--dag', file);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('2 rows rejected, at most 1 allowed');
    expect(failed.stdout).toContain('orders.amount.range: 1');
    expect(failed.stdout).toContain('orders.amount.notNull: 1');
    expect(failed.stdout).toContain('did not run because of that: totals');
    expect(failed.stdout + failed.stderr).not.toMatch(/\n\s+at /);
    const workflowId = /npm start -- .*--replay (\S+)/.exec(failed.stdout)?.[1] ?? '';
    expect(workflowId).toMatch(/^orders\//);

    await writeFile(join(folder, 'dags', 'orders.csv'), 'id,amount\n1,5\n2,1\n3,\n4,7\n');
    const replayed = await nightjar('start', '--dag', file, '--replay', workflowId);
    expect(replayed.stdout).toMatch(/customers\s+│ success \(reused\)/);
    expect(replayed.stdout).toMatch(/orders\s+│ success\s+│/);
    expect(replayed.stdout).toMatch(/totals\s+│ success\s+│/);
    expect(replayed.code).toBe(0);
  });

  it.each([
    [['--set', 'generate.recods=5'], /--set generate\.recods: .*records/],
    [['--set', 'generate.records=many'], /--set generate\.records: expected a.*number/],
    [['--dag', 'task-log-analytic'], /no DAG "task-log-analytic".*task-log-analytics/],
    [['--dag', 'nowhere.yaml'], /nowhere\.yaml: there is no such DAG file/],
    [['--param', 'nothing=1'], /nothing/],
    [['--colour'], /unknown option '--colour'/],
  ])('refuses %s before it starts anything', async (args, message) => {
    const { code, stdout, stderr } = await nightjar('start', ...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('nightjar dags test', () => {
  it('runs a DAG with its log on the terminal; the run of a logical date as often as one likes', async () => {
    const file = await dag(
      'greets',
      `
dagId: greets
params: { name: { type: string, default: nobody } }
tasks: [{ id: greet, operator: shell, with: { command: [echo, "Hello, \${{ params.name }}, on \${{ run.logicalDate }}"] } }]
`,
    );
    for (const name of ['Ada', 'Grace']) {
      const { code, stdout, stderr } = await nightjar(
        'dags',
        'test',
        file,
        '2026-03-01',
        '--param',
        `name=${name}`,
      );
      expect(stderr).toMatch(new RegExp(`INFO: .*Hello, ${name}, on 2026-03-01T00:00:00`));
      expect(stdout).toMatch(/greet\s+│ success[\s\S]*greets\/2026-03-01T00:00:00Z succeeded/);
      expect(code).toBe(0);
    }
    const refused = await nightjar('dags', 'test', file, '--param', 'nam=Ada');
    expect(refused.stderr).toContain(`unknown param 'nam' (did you mean 'name'?)`);
    expect(refused.code).toBe(2);
  });
});

describe('nightjar dags', () => {
  it('validate warns of params in code, and with --strict fails on that', async () => {
    const file = 'tests/fixtures/hostile/inj-sql.yaml';
    const warned = await nightjar('dags', 'validate', file);
    expect(warned.code).toBe(0);
    expect(warned.stdout).toMatch(
      /warning: .*inj-sql\.yaml:6:\d+: tasks\[0\]\.with\.rows\.r: params\.town becomes a part/,
    );
    const strict = await nightjar('dags', 'validate', '--strict', file);
    expect(strict.code).toBe(2);
    expect(strict.stderr).toContain('3 warnings, with --strict');
  });

  it('validate prints every mistake of a file with its place and a hint', async () => {
    const file = await dag(
      'broken',
      `dagId: broken
tasks:
  - id: a
    operator: spark-sq
    dependson: [b]
  - id: b
    operator: spark-sql
    dependsOn: [c]
    with: { datasets: { x: { sql: SELECT 1, partitonBy: [y] } } }
`,
    );
    const { code, stderr } = await nightjar('dags', 'validate', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.yaml:4:15: .*spark-sq.*did you mean 'spark-sql'/);
    expect(stderr).toMatch(/broken\.yaml:5:5: .*dependson.*did you mean 'dependsOn'/);
    expect(stderr).toMatch(/broken\.yaml:8:17: .*'c'/);
    expect(stderr).toMatch(/broken\.yaml:9:\d+: .*partitonBy.*partitionBy/);
  });

  it('list names the flagship with its schedule', async () => {
    const { code, stdout } = await nightjar('dags', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /task-log-analytics\s+│ 0 2 \* \* \* UTC\s+│ generate, ingest, transform, train, report/,
    );
  });
});
