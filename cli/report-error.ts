import { CommanderError } from 'commander';
import { ConfigError } from '../config/loader.js';
import { ServiceStartError } from '../embedded/service.js';
import { ConnectionError } from '../worker/connection/connect.js';
import { CliError, exitCodes } from './exit.js';

/** Prints an error, without a stack when it is not a bug, and gives the exit code that fits. */
export function reportError(error: unknown): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const isUnavailable = error instanceof ServiceStartError || error instanceof ConnectionError;
  const known = error instanceof CliError || error instanceof ConfigError || isUnavailable;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConfigError) return exitCodes.usage;
  return isUnavailable ? exitCodes.unavailable : exitCodes.failed;
}
