/**
 * Runs what docker-compose.yml describes, but as processes of this machine: `npm run topology`.
 *
 *     npm run topology                         until Ctrl-C
 *     npm run topology -- --check              loses workers in mid-run and compares what comes out (docs/clusters.md)
 *     npm run topology -- --check --during train --records 100000 --keep
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineLine } from '../../bench/machine.js';
import { ServiceStartError } from '../../embedded/service.js';
import { pins } from '../../embedded/setup/layout.mjs';
import { check } from './check.js';
import { checkMetrics } from './metrics.js';
import { findPrograms, temporalVersion } from './programs.js';
import { startTopology, type Topology } from './topology.js';
import { TopologyError } from './topology-error.js';

const began = performance.now();
const tell = (line: string): void => {
  const elapsed = ((performance.now() - began) / 1000).toFixed(0).padStart(5);
  process.stdout.write(`${elapsed} s  ${line}\n`);
};

async function main(): Promise<boolean> {
  const { records, ...options } = readArguments();
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve('interrupted'));
    }
  });
  const programs = await findPrograms(tell);
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-topology-'));
  // PostgreSQL, which is somebody else when this is root, has a folder in it.
  await chmod(folder, 0o755);
  tell(`folder: ${folder}`);
  let ok = false;
  try {
    const topology = await startTopology({ folder, programs, tell });
    try {
      const end = options.check ? runCheck(topology, records, options.during) : use(topology);
      const outcome = await Promise.race([end, interrupted]);
      ok = outcome === true || (outcome === 'interrupted' && !options.check);
    } finally {
      await topology.stop();
      tell('all processes have ended');
    }
  } finally {
    if (ok && !options.keep) await rm(folder, { recursive: true });
    else tell(`logs and data are kept in ${folder}`);
  }
  return ok;
}

/** Tasks of the flagship that take Spark long enough to be caught at it. */
const catchable = ['ingest', 'transform', 'train', 'report'];

function readArguments(): { check: boolean; records: number; during: string[]; keep: boolean } {
  const { check, records, during, keep } = parse();
  const count = Number(records);
  if (!Number.isInteger(count) || count < 1) {
    throw new TopologyError(`--records ${records}: expected a whole number, 1 or more`);
  }
  const unknown = during.find((task) => !catchable.includes(task));
  if (unknown !== undefined) {
    throw new TopologyError(`--during ${unknown}: expected one of ${catchable.join(', ')}`);
  }
  return { check, records: count, during, keep };
}

function parse() {
  try {
    return parseArgs({
      options: {
        check: { type: 'boolean', default: false },
        records: { type: 'string', default: '1000000' },
        during: { type: 'string', multiple: true, default: ['transform', 'train'] },
        keep: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new TopologyError(error instanceof Error ? error.message : String(error));
  }
}

async function runCheck(topology: Topology, records: number, during: string[]): Promise<boolean> {
  tell(machineLine({ 'temporal-server': temporalVersion, spark: pins.spark.version }));
  const problems = [...(await checkMetrics(topology)), ...(await check(topology, records, during, tell))];
  for (const problem of problems) tell(`✗ ${problem}`);
  tell(problems.length === 0 ? '✓ all is right' : `${problems.length} problems`);
  return problems.length === 0;
}

/** Leaves the topology to the user. */
function use({ temporal, spark, dataRoot }: Topology): Promise<never> {
  tell(`TEMPORAL_ADDRESS=${temporal.address} SPARK_REMOTE=${spark.remote} NIGHTJAR__DATAROOT=${dataRoot}`);
  tell(`Spark: ${spark.uiUrl}, its master: ${spark.masterUrl}; Ctrl-C ends it`);
  // Services don't keep a process from ending.
  return new Promise(() => setInterval(() => {}, 60_000));
}

main().then(
  // A check that was interrupted would go on.
  (ok) => process.exit(ok ? 0 : 1),
  (error: unknown) => {
    const expected = error instanceof TopologyError || error instanceof ServiceStartError;
    process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);
