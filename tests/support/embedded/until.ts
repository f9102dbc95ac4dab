import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. The test's own time-out is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}
