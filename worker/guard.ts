import type { Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { withDataRoot } from '../activities/context/data-root.js';
import { type OwnRuns, type RunIdentity, refuseCaller } from '../activities/run/own-runs.js';
import { read } from '../contract/read.js';

/** An activity that workflows call through the server: the shape of what it takes, and the run that this names. */
export type RemoteActivity<Schema extends z.ZodType = z.ZodType> = {
  input: Schema;
  runOf(input: z.output<Schema>): RunIdentity;
};

/**
 * Lets a worker's activities run for Nightjar's own workflows alone, with input of the right shape. Around every activity,
 * before anything else: all but those in `remote` are local ones, which only the workflow code of a worker of ours can call.
 */
export function guard(
  remote: (activityType: string) => RemoteActivity | undefined,
  runs: OwnRuns,
  log: Logger,
): ActivityInterceptorsFactory {
  const runNamed = (info: Info, args: readonly unknown[]): RunIdentity => {
    const activity = remote(info.activityType);
    if (activity === undefined) throw refuseCaller('only workflows of Nightjar call it, as a local activity');
    if (info.workflowExecution === undefined)
      throw refuseCaller('it was started on its own: only the workflows of DAG runs call it');
    const input = read<z.output<z.ZodType>>(() => activity.input, args[0]);
    if (input.ok) return activity.runOf(input.value);
    throw refuseCaller(`its input is not what a run gives it: ${input.problem}`);
  };
  return (activity) => {
    const { info, client } = activity;
    if (info.isLocal) return {};
    return {
      inbound: {
        async execute(input, next) {
          try {
            const run = runNamed(info, input.args);
            await withDataRoot(
              activity,
              runs.dataRoot,
              () => runs.check(info, run, client),
              ({ message }) => log.warn(run, `${info.activityType} waits: ${message}`),
            );
          } catch (error) {
            throw refused(error, info, log);
          }
          return next(input);
        },
      },
    };
  };
}

function refused(error: unknown, info: Info, log: Logger): unknown {
  if (!(error instanceof ApplicationFailure) || error.nonRetryable !== true) return error;
  const message = `activity "${info.activityType}" is refused: ${error.message}`;
  log.warn({ workflowId: info.workflowExecution?.workflowId }, message);
  return ApplicationFailure.nonRetryable(message, error.type);
}
