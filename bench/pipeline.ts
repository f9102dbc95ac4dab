import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionConf } from '../config/spark-conf.js';
import { type BenchCluster, startBenchCluster } from './cluster.js';
import { asText, type Findings } from './figures.js';
import { machineLine } from './machine.js';
import { type NightjarRun, runNightjar, type Span, secondsOf } from './nightjar-run.js';
import { pipelineFindings } from './pipeline-findings.js';
import { cpuSeconds } from './process-cpu.js';
import { type PySparkRun, runPySpark } from './pyspark-run.js';
import { type Python, preparePython } from './python.js';
import { SparkRecord, type SparkWork } from './spark-record.js';

export type PipelineOptions = {
  records: number;
  /** Measured rounds; one more warms up both sides. */
  rounds: number;
};

/** What our sessions do otherwise for the sake of retries, which the script has not. */
const sparkDefaults = { 'spark.connect.session.planCache.enabled': 'true' };

/** What a run cost Spark; nothing for a server that was there already. */
type Cost = { work: SparkWork | undefined; serverCpuSeconds: number | undefined };

/** One after the other, on the same server and the same raw data. */
export type Round = {
  first: 'nightjar' | 'pyspark';
  nightjar: NightjarRun & Cost;
  pyspark: PySparkRun & Cost;
};

/**
 * Measures runs of the flagship DAG through Temporal beside a hand-written PySpark script that does the same Spark work
 * on the same server. The order alternates; the first round warms up both and counts apart.
 */
export async function benchPipeline({ records, rounds }: PipelineOptions): Promise<Findings> {
  const python = await preparePython();
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-'));
  try {
    const overrides = [`dataRoot=${join(folder, 'data')}`, `generate.records=${records}`];
    const cluster = await startBenchCluster(folder, overrides);
    try {
      const bench = await new PipelineBench(folder, cluster, python).run(rounds);
      const findings = pipelineFindings(records, bench.machine, bench.rounds);
      console.log(asText(findings));
      return findings;
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class PipelineBench {
  private record: SparkRecord | undefined;

  constructor(
    private readonly folder: string,
    private readonly cluster: BenchCluster,
    private readonly python: Python,
  ) {}

  async run(measured: number): Promise<{ machine: string; rounds: Round[] }> {
    const { sparkUi, client } = this.cluster;
    this.record = sparkUi === undefined ? undefined : await SparkRecord.open(sparkUi);
    const { serverVersion } = await client.workflowService.getSystemInfo({});

    const warmUp = await this.nightjar();
    const rounds: Round[] = [{ first: 'nightjar', nightjar: warmUp, pyspark: await this.pyspark(warmUp, 0) }];
    for (let number = 1; number <= measured; number += 1) {
      const first = number % 2 === 1 ? 'pyspark' : 'nightjar';
      const early = first === 'pyspark' ? await this.pyspark(warmUp, number) : undefined;
      const nightjar = await this.nightjar();
      // Only the raw data of the first run are needed again.
      await rm(nightjar.folder, { recursive: true });
      rounds.push({ first, nightjar, pyspark: early ?? (await this.pyspark(warmUp, number)) });
    }
    const versions = { temporal: serverVersion, ...this.record?.versions, ...rounds[0]?.pyspark.versions };
    return { machine: machineLine(versions), rounds };
  }

  private async nightjar(): Promise<Round['nightjar']> {
    return this.withCost('Nightjar', () => runNightjar(this.cluster));
  }

  private async pyspark({ raw, record }: NightjarRun, round: number): Promise<Round['pyspark']> {
    const output = join(this.folder, `pyspark-${round}`);
    await mkdir(output);
    const run = await this.withCost('PySpark', () =>
      runPySpark(this.python, {
        remote: this.cluster.sparkRemote ?? '',
        conf: { ...sessionConf(this.cluster.config), ...sparkDefaults },
        raw,
        output,
        dagFolder: record.dagFolder,
        config: record.config,
      }),
    );
    await rm(output, { recursive: true });
    return run;
  }

  private async withCost<Run extends { whole: Span }>(
    side: string,
    body: () => Promise<Run>,
  ): Promise<Run & Cost> {
    const { sparkPid } = this.cluster;
    const before = sparkPid === undefined ? undefined : cpuSeconds(sparkPid);
    const run = await body();
    const after = sparkPid === undefined ? undefined : cpuSeconds(sparkPid);
    const { start, end } = run.whole;
    process.stderr.write(`${side}: ${secondsOf(run.whole).toFixed(1)} s\n`);
    return {
      ...run,
      work: await this.record?.workBetween(start, end),
      serverCpuSeconds: before === undefined || after === undefined ? undefined : after - before,
    };
  }
}
