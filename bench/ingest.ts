import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import { type BenchCluster, startBenchCluster } from './cluster.js';
import { asText, type Findings, median } from './figures.js';
import { machineLine } from './machine.js';
import { cpuSeconds } from './process-cpu.js';

export type IngestOptions = {
  /** Records in each file. */
  records: number;
  /** Measured rounds; one more warms up. */
  rounds: number;
};

/** A file of task logs in one form. */
type Form = {
  name: string;
  format: 'csv' | 'json' | 'parquet';
  /** Text before the first record. */
  head: string;
  line(id: number): string;
};

const schema =
  '{ id: bigint, project: string, started_at: timestamp, day: date, hours: double, cost: "decimal(12,2)", done: boolean, note: string }';

const two = (value: number): string => String(value).padStart(2, '0');
const projectOf = (id: number): string => `project-${(id * 7919) % 400}`;
const dayOf = (id: number): string => `2026-${two(1 + (id % 12))}-${two(1 + (id % 28))}`;
const startOf = (id: number): string => `${dayOf(id)}T${two(id % 24)}:${two(id % 60)}:${two((id * 7) % 60)}Z`;
const hoursOf = (id: number): string => ((id % 977) / 13).toFixed(3);
const costOf = (id: number): string => ((id % 99_991) / 7).toFixed(2);

const header = 'id,project,started_at,day,hours,cost,done,note\n';
const csv = (note: (id: number) => string) => (id: number) =>
  `${id},${projectOf(id)},${startOf(id)},${dayOf(id)},${hoursOf(id)},${costOf(id)},${id % 3 === 0},${note(id)}\n`;

const texts: readonly Form[] = [
  { name: 'CSV, plain', format: 'csv', head: header, line: csv((id) => `review of change ${id % 1_000}`) },
  {
    name: 'CSV, quoted fields',
    format: 'csv',
    head: header,
    line: csv((id) => `"review, ""second"" pass of change ${id % 1_000}"`),
  },
  {
    name: 'CSV, line breaks in quotes',
    format: 'csv',
    head: header,
    line: csv((id) => `"review\nof change ${id % 1_000}"`),
  },
  {
    name: 'JSON lines',
    format: 'json',
    head: '',
    line: (id) =>
      `{"id":${id},"project":"${projectOf(id)}","started_at":"${startOf(id)}","day":"${dayOf(id)}","hours":${hoursOf(id)},"cost":${costOf(id)},"done":${id % 3 === 0},"note":"review of change ${id % 1_000}"}\n`,
  },
];

/** The same task logs as one file in several forms, each ingested through Temporal with a strict schema. */
export async function benchIngest({ records, rounds }: IngestOptions): Promise<Findings> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-'));
  try {
    await mkdir(join(folder, 'dags'));
    const overrides = [`dataRoot=${join(folder, 'data')}`, `dags.folders=[${join(folder, 'dags')}]`];
    const cluster = await startBenchCluster(folder, overrides);
    try {
      const findings = await measure(folder, cluster, records, rounds);
      console.log(asText(findings));
      return findings;
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  folder: string,
  cluster: BenchCluster,
  records: number,
  rounds: number,
): Promise<Findings> {
  const rows: string[][] = [];
  for (const [index, form] of texts.entries()) {
    const file = join(folder, `${index}.${form.format}`);
    await pipeline(Readable.from(chunks(form, records)), createWriteStream(file));
    const { dataset, row } = await measureForm(folder, cluster, form.name, form.format, file, rounds);
    rows.push(row);
    await rm(file);
    // What was ingested first is read again, as Parquet.
    if (index === 0) {
      rows.push((await measureForm(folder, cluster, 'Parquet', 'parquet', dataset, rounds)).row);
    }
  }
  const { serverVersion } = await cluster.client.workflowService.getSystemInfo({});
  return {
    lines: [machineLine({ temporal: serverVersion })],
    tables: [
      {
        title: `${records.toLocaleString('en-US')} records in one file`,
        head: ['Form', 'first', 'seconds', 'median', 'rows/s', 'Spark CPU seconds', 'rejected'],
        rows,
      },
    ],
  };
}

function* chunks({ head, line }: Form, records: number): Generator<string> {
  yield head;
  for (let from = 0; from < records; from += 10_000) {
    const ids = Array.from({ length: Math.min(10_000, records - from) }, (_, index) => from + index);
    yield ids.map(line).join('');
  }
}

/** @returns the folder of the dataset that came of it, and its row of the table */
async function measureForm(
  folder: string,
  { client, config, sparkPid }: BenchCluster,
  name: string,
  format: Form['format'],
  files: string,
  rounds: number,
): Promise<{ dataset: string; row: string[] }> {
  const dagId = `ingest-${name.toLowerCase().replaceAll(/\W+/g, '-')}`;
  await writeFile(
    join(folder, 'dags', `${dagId}.yaml`),
    `dagId: ${dagId}
tasks:
  - id: load
    operator: ingest
    errorThreshold: { maxRejectedRatio: 1 }
    with: { datasets: { logs: { files: "${files}", format: ${format}, schema: ${schema} } } }
`,
  );
  let first = 0;
  const seconds: number[] = [];
  const cpu: number[] = [];
  let dataset = '';
  let rejected = 0;
  let read = 0;
  for (let round = 0; round <= rounds; round++) {
    const workflowId = `${dagId}/${randomUUID()}`;
    const before = sparkPid === undefined ? undefined : cpuSeconds(sparkPid);
    await client.workflow.execute(dagId, { workflowId, taskQueue: config.temporal.taskQueue });
    const after = sparkPid === undefined ? undefined : cpuSeconds(sparkPid);
    const dataRoot = resolve(config.dataRoot);
    const record = await readJson<RunRecord>(
      join(runFolder(dataRoot, dagId, runIdOf(dagId, workflowId)), runRecordName),
    );
    const [{ output = null, stats } = {}] = record?.tasks ?? [];
    if (stats === undefined) throw new Error(`${workflowId} has no figures`);
    dataset = join(dataRoot, (output as { logs: { path: string } }).logs.path);
    rejected = stats.rowsRejected;
    read = stats.rowsRead;
    const taken = (Date.parse(stats.finishedAt) - Date.parse(stats.startedAt)) / 1000;
    // The first one warms up.
    if (round === 0) {
      first = taken;
      continue;
    }
    seconds.push(taken);
    if (before !== undefined && after !== undefined) cpu.push(after - before);
  }
  process.stderr.write(`${name}: ${seconds.map((value) => value.toFixed(1)).join(', ')} s\n`);
  const middle = median(seconds);
  return {
    dataset,
    row: [
      name,
      first.toFixed(1),
      seconds.map((value) => value.toFixed(1)).join(' '),
      middle.toFixed(1),
      Math.round(read / middle).toLocaleString('en-US'),
      median(cpu).toFixed(1),
      rejected.toLocaleString('en-US'),
    ],
  };
}
