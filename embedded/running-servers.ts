import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identify, isRunning, parseIdentity } from './setup/process-identity.mjs';

/** A server of an instance, with its ports on 127.0.0.1. */
export type AnnouncedServer = { kind: 'temporal' | 'spark'; grpc: number; ui: number };

/** A server that `nightjar start` or `nightjar dev` of this installation has started and that runs now. */
export type RunningServer = AnnouncedServer & {
  /** That of its instance. */
  folder: string;
};

/** In an instance's folder while its servers run: the process that holds the instance, and its servers. */
const stateFile = (folder: string): string => path.join(folder, 'servers.json');

/** Says which servers of an instance run, in one atomic step, for this user's eyes only. */
export async function announceServers(folder: string, servers: readonly AnnouncedServer[]): Promise<void> {
  const file = stateFile(folder);
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify({ ...identify(process.pid), servers })}\n`, { mode: 0o600 });
  await rename(draft, file);
}

export const withdrawServers = (folder: string): Promise<void> => rm(stateFile(folder), { force: true });

/**
 * The embedded servers that run now, those of the first instance first. What a process that was killed has left says
 * nothing; instances of tests have no number and don't count.
 * @param home folder of set-up's and the servers' files
 */
export function runningServers(home: string): RunningServer[] {
  const instances = path.join(home, 'instances');
  if (!existsSync(instances)) return [];
  return readdirSync(instances)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((name) => serversOf(path.join(instances, name)));
}

function serversOf(folder: string): RunningServer[] {
  const file = stateFile(folder);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const holder = parseIdentity(text);
  if (holder === undefined || !isRunning(holder)) return [];
  const { servers = [] } = JSON.parse(text) as { servers?: AnnouncedServer[] };
  return servers.map((server) => ({ ...server, folder }));
}
