import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { nightjar } from '../support/nightjar-command.js';
import { Dice } from './dice.js';
import { randomDag } from './random-dag.js';
import type { Site } from './site.js';

/** A kind of run that faults must not change. */
export type Scenario = {
  name: string;
  /** Its DAG and those that it triggers, by id. */
  documents: Record<string, string>;
  /** A folder whose files the documents name. */
  files?: string;
  /**
   * Starts it, sees it through, and gives the runs that it came to: their Workflow IDs, always in the same order.
   * @param name Names this trial alone
   */
  run(site: Site, name: string): Promise<string[]>;
};

const flagshipFolder = join(repositoryRoot, 'config', 'dags');

/** As long as a worker that is silent is waited for, and as often as faults may hit a task. */
const patient = 'retries: 30, retryDelay: 500ms, heartbeatTimeout: 5s';

/** Starts a DAG and waits for its end, through whatever happens to the server meanwhile. */
async function finish(site: Site, dagId: string, name: string, input?: object): Promise<string[]> {
  const workflowId = `${dagId}/${name}`;
  await start(site, dagId, workflowId, input);
  await ended(site, workflowId);
  return [workflowId];
}

/** Calls of a server that is down are tried again; a start under the same id that had come through is no error. */
async function start(site: Site, dagId: string, workflowId: string, input?: object): Promise<void> {
  await throughOutages(() =>
    site.client.workflow
      .start(dagId, { workflowId, taskQueue: 'nightjar', args: input === undefined ? [] : [input] })
      .catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError')) throw error;
      }),
  );
}

async function ended(site: Site, workflowId: string): Promise<void> {
  const handle = site.client.workflow.getHandle(workflowId);
  while (await throughOutages(async () => (await handle.describe()).status.name === 'RUNNING'))
    await sleep(300);
}

