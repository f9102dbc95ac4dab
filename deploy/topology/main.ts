/**
 * Runs what docker-compose.yml describes, but as processes of this machine: `npm run topology`.
 *
 *     npm run topology                         until Ctrl-C
 *     npm run topology -- --check              loses workers in mid-run and compares what comes out (docs/clusters.md)
 *     npm run topology -- --check --records 100000
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineLine } from '../../bench/machine.js';
import { ServiceStartError } from '../../embedded/service.js';
import { check } from './check.js';
import { temporalVersion } from './programs.js';
import { startTopology, type Topology } from './topology.js';
import { TopologyError } from './topology-error.js';

const began = performance.now();
const tell = (line: string): void => {
  const elapsed = ((performance.now() - began) / 1000).toFixed(0).padStart(5);
  process.stdout.write(`${elapsed} s  ${line}\n`);
};

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      records: { type: 'string', default: '1000000' },
      keep: { type: 'boolean', default: false },
    },
  });
  const records = Number(values.records);
  if (!Number.isInteger(records) || records < 1) {
    throw new TopologyError(`--records ${values.records}: expected a whole number, 1 or more`);
  }
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-topology-'));
  // PostgreSQL, which is somebody else when this is root, has a folder in it.
  await chmod(folder, 0o755);
  tell(`folder: ${folder}`);
  let ok = false;
  try {
    const topology = await startTopology({ folder, tell });
    try {
      ok =
        (await (values.check
          ? Promise.race([runCheck(topology, records), interrupted])
          : use(topology, interrupted))) === true;
    } finally {
      await topology.stop();
      tell('all processes have ended');
    }
  } finally {
    if (ok && !values.keep) await rm(folder, { recursive: true });
    else tell(`logs and data are kept in ${folder}`);
  }
  return ok;
}

async function runCheck(topology: Topology, records: number): Promise<boolean> {
  tell(machineLine({ 'temporal-server': temporalVersion }));
  const problems = await check(topology, records, tell);
  for (const problem of problems) tell(`✗ ${problem}`);
  tell(problems.length === 0 ? '✓ all runs ended right' : `${problems.length} problems`);
  return problems.length === 0;
}

async function use({ temporal, spark, dataRoot }: Topology, interrupted: Promise<void>): Promise<boolean> {
  tell(`TEMPORAL_ADDRESS=${temporal.address} SPARK_REMOTE=${spark.remote} NIGHTJAR__DATAROOT=${dataRoot}`);
  tell(`Spark: ${spark.uiUrl}, its master: ${spark.masterUrl}; Ctrl-C ends it`);
  await interrupted;
  return true;
}

main().then(
  (ok) => {
    process.exitCode = ok ? 0 : 1;
  },
  (error: unknown) => {
    const expected = error instanceof TopologyError || error instanceof ServiceStartError;
    process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : error}\n`);
    process.exitCode = 1;
  },
);
