import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { runIdOf } from '../activities/context/layout.js';
import type { Config } from '../config/loader.js';
import { CliError } from './exit.js';
import { recordOf } from './find-run.js';
import { type ListedRun, runOfRecord, runsAt, serverRun } from './list-runs.js';
import { note } from './output.js';
import { idTime, runInput } from './run-options.js';
import type { Given, RunName } from './start-run.js';

/**
 * Runs the run of this logical date or id again under the Workflow ID that it has, which it gives: what failed, or all of
 * it if nothing did. @throws CliError when there is none, or it goes on
 */
export async function replayRun(
  client: Client,
  dagId: string,
  given: Given,
  { logicalDate, runId }: RunName,
  config: Config,
): Promise<string> {
  const named = runId === undefined ? `logical date ${idTime(logicalDate ?? '')}` : `id ${dagId}/${runId}`;
  const runs =
    runId === undefined
      ? await runsAt({ client, config }, dagId, logicalDate ?? '')
      : [await runOfId(client, dagId, runId, config)];
  const [earlier] = runs;
  if (earlier === undefined)
    throw new CliError(`DAG "${dagId}" has no run with ${named} to replay; without --replay one is started`);
  const { workflowId, state } = earlier;
  const all =
    state === 'success' ? (await recordOf(earlier, config))?.dag.tasks.map(({ id }) => id) : undefined;
  const input = {
    ...given,
    replay: { workflowId, ...(all === undefined ? {} : { tasks: all }) },
  };
  try {
    await client.workflow.start(dagId, {
      workflowId,
      taskQueue: config.temporal.taskQueue,
      args: [runInput(input)],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CliError(
      `run ${workflowId} goes on (state ${state}): \`nightjar tasks clear ${workflowId}\` runs some of its tasks again, \`nightjar runs cancel ${workflowId}\` ends it`,
    );
  }
  note(
    all === undefined
      ? 'what failed runs again, all other results are reused'
      : 'it had succeeded: all of it runs again',
  );
  return workflowId;
}

async function runOfId(
  client: Client,
  dagId: string,
  runId: string,
  config: Config,
): Promise<ListedRun | undefined> {
  const workflowId = `${dagId}/${runId}`;
  const record = await recordOf({ dagId, runId: runIdOf(dagId, workflowId) }, config);
  return (await serverRun(client, workflowId)) ?? (record && runOfRecord(record));
}