export async function throughOutages<T>(call: () => Promise<T>, patienceMs = 120_000): Promise<T> {
  for (const end = Date.now() + patienceMs; ; await sleep(500)) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

const mapped: Scenario = {
  name: 'mapped tasks',
  documents: {
    mapped: `dagId: mapped
defaults: { ${patient} }
tasks:
  - id: load
    operator: ingest
    with:
      datasets:
        sales: { files: sales.csv, format: csv, schema: { id: { type: int, nullable: false, unique: true }, shop: string, amount: { type: double, min: 0 } } }
  - id: part
    operator: spark-sql
    dependsOn: load
    expand: { shop: [north, east, south, west] }
    with:
      inputs: { sales: "\${{ tasks.load.output.sales }}" }
      args: { shop: "\${{ item.shop }}" }
      datasets: { sums: { sql: "SELECT shop, id % 7 AS day, sum(amount) AS amount FROM sales WHERE shop = :shop GROUP BY ALL", partitionBy: [day] } }
  - { id: each, operator: shell, dependsOn: load, expand: { n: [1, 2, 3, 4, 5, 6, 7, 8] }, with: { env: { N: "\${{ item.n }}" }, command: "sleep 0.2; echo $((N * N))" } }
  - id: all
    operator: spark-sql
    dependsOn: [part, each]
    with:
      inputs: { sums: "\${{ tasks.part.output.map(o, o.sums) }}" }
      datasets: { total: { sql: "SELECT shop, count(*) AS days, sum(amount) AS amount FROM sums GROUP BY shop" } }
`,
  },
  run: async (site, name) => {
    const shops = ['north', 'east', 'south', 'west'];
    const rows = Array.from(
      { length: 5_000 },
      (_, id) => `${id},${shops[id % 4]},${id % 90 === 0 ? -1 : id % 100}`,
    );
    await writeFile(join(site.dags, 'sales.csv'), ['id,shop,amount', ...rows, ''].join('\n'));
    return finish(site, 'mapped', name);
  },
};

const pools: Scenario = {
  name: 'pools',
  documents: {
    pools: `dagId: pools
defaults: { ${patient}, pool: narrow }
tasks:
  - { id: one, operator: shell, expand: { n: [1, 2, 3, 4, 5, 6] }, with: { env: { N: "\${{ item.n }}" }, command: "sleep 0.4; echo $N" } }
  - { id: two, operator: shell, poolSlots: 2, expand: { n: [1, 2] }, with: { env: { N: "\${{ item.n }}" }, command: "sleep 0.4; echo $N" } }
  - { id: rows, operator: spark-sql, dependsOn: [one, two], with: { datasets: { numbers: { sql: "SELECT id, id * id AS square FROM range(1000)" } } } }
`,
  },
  run: (site, name) => finish(site, 'pools', name),
};

const sensors: Scenario = {
  name: 'sensors',
  documents: {
    sensors: `dagId: sensors
params: { gate: { type: string } }
defaults: { ${patient} }
tasks:
  - { id: wait, operator: file-sensor, with: { path: "\${{ params.gate }}", pokeInterval: 300ms } }
  - { id: rows, operator: spark-sql, dependsOn: wait, with: { datasets: { numbers: { sql: "SELECT id FROM range(500)" } } } }
  - { id: look, operator: sql-sensor, dependsOn: rows, with: { inputs: { numbers: "\${{ tasks.rows.output.numbers }}" }, sql: "SELECT count(*) = 500 FROM numbers", pokeInterval: 300ms } }
`,
  },
  run: async (site, name) => {
    const gate = join(site.gates, name);
    const run = finish(site, 'sensors', name, { params: { gate } });
    await sleep(3_000);
    await writeFile(gate, '');
    return run;
  },
};

const subDags: Scenario = {
  name: 'sub-DAGs',
  documents: {
    parent: `dagId: parent
defaults: { ${patient} }
tasks:
  - { id: runs, operator: trigger-dag, expand: { n: [1, 2, 3] }, with: { dagId: child, params: { n: "\${{ item.n }}" } } }
  - { id: said, operator: shell, dependsOn: runs, with: { env: { ALL: "\${{ tasks.runs.output.map(o, o.twice.text) }}" }, command: 'echo "$ALL"' } }
`,
    child: `dagId: child
params: { n: { type: integer } }
defaults: { ${patient} }
tasks:
  - { id: rows, operator: spark-sql, with: { args: { n: "\${{ params.n }}" }, datasets: { numbers: { sql: "SELECT id * :n AS v FROM range(300)" } } } }
  - { id: twice, operator: shell, dependsOn: rows, with: { env: { N: "\${{ params.n }}" }, command: 'echo "{\\"text\\": \\"$((2 * N))\\"}"', output: json } }
`,
  },
  run: (site, name) => finish(site, 'parent', name),
};

const held: Scenario = {
  name: 'held runs',
  documents: {
    holding: `dagId: holding
params: { gate: { type: string } }
onFailure: hold
defaults: { heartbeatTimeout: 5s }
tasks:
  - { id: rows, operator: spark-sql, retries: 30, retryDelay: 500ms, with: { datasets: { numbers: { sql: "SELECT id, id % 3 AS k FROM range(900)" } } } }
  - { id: gate, operator: shell, dependsOn: rows, with: { env: { GATE: "\${{ params.gate }}" }, command: 'test -e "$GATE" && echo passed' } }
  - { id: sums, operator: spark-sql, retries: 30, retryDelay: 500ms, dependsOn: gate, with: { inputs: { n: "\${{ tasks.rows.output.numbers }}" }, datasets: { sums: { sql: "SELECT k, sum(id) AS total FROM n GROUP BY k" } } } }
`,
  },
  run: async (site, name) => {
    const gate = join(site.gates, name);
    const workflowId = `holding/${name}`;
    await start(site, 'holding', workflowId, { params: { gate } });
    const handle: WorkflowHandle = site.client.workflow.getHandle(workflowId);
    await untilHeld(handle);
    await writeFile(gate, '');
    // A fault may hold it again: the task without retries is what the faults hit.
    for (let open = true; open; ) {
      await handle.executeUpdate('retryTask', { args: ['gate'] }).catch(() => undefined);
      await sleep(1_000);
      open = await throughOutages(async () => (await handle.describe()).status.name === 'RUNNING');
    }
    return [workflowId];
  },
};

/** Waits until the run is held; a worker must be there to say so. */
const untilHeld = (handle: WorkflowHandle): Promise<void> =>
  throughOutages(async () => {
    const view = await handle.query<{ state: string } | undefined>('state');
    if (view?.state !== 'held') throw new Error(`the run is ${view?.state}, expected held`);
  });

const backfill: Scenario = {
  name: 'backfills',
  documents: {
    nightly: `dagId: nightly
schedule: "@daily"
maxActiveRuns: 2
defaults: { ${patient} }
tasks:
  - { id: rows, operator: spark-sql, with: { args: { day: "\${{ ds(run.logicalDate) }}" }, datasets: { days: { sql: "SELECT id, dayofmonth(CAST(:day AS date)) AS day FROM range(200)" } } } }
`,
  },
  run: async (site, name) => {
    // A date belongs to one run: each trial has a year of its own.
    const year = 1900 + Number.parseInt(name.replace(/\D/g, ''), 10);
    const dates = ['--from-date', `${year}-03-01`, '--to-date', `${year}-03-03`];
    const { code, stderr } = await nightjar(['backfill', 'create', 'nightly', ...dates], site.environment);
    if (code !== 0) throw new Error(`backfill create ended with ${code}: ${stderr}`);
    const runs = ['01', '02', '03'].map((day) => `nightly/${year}-03-${day}T00:00:00Z`);
    for (const workflowId of runs) {
      await throughOutages(() => site.client.workflow.getHandle(workflowId).describe());
      await ended(site, workflowId);
    }
    return runs;
  },
};

const flagship: Scenario = {
  name: 'flagship',
  documents: {
    'task-log-analytics': readFileSync(join(flagshipFolder, 'task-log-analytics.yaml'), 'utf8')
      .replace('retries: 3\n', 'retries: 30\n')
      .replace('retryDelay: 5s', 'retryDelay: 500ms')
      .replace('heartbeatTimeout: 20s', 'heartbeatTimeout: 5s'),
  },
  files: flagshipFolder,
  run: (site, name) =>
    finish(site, 'task-log-analytics', name, {
      settings: {
        'generate.records': 20_000,
        'generate.shards': 2,
        'generate.projects': 40,
        'generate.users': 80,
        'models.clustering.k': { min: 3, max: 3 },
        'models.durations.gbt.maxIter': 5,
      },
    }),
};

/** Random DAGs, told apart by their seeds. */
const randoms = (seed: number): Scenario[] =>
  [1, 2, 3, 4].map((number) => {
    const dagId = `random-${number}`;
    return {
      name: `random DAG ${number}`,
      documents: { [dagId]: randomDag(dagId, new Dice(seed * 10 + number), patient) },
      run: (site, name) => finish(site, dagId, name),
    };
  });

export const scenarios = (seed: number): [Scenario, ...Scenario[]] => [
  mapped,
  pools,
  sensors,
  subDags,
  held,
  backfill,
  flagship,
  ...randoms(seed),
];
