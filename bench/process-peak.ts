import { readFileSync, writeFileSync } from 'node:fs';

/** Forgets the highest resident set of a process, so that {@link peakBytes} tells that of the time since. Linux only. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // No Linux, or not allowed: the peak is then that of the process's whole life.
  }
}

/** Highest resident set of a process; undefined where there is no Linux /proc. */
export function peakBytes(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
