import { readdirSync, readFileSync } from 'node:fs';

/**
 * Samples the memory of a process and all its descendants: proportional set size, which shares pages that several
 * processes map among them, with what is swapped out, from Linux's /proc.
 */
export class MemorySampler {
  /** Highest sum seen, in bytes. */
  peak = 0;
  /** The parts of that sum by what the processes are, in bytes. */
  partsAtPeak: Record<string, number> = {};
  /** Highest seen of each part by itself, in bytes. */
  peakOfParts: Record<string, number> = {};
  private readonly timer: NodeJS.Timeout;

  constructor(root: number, intervalMs = 500) {
    this.timer = setInterval(() => this.sample(root), intervalMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(root: number): void {
    const parts: Record<string, number> = {};
    for (const pid of family(root)) {
      const name = nameOf(pid);
      parts[name] = (parts[name] ?? 0) + proportionalSetSize(pid);
    }
    for (const [name, bytes] of Object.entries(parts)) {
      this.peakOfParts[name] = Math.max(this.peakOfParts[name] ?? 0, bytes);
    }
    const sum = Object.values(parts).reduce((all, part) => all + part, 0);
    if (sum <= this.peak) return;
    this.peak = sum;
    this.partsAtPeak = parts;
  }
}

function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function proportionalSetSize(pid: number): number {
  const parts = read(`/proc/${pid}/smaps_rollup`).matchAll(/^(?:Pss|SwapPss):\s+(\d+) kB/gm);
  return [...parts].reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
}

function nameOf(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ');
  if (command.includes('SparkConnectServer')) return 'Spark Connect server';
  if (command.includes('start-dev')) return 'Temporal server';
  if (command.includes('worker/main.js')) return 'Nightjar worker';
  if (command.includes('supervisor.mjs')) return 'supervisors';
  if (command.includes('cli/main.js')) return 'command line';
  return 'npm and set-up';
}

/** The file's text; empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
