import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pickPort } from '../../embedded/ports.js';
import { startService } from '../../embedded/service.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { installFromPyPI } from '../python.js';

const version = '3.3.2';

/** Those of airflow_dags.py, under the ids that the same cases have here. */
const dagIds = ['chain-40', 'fan-out-100'] as const;

/** Its scheduler may give up when SQLite keeps it waiting, as it does on a busy machine: then runs never end. */
const longestRun = 5 * 60_000;

export type AirflowResult = {
  version: string;
  /** By DAG id, from the request to the run's end, run by run. */
  seconds: Record<string, number[]>;
};

/**
 * Installs Airflow, unless it is there, and runs it standalone: scheduler, DAG processor, triggerer and API server, with
 * LocalExecutor and SQLite, in a folder that goes with the benchmark. @throws Error when it does not start, or a run fails
 */
export async function measureAirflow(scratch: string, rounds: number): Promise<AirflowResult> {
  const { python, folder } = await installFromPyPI({
    name: 'bench-airflow',
    what: `Apache Airflow ${version}`,
    size: '270 MB',
    requirements: [`apache-airflow==${version}`],
  });
  const home = join(scratch, 'airflow');
  await mkdir(join(home, 'dags'), { recursive: true });
  const source = join(repositoryRoot, 'bench', 'orchestration', 'airflow_dags.py');
  await copyFile(source, join(home, 'dags', 'bench.py'));
  const ports = new Set<number>();
  const port = await pickPort(undefined, ports);
  const url = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: 'Airflow',
    command: python,
    args: [join(folder, 'bin', 'airflow'), 'standalone'],
    cwd: home,
    env: {
      AIRFLOW_HOME: home,
      PYTHONPATH: folder,
      // It starts its parts by the name `airflow`.
      PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
      AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: 'True',
      AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${url}/execution/`,
      AIRFLOW__API__HOST: '127.0.0.1',
      AIRFLOW__API__PORT: String(port),
      AIRFLOW__API__BASE_URL: url,
      AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(await pickPort(undefined, ports)),
      AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(await pickPort(undefined, ports)),
    },
    logFile: join(scratch, 'airflow.log'),
    health: { http: `${url}/api/v2/monitor/health` },
    startTimeoutMs: 180_000,
  });
  try {
    const airflow = new Airflow(`${url}/api/v2`);
    await airflow.untilParsed();
    const seconds: Record<string, number[]> = {};
    for (let round = 0; round <= rounds; round += 1) {
      for (const dagId of dagIds) {
        const took = await airflow.run(dagId);
        process.stderr.write(
          `Airflow, ${round === 0 ? 'warm-up' : `round ${round}`}: ${dagId}: ${took.toFixed(1)} s\n`,
        );
        if (round > 0) seconds[dagId] = [...(seconds[dagId] ?? []), took];
      }
    }
    return { version, seconds };
  } finally {
    await service.stop();
    killTasks(home);
  }
}

/** Ends what outlives Airflow: its tasks run in process groups of their own. */
function killTasks(home: string): void {
  for (const pid of processesWith(`AIRFLOW_HOME=${home}`)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Processes with this setting in their environment; none where there is no Linux /proc. */
function processesWith(setting: string): number[] {
  const pids = existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(setting);
    } catch {
      return false;
    }
  });
}

type DagRun = { dag_run_id: string; state: string; end_date: string | null };

/** Airflow by its REST API. */
class Airflow {
  constructor(private readonly base: string) {}

  /** Waits until both DAGs are known. */
  async untilParsed(): Promise<void> {
    for (let tries = 0; tries < 120; tries += 1) {
      const { dags } = await this.call<{ dags: unknown[] }>('/dags');
      if (dags.length === dagIds.length) return;
      await sleep(1000);
    }
    throw new Error('Airflow did not find the DAGs within two minutes');
  }

  /** Runs a DAG: seconds from the request to the end that Airflow notes, however late we look. */
  async run(dagId: string): Promise<number> {
    const requestedAt = Date.now();
    const runs = `/dags/${dagId}/dagRuns`;
    let run = await this.call<DagRun>(runs, { logical_date: null });
    while (run.state === 'queued' || run.state === 'running') {
      if (Date.now() - requestedAt > longestRun)
        throw new Error(`Airflow: ${dagId} has not ended after ${longestRun / 60_000} minutes`);
      await sleep(500);
      run = await this.call<DagRun>(`${runs}/${encodeURIComponent(run.dag_run_id)}`);
    }
    if (run.state !== 'success' || run.end_date === null)
      throw new Error(`Airflow: ${dagId} ended as ${run.state}`);
    return (Date.parse(run.end_date) - requestedAt) / 1000;
  }

  private async call<T>(path: string, body?: unknown): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(`${this.base}${path}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json' },
      });
      if (response.ok) return (await response.json()) as T;
      // Its database is locked now and then.
      const mayPass = response.status === 500 && body === undefined && tries < 20;
      if (!mayPass) throw new Error(`Airflow: ${path}: ${response.status} ${await response.text()}`);
      await sleep(500);
    }
  }
}
