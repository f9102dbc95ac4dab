import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { RunInput } from '../activities/run/run-input.js';
import type { Config } from '../config/loader.js';
import { CliError } from './exit.js';
import { isOpen, type ListedRun, runsAt, serverRun } from './list-runs.js';
import { idTime, runInput } from './run-options.js';

/** Which run is meant: its logical date, or what follows the DAG's id in its Workflow ID. */
export type RunName = { logicalDate?: string; runId?: string };

/** What a run is given. */
export type Given = Pick<RunInput, 'params' | 'settings'>;

/**
 * Starts a run of a DAG that there is not yet, and gives its Workflow ID.
 * @throws CliError when there is one of that date or id
 */
export async function startRun(
  client: Client,
  dagId: string,
  given: Given,
  { logicalDate, runId }: RunName,
  config: Config,
): Promise<string> {
  if (logicalDate !== undefined) {
    const [existing] = await runsAt({ client, config }, dagId, logicalDate);
    if (existing !== undefined)
      throw new CliError(alreadyThere(existing, `logical date ${idTime(logicalDate)}`));
  }
  const input: RunInput | undefined = runInput({ ...given, logicalDate });
  const now = new Date().toISOString();
  const taken = await startUnderFreeId(
    client,
    dagId,
    runId !== undefined
      ? [runId]
      : logicalDate !== undefined
        ? [idTime(logicalDate)]
        : [now.replace(/\.\d+/, ''), now],
    { taskQueue: config.temporal.taskQueue, args: input === undefined ? [] : [input] },
  );
  if (typeof taken === 'string') return taken;
  const { workflowId, existing } = taken;
  if (existing === undefined)
    throw new CliError(`Workflow ID ${workflowId} is taken by something else; choose another with --run-id`);
  throw new CliError(alreadyThere(existing, `id ${workflowId}`));
}

/** Two that are triggered at once must not both become the run of their id: only the server can tell. */
async function startUnderFreeId(
  client: Client,
  dagId: string,
  ids: readonly string[],
  how: { taskQueue: string; args: RunInput[] },
): Promise<string | { workflowId: string; existing: ListedRun | undefined }> {
  let taken: { workflowId: string; existing: ListedRun | undefined } | undefined;
  for (const id of ids) {
    const workflowId = `${dagId}/${id}`;
    try {
      await client.workflow.start(dagId, { ...how, workflowId, workflowIdReusePolicy: 'REJECT_DUPLICATE' });
      return workflowId;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const existing = await serverRun(client, workflowId);
      // It refused its input, so there is nothing of it that could be replayed.
      if (existing?.state === 'failed' && existing.logicalDate === undefined) {
        await client.workflow.start(dagId, { ...how, workflowId });
        return workflowId;
      }
      taken = { workflowId, existing };
    }
  }
  if (taken === undefined) throw new Error('no id was given');
  return taken;
}

function alreadyThere(run: ListedRun, what: string): string {
  const { workflowId, state } = run;
  const again = isOpen(run)
    ? `\`nightjar runs watch ${workflowId}\` shows it`
    : `--replay, or \`nightjar tasks clear ${workflowId}\` for some of its tasks, runs it again`;
  return `there is a run with ${what} already: ${workflowId}, state ${state}; ${again}`;
}
