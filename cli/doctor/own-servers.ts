import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, parseIdentity } from '../../embedded/setup/process-identity.mjs';

/** A server that `nightjar start` or `nightjar dev` of this installation has started and that runs now. */
export type OwnServer = {
  kind: 'temporal' | 'spark';
  pid: number;
  grpc: number;
  ui: number;
  /** That of its instance. */
  folder: string;
};

/** How the ports are told on the command lines of the servers. */
const portArguments = {
  temporal: [/--port[\s\0](\d+)/, /--ui-port[\s\0](\d+)/],
  spark: [/-Dspark\.connect\.grpc\.binding\.port=(\d+)/, /-Dspark\.ui\.port=(\d+)/],
} as const;

/** The embedded servers that run now, those of the first instance first. Instances of tests have no number and don't count. */
export function findOwnServers(home: string): OwnServer[] {
  const instances = join(home, 'instances');
  if (!existsSync(instances)) return [];
  return readdirSync(instances)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((name) =>
      (['temporal', 'spark'] as const).flatMap((kind) => running(kind, join(instances, name))),
    );
}

function running(kind: OwnServer['kind'], folder: string): OwnServer[] {
  const pidFile = join(folder, `${kind}.pid`);
  if (!existsSync(pidFile)) return [];
  const identity = parseIdentity(readFileSync(pidFile, 'utf8'));
  if (identity === undefined || !isRunning(identity)) return [];
  const line = commandLine(identity.pid);
  const [grpc, ui] = portArguments[kind].map((pattern) => Number(pattern.exec(line)?.[1]));
  return grpc && ui ? [{ kind, pid: identity.pid, grpc, ui, folder }] : [];
}

/** '' for a process that has just ended. */
function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
