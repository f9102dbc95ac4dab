/** Exit codes of the `nightjar` command. */
export const exitCodes = {
  ok: 0,
  /** The run failed or was cancelled, a request was refused, or the doctor found an error. */
  failed: 1,
  /** The command, its arguments, the configuration or a DAG file is wrong: nothing was started. */
  usage: 2,
  /** No server or worker could be reached or started. */
  unavailable: 3,
  /** Interrupted by the user. */
  interrupted: 130,
} as const;

/** A mistake of the user's or of the surroundings: its message is all that is printed. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.usage,
  ) {
    super(message);
  }
}
