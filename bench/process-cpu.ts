import { readFileSync } from 'node:fs';

/** Clock ticks a second in Linux's /proc: fixed to 100 on all architectures that matter. */
const ticksPerSecond = 100;

/** CPU seconds that a process has used so far, all threads together; undefined where there is no Linux /proc. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
