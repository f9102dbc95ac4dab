import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { writeShard } from '../activities/operators/generate-task-logs/write-shard.js';
import { generateSettings } from '../config/sections/generate.js';

const thisFile = fileURLToPath(import.meta.url);
const sizes = [1_000_000, 10_000_000];
const runsPerSize = 3;

/** One run: a fresh process writes all rows as one shard. Seconds and rates don't include loading the modules. */
export type GeneratorRun = {
  records: number;
  seconds: number;
  /** Of all threads of the process, JIT compiler and garbage collector included. */
  cpuSeconds: number;
  rowsPerSecond: number;
  /** Highest resident set of the process, MiB. */
  peakMiB: number;
  /** Size of the Parquet files, MiB. */
  writtenMiB: number;
};

export type GeneratorBench = {
  machine: string;
  versions: Record<string, string>;
  runs: GeneratorRun[];
};

/** Measures the generator, generation and writing of Parquet together, and prints what it found. */
export async function benchGenerator(): Promise<GeneratorBench> {
  const runs: GeneratorRun[] = [];
  for (const records of sizes) {
    for (let run = 0; run < runsPerSize; run += 1) runs.push(await runInChild(records));
  }
  const bench = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: {
      node: process.versions.node,
      'parquet-wasm': await installedVersion('parquet-wasm'),
      'apache-arrow': await installedVersion('apache-arrow'),
    },
    runs,
  };
  console.log(report(bench));
  return bench;
}

async function runInChild(records: number): Promise<GeneratorRun> {
  const args = [...process.execArgv, thisFile, '--measure', String(records)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as GeneratorRun;
}

async function measure(records: number): Promise<GeneratorRun> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-'));
  try {
    const settings = generateSettings.parse({ records });
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    const { tasks } = await writeShard({ settings, shard: 0, shards: 1, folder });
    const seconds = (performance.now() - before) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      records,
      seconds,
      cpuSeconds: (user + system) / 1e6,
      rowsPerSecond: tasks.rows / seconds,
      peakMiB: process.resourceUsage().maxRSS / 1024,
      writtenMiB: tasks.bytes / 2 ** 20,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function installedVersion(name: string): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve(name));
  const folder = entry.slice(
    0,
    entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length,
  );
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

function report({ machine, versions, runs }: GeneratorBench): string {
  const table = new Table({
    head: ['records', 'seconds', 'CPU seconds', 'rows/s', 'peak MiB', 'Parquet MiB'],
    colAligns: Array(6).fill('right'),
    style: { head: [], border: [] },
  });
  for (const run of runs) {
    table.push([
      run.records.toLocaleString('en'),
      run.seconds.toFixed(2),
      run.cpuSeconds.toFixed(2),
      Math.round(run.rowsPerSecond).toLocaleString('en'),
      run.peakMiB.toFixed(0),
      run.writtenMiB.toFixed(1),
    ]);
  }
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Generator, one process per row of the table, one shard\n${machine}; ${software.join(', ')}\n${table}`;
}

if (process.argv[1] === thisFile) {
  const [flag, records] = process.argv.slice(2);
  if (flag === '--measure') console.log(JSON.stringify(await measure(Number(records))));
  else await benchGenerator();
}
