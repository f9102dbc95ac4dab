import type { Findings } from './figures.js';
import type { GeneratorBench } from './generator.js';
import { machineLine } from './machine.js';

export function generatorFindings({ versions, runs }: GeneratorBench): Findings {
  const { node: _, ...libraries } = versions;
  return {
    lines: [machineLine(libraries)],
    tables: [
      {
        title: 'One process and one shard a row',
        head: ['records', 'seconds', 'CPU seconds', 'rows/s', 'peak MiB', 'Parquet MiB'],
        rows: runs.map((run) => [
          run.records.toLocaleString('en'),
          run.seconds.toFixed(2),
          run.cpuSeconds.toFixed(2),
          Math.round(run.rowsPerSecond).toLocaleString('en'),
          run.peakMiB.toFixed(0),
          run.writtenMiB.toFixed(1),
        ]),
      },
    ],
  };
}
