import { type Client, isGrpcServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { CliError, exitCodes } from './exit.js';

/** How long a workflow may take to answer before it counts as served by no worker. */
export const answerTimeout = 10_000;

/** Calls a workflow that a worker has to answer for. @throws CliError when none does, and with a refusal as the workflow words it */
export async function answered<T>(client: Client, who: string, call: () => Promise<T>): Promise<T> {
  try {
    return await client.connection.withDeadline(Date.now() + answerTimeout, call);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new CliError(error.cause?.message ?? error.message, exitCodes.failed);
    if (!isGrpcServiceError(error) && !/^WorkflowUpdateRPCTimeout/.test((error as Error).name)) throw error;
    throw new CliError(
      `no worker answers: ${who}, start one with \`nightjar worker\``,
      exitCodes.unavailable,
    );
  }
}
