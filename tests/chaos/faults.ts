import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';
import type { Site } from './site.js';

/** Something that goes wrong, and is over after `ms`: the part that heals by itself goes on after that. */
type Fault = {
  name: string;
  /** How many processes it kills. */
  kills?: number;
  strike(site: Site, dice: Dice, ms: number): Promise<void>;
};

/** Sends a signal to a server, unless it is down already. */
function signal(server: { pid(): number | undefined } | undefined, name: NodeJS.Signals): void {
  const pid = server?.pid();
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

const killServer = (of: 'temporal' | 'spark'): Fault => ({
  name: `SIGKILL of ${of === 'temporal' ? 'Temporal' : 'Spark'}`,
  kills: 1,
  strike: async ({ servers }) => signal(servers[of], 'SIGKILL'),
});

const stopServer = (of: 'temporal' | 'spark'): Fault => ({
  name: `SIGSTOP of ${of === 'temporal' ? 'Temporal' : 'Spark'}`,
  strike: async ({ servers }, _, ms) => {
    const pid = servers[of]?.pid();
    signal(servers[of], 'SIGSTOP');
    await sleep(ms);
    signal({ pid: () => pid }, 'SIGCONT');
  },
});

const cut = (which: 'temporal' | 'spark'): Fault => ({
  name: `connections to ${which === 'temporal' ? 'Temporal' : 'Spark'} cut`,
  strike: async ({ proxies }, _, ms) => {
    proxies[which].cut();
    await sleep(ms / 2);
    proxies[which].restore();
  },
});

const workerOf = ({ workers }: Site, dice: Dice) => {
  const worker = workers[dice.between(0, workers.length - 1)];
  if (worker === undefined) throw new Error('there are no workers');
  return worker;
};

const all: [Fault, ...Fault[]] = [
  {
    name: 'SIGKILL of a worker',
    kills: 1,
    strike: (site, dice) => workerOf(site, dice).replace(),
  },
  {
    name: 'SIGSTOP of a worker',
    strike: async (site, dice, ms) => {
      const worker = workerOf(site, dice);
      worker.pause();
      await sleep(2 * ms);
      worker.resume();
    },
  },
  killServer('temporal'),
  stopServer('temporal'),
  killServer('spark'),
  stopServer('spark'),
  cut('temporal'),
  cut('spark'),
  {
    name: 'SIGKILL of all at once',
    // Two workers and two servers.
    kills: 4,
    strike: async ({ servers, workers }) => {
      signal(servers.temporal, 'SIGKILL');
      signal(servers.spark, 'SIGKILL');
      await Promise.all(workers.map((worker) => worker.replace()));
    },
  },
];

/** Only where the data root is a disk of its own. */
const fullDisk: Fault = {
  name: 'full disk',
  strike: async ({ dataRoot }, _, ms) => {
    const ballast = join(dataRoot, 'ballast');
    // Until there is no room.
    await writeFile(ballast, Buffer.alloc(600 * 1024 ** 2)).catch(() => undefined);
    await sleep(ms);
    await rm(ballast, { force: true });
  },
};

/** A fault at a time after the start of a trial's runs. */
export type PlannedFault = { fault: Fault; atMs: number; ms: number };

/** Draws the faults of a trial. @param withinMs How long its runs take undisturbed */
export function planFaults(dice: Dice, hasDisk: boolean, withinMs: number): PlannedFault[] {
  const kinds: [Fault, ...Fault[]] = hasDisk ? [...all, fullDisk] : all;
  return Array.from({ length: dice.between(3, 7) }, () => ({
    fault: dice.pick(kinds),
    atMs: dice.between(100, Math.round(withinMs)),
    ms: dice.between(1_000, 5_000),
  })).sort((a, b) => a.atMs - b.atMs);
}

/** Lets the faults happen, each at its time; they may overlap. */
export async function strike(site: Site, dice: Dice, faults: readonly PlannedFault[]): Promise<void> {
  await Promise.all(
    faults.map(async ({ fault, atMs, ms }) => {
      await sleep(atMs);
      await fault.strike(site, dice, ms);
    }),
  );
}
