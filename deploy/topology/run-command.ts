import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { excerpt } from '../../embedded/service.js';
import { TopologyError } from './topology-error.js';

/** Runs a command to its end, with what it prints in a file. @throws TopologyError when it fails */
export async function runCommand(
  what: string,
  [command = '', ...args]: readonly string[],
  options: { cwd: string; logFile: string; env?: Record<string, string> },
): Promise<void> {
  const log = openSync(options.logFile, 'a');
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const [code] = await once(child, 'exit').catch((error: Error) => [error.message]);
  if (code === 0) return;
  throw new TopologyError(
    `could not ${what} (${command}: ${code}). Log: ${options.logFile}\n${excerpt(readFileSync(options.logFile, 'utf8'))}`,
  );
}
