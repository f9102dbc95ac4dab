import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Lock, tryLock } from './setup/lock.mjs';
import { endLeftover } from './setup/process-identity.mjs';

/** `main` keeps its state for the next start; `ephemeral` is thrown away when it is released. */
export type InstanceKind = 'main' | 'ephemeral';

/** A folder with the state and logs of one set of embedded servers, held by this process alone. */
export interface Instance {
  readonly folder: string;
  /** Position among the lasting instances, 0 for the first; undefined when ephemeral. */
  readonly slot: number | undefined;
  /** Lets another process have it. Removes the folder when ephemeral. */
  release(): Promise<void>;
}

const EPHEMERAL = 'ephemeral-';

/**
 * Takes an instance that no running process holds: of kind `main` the lowest free slot, so that the state of the last
 * start is found again, and a second concurrent start gets a state of its own.
 *
 * @param home folder of set-up's and the servers' files
 */
export async function takeInstance(home: string, kind: InstanceKind): Promise<Instance> {
  const instances = path.join(home, 'instances');
  await mkdir(home, { recursive: true });
  // State and logs are their owner's alone, made by an earlier release as well.
  await mkdir(instances, { recursive: true, mode: 0o700 });
  await chmod(instances, 0o700);
  if (kind === 'ephemeral') {
    await sweep(instances);
    const folder = path.join(instances, `${EPHEMERAL}${randomUUID().slice(0, 8)}`);
    await mkdir(folder, { mode: 0o700 });
    const lock = tryLock(path.join(folder, 'lock'));
    if (!lock) throw new Error(`${folder} is new and yet locked.`);
    return instance(folder, undefined, async () => {
      await rm(folder, { recursive: true, force: true });
      lock.release();
    });
  }
  for (let slot = 0; ; slot++) {
    const folder = path.join(instances, String(slot));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = tryLock(path.join(folder, 'lock'));
    if (!lock) continue;
    await endLeftovers(folder);
    return instance(folder, slot, async () => lock.release());
  }
}

function instance(folder: string, slot: number | undefined, release: () => Promise<void>): Instance {
  return { folder, slot, release };
}

/** Removes ephemeral instances of processes that were killed before they could. */
async function sweep(instances: string): Promise<void> {
  for (const name of await readdir(instances)) {
    if (!name.startsWith(EPHEMERAL)) continue;
    const folder = path.join(instances, name);
    const lock = takeIfOld(folder);
    if (!lock) continue;
    await endLeftovers(folder);
    await rm(folder, { recursive: true, force: true });
    lock.release();
  }
}

/** A folder without a lock file is being made, or removed, by another process right now. */
function takeIfOld(folder: string): Lock | undefined {
  const lock = path.join(folder, 'lock');
  return existsSync(lock) ? tryLock(lock) : undefined;
}

/** Ends servers that outlived both their supervisor and its parent: they would hold ports, files and memory. */
async function endLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith('.pid')) endLeftover(path.join(folder, name));
}
