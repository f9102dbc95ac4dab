import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { endStates } from '../../activities/run/listed-runs.js';
import type { Config } from '../../config/loader.js';
import {
  type BackfillState,
  type BackfillSummary,
  type BackfillView,
  backfilledDag,
  backfillMemo,
  backfillMessages,
  backfillWorkflow,
  backfillWorkflowId,
} from '../../dag/backfill/messages.js';
import { didYouMean } from '../../dag/nearest.js';
import { answered } from '../answered.js';
import { CliError } from '../exit.js';

/** A backfill as commands list it. What it has done so far is missing when it never got to plan anything. */
export type ListedBackfill = {
  dagId: string;
  workflowId: string;
  /** Temporal's id of the execution: backfills of a DAG share the Workflow ID. */
  temporalRunId: string;
  state: BackfillState;
  startedAt: string;
  finishedAt?: string;
  summary?: BackfillSummary;
};

/** A backfill with all that it tells of itself, as far as a worker answers for it. */
export type ShownBackfill = Omit<ListedBackfill, 'summary'> &
  Partial<BackfillSummary> &
  Partial<BackfillView>;

/** The backfills that the server knows, the last started first; of one DAG, if it is named. */
export async function listBackfills(
  client: Client,
  { temporal }: Config,
  { dagId, limit }: { dagId?: string; limit: number },
): Promise<ListedBackfill[]> {
  const query = [
    `WorkflowType = "${backfillWorkflow}" AND TaskQueue = "${temporal.taskQueue}"`,
    'ExecutionStatus != "ContinuedAsNew"',
    ...(dagId === undefined ? [] : [`WorkflowId = "${backfillWorkflowId(dagId)}"`]),
  ].join(' AND ');
  const found: ListedBackfill[] = [];
  for await (const execution of client.workflow.list({ query })) {
    found.push(listed(execution));
    if (found.length === limit) break;
  }
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

function listed({
  workflowId,
  runId,
  status,
  startTime,
  closeTime,
  memo,
}: Omit<WorkflowExecutionInfo, 'raw'>): ListedBackfill {
  const summary = memo?.[backfillMemo] as BackfillSummary | undefined;
  return {
    dagId: backfilledDag(workflowId) ?? workflowId,
    workflowId,
    temporalRunId: runId,
    state: endStates[status.name] ?? summary?.state ?? 'running',
    startedAt: startTime.toISOString(),
    ...(closeTime === undefined ? {} : { finishedAt: closeTime.toISOString() }),
    ...(summary === undefined ? {} : { summary }),
  };
}

/** The latest backfill of a DAG, which the user names by the DAG's id or the Workflow ID. @throws CliError with the nearest */
export async function findBackfill(client: Client, name: string, config: Config): Promise<ListedBackfill> {
  const dagId = backfilledDag(name) ?? name;
  try {
    return listed(await client.workflow.getHandle(backfillWorkflowId(dagId)).describe());
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const all = await listBackfills(client, config, { limit: 200 });
  const known = [...new Set(all.map((each) => each.dagId))];
  const hint = didYouMean(dagId, known);
  throw new CliError(
    `there is no backfill of DAG "${dagId}"${hint === undefined ? '' : ` (${hint})`}; backfills: ${known.join(', ') || 'none'}`,
  );
}

/** What a backfill tells of itself; undefined when it refused its input. @throws CliError when no worker answers */
export const backfillView = (
  client: Client,
  { dagId, temporalRunId }: ListedBackfill,
): Promise<BackfillView> =>
  answered(client, 'backfills are kept by workers', () =>
    client.workflow
      .getHandle(backfillWorkflowId(dagId), temporalRunId)
      .query<BackfillView>(backfillMessages.state),
  );

/** A backfill in full, or as it was when it last changed its state when no worker can tell. */
export async function shownBackfill(client: Client, backfill: ListedBackfill): Promise<ShownBackfill> {
  const { summary, ...rest } = backfill;
  const view = await backfillView(client, backfill).catch((error: unknown) => {
    if (error instanceof CliError) return undefined;
    throw error;
  });
  return { ...summary, ...view, ...rest };
}
