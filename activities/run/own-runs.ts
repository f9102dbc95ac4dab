import type { Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { mappedBatchWorkflow } from '../../contract/workflows.js';
import { runFolder } from '../context/layout.js';
import { recordOfTry } from './replay.js';

/** The run that an activity says it belongs to. */
export type RunIdentity = { dagId: string; runId: string };

/** One execution of a workflow, as Temporal names it. */
type Execution = { workflowId: string; runId: string };

/** Who called an activity, as the server says. */
export type Caller = Pick<Info, 'workflowExecution' | 'workflowType'>;

/** Executions that are remembered as ours: each is looked at once by each worker. */
const maxRemembered = 10_000;

/** A refusal of an activity: one line, never retried. */
export const refuseCaller = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'CallerRefused');

/**
 * Tells the workflows of this installation's runs from all others. What names a workflow proves nothing: anyone may start
 * one of any type and id, on a task queue and with code of his own. What does is the run's record. It is written by a local
 * activity, which no one but the code of our own workflows can call, and holds Temporal's id of the run's first execution, which
 * the server gives out.
 */
export class OwnRuns {
  /** By Temporal's run id of the caller and the run that it names. */
  private readonly known = new Map<string, Promise<void>>();

  constructor(readonly dataRoot: string) {}

  /** @throws ApplicationFailure CallerRefused when the caller is not the run's workflow or one of its batches */
  check({ workflowExecution, workflowType }: Caller, run: RunIdentity, client: Client): Promise<void> {
    if (workflowExecution === undefined) throw refuseCaller('no workflow called it');
    const key = `${workflowExecution.runId} ${run.dagId} ${run.runId}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const checking = this.look(workflowExecution, workflowType, run, client);
    this.known.set(key, checking);
    const [oldest] = this.known.keys();
    if (this.known.size > maxRemembered && oldest !== undefined) this.known.delete(oldest);
    checking.catch(() => this.known.delete(key));
    return checking;
  }

  private async look(
    caller: Execution,
    workflowType: string | undefined,
    run: RunIdentity,
    client: Client,
  ): Promise<void> {
    const execution = workflowType === mappedBatchWorkflow ? (await describe(caller, client)).parent : caller;
    if (execution !== undefined && (await this.isRecorded(execution, run, client))) return;
    throw refuseCaller(
      `workflow "${caller.workflowId}" of type "${workflowType}" is not that of run "${run.runId}" of DAG "${run.dagId}": this worker has prepared no such run for it`,
    );
  }

  private async isRecorded(
    execution: Execution,
    { dagId, runId }: RunIdentity,
    client: Client,
  ): Promise<boolean> {
    const folder = runFolder(this.dataRoot, dagId, runId);
    const isOf = async (temporalRunId: string): Promise<boolean> => {
      const record = await recordOfTry(folder, temporalRunId);
      return record?.workflowId === execution.workflowId && record.runId === runId && record.dagId === dagId;
    };
    if (await isOf(execution.runId)) return true;
    // A run that was reset, or goes on in a new execution, keeps the record of its first.
    const { firstRunId } = await describe(execution, client);
    return firstRunId !== undefined && firstRunId !== execution.runId && (await isOf(firstRunId));
  }
}

async function describe(
  { workflowId, runId }: Execution,
  client: Client,
): Promise<{ firstRunId?: string | undefined; parent?: Execution | undefined }> {
  try {
    const { raw, parentExecution } = await client.workflow.getHandle(workflowId, runId).describe();
    const { workflowId: parentId, runId: parentRunId } = parentExecution ?? {};
    return {
      firstRunId: raw.workflowExecutionInfo?.firstRunId ?? undefined,
      parent: parentId && parentRunId ? { workflowId: parentId, runId: parentRunId } : undefined,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}
