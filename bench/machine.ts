import { cpus, loadavg, totalmem } from 'node:os';

/** The machine in a line, with its load of the last minute: figures of a busy machine are no figures. */
export function machineLine(versions: Record<string, string>): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const software = Object.entries({ node: process.versions.node, ...versions });
  return [
    `${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GiB`,
    software.map(([name, version]) => `${name} ${version}`).join(', '),
    `load before the start ${loadAtStart.toFixed(2)}`,
    new Date().toISOString().slice(0, 10),
  ].join('; ');
}

const loadAtStart = loadavg()[0] ?? Number.NaN;
