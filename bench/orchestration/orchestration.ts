import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchCluster, startBenchCluster } from '../cluster.js';
import { asText, type Findings } from '../figures.js';
import { machineLine } from '../machine.js';
import { measureAirflow } from './airflow.js';
import { startBareWorker } from './bare.js';
import { orchestrationFindings } from './findings.js';
import { cases, measureOverhead } from './overhead.js';
import { largeDags, measureScale } from './scale.js';
import type { Side } from './side.js';

export type OrchestrationOptions = {
  /** Measured rounds; one more warms up both sides. */
  rounds: number;
  /** Whether Airflow is installed and measured as well. */
  airflow?: true;
  /** Folder for CPU profiles of the workers, in the format of Chrome's developer tools. Default: none are taken. */
  cpuProf?: string;
};

/** Measures what orchestration takes, with activities that do nothing, beside plain code on Temporal's SDK. */
export async function benchOrchestration({
  rounds,
  airflow: withAirflow,
  cpuProf,
}: OrchestrationOptions): Promise<Findings> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-'));
  const profileInto = (name: string): string[] =>
    cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(cpuProf, name)}`];
  try {
    // Before all else, as it may fail. Its runs take so long that few of them tell enough.
    const airflow = withAirflow && (await measureAirflow(folder, Math.min(rounds, 2)));
    const compared = await withCluster(folder, cases, profileInto('nightjar'), async (cluster) => {
      const bareWorker = await startBareWorker(cluster.temporalAddress, folder, profileInto('bare'));
      try {
        const nightjar = nightjarSide(cluster);
        const bare: Side = { ...nightjar, ...bareWorker.side };
        const { serverVersion } = await cluster.client.workflowService.getSystemInfo({});
        return {
          machine: machineLine({ temporal: serverVersion }),
          cases: await measureOverhead(nightjar, bare, rounds),
        };
      } finally {
        await bareWorker.stop();
      }
    });
    const scale = await withCluster(folder, largeDags, profileInto('large'), (cluster) =>
      measureScale(nightjarSide(cluster)),
    );
    const findings = orchestrationFindings({ ...compared, scale, airflow });
    console.log(asText(findings));
    return findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fresh server and worker that know these DAGs and the no-op operator. */
async function withCluster<T>(
  folder: string,
  dags: readonly { dagId: string; yaml: string }[],
  nodeFlags: readonly string[],
  body: (cluster: BenchCluster) => Promise<T>,
): Promise<T> {
  const dagFolder = await mkdtemp(join(folder, 'dags-'));
  for (const { dagId, yaml } of dags) await writeFile(join(dagFolder, `${dagId}.yaml`), yaml);
  const settings = [
    `dataRoot=${join(folder, 'data')}`,
    `dags.folders=[${dagFolder}]`,
    `operators.folder=${fileURLToPath(new URL('./operators', import.meta.url))}`,
  ];
  const cluster = await startBenchCluster(folder, settings, { spark: false, nodeFlags });
  try {
    return await body(cluster);
  } finally {
    await cluster.stop();
  }
}

const nightjarSide = ({ client, config, temporalPid, workerPid }: BenchCluster): Side => ({
  name: 'Nightjar',
  client,
  taskQueue: config.temporal.taskQueue,
  serverPid: temporalPid,
  workerPid,
});
