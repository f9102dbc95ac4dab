import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { npm } from '../embedded/setup/npm.mjs';
import { asText, type Findings } from './figures.js';
import { machineLine } from './machine.js';
import { MemorySampler } from './process-memory.js';

/** Measures the memory of all processes of an `npm start`, its servers among them. Linux only. @throws Error when the run fails */
export async function benchMemory(records: number): Promise<Findings> {
  if (!existsSync('/proc/self/smaps_rollup'))
    throw new Error('memory is measured by /proc of Linux, which is not here');
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-'));
  try {
    const settings = [`dataRoot=${join(folder, 'data')}`, `generate.records=${records}`];
    const start = performance.now();
    const sampler = await sampleNpmStart(settings.flatMap((setting) => ['--set', setting]));
    const findings = memoryFindings(records, sampler, (performance.now() - start) / 1000);
    console.log(asText(findings));
    return findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sampleNpmStart(args: string[]): Promise<MemorySampler> {
  const { command, args: npmStart } = npm(['start', '--', ...args]);
  // Its progress and errors are shown, which go to stderr; its results are not asked for.
  const child = spawn(command, npmStart, { cwd: repositoryRoot, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  const sampler = new MemorySampler(child.pid ?? 0);
  try {
    const code = await ended;
    if (code !== 0)
      throw new Error(`npm start ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
  } finally {
    sampler.stop();
  }
  return sampler;
}

function memoryFindings(records: number, sampler: MemorySampler, seconds: number): Findings {
  const parts = Object.entries(sampler.peakOfParts).sort(([, a], [, b]) => b - a);
  return {
    lines: [
      machineLine({}),
      `${records.toLocaleString('en')} records by \`npm start\`, ${seconds.toFixed(0)} s with starting and stopping the servers. Peak of all processes together: ${gib(sampler.peak)} GiB.`,
    ],
    tables: [
      {
        title: 'Proportional set size, GiB',
        head: ['processes', "at the sum's peak", 'own peak'],
        rows: [
          ...parts.map(([name, bytes]) => [name, gib(sampler.partsAtPeak[name] ?? 0), gib(bytes)]),
          ['all', gib(sampler.peak), ''],
        ],
      },
    ],
  };
}

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);
