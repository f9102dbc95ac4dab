import { type Client, isGrpcServiceError, type WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

const logicalDateKey = defineSearchAttributeKey('NightjarLogicalDate', SearchAttributeType.DATETIME);
const runStateKey = defineSearchAttributeKey('NightjarRunState', SearchAttributeType.KEYWORD);

/** Statuses of Temporal's that say how a run ended whatever the run itself said last. */
export const endStates: Readonly<Partial<Record<string, 'success' | 'failed' | 'cancelled'>>> = {
  COMPLETED: 'success',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
};

/** A run as the server lists it. Lists lag behind a little. */
export type ListedRun = Pick<WorkflowExecutionInfo, 'workflowId' | 'startTime'> & {
  /** Temporal's id of the execution. */
  execution: string;
  /** `queued`, `running`, `success`, `failed` or `cancelled`. */
  state: string;
  /** Whether Temporal has it as open. */
  isOpen: boolean;
};

/** The latest run of a DAG at each logical date from one to another, both included, by time in milliseconds. */
export async function listedRuns(
  dagId: string,
  from: number,
  to: number,
  client: Client,
): Promise<Map<number, ListedRun>> {
  const runs = new Map<number, ListedRun>();
  // A little more than the range: servers that store times as text find none that is equal to an end.
  const [before, after] = [from - 1, to + 1].map((time) => new Date(time).toISOString());
  const query = `WorkflowType = "${dagId}" AND NightjarDag = "${dagId}" AND NightjarLogicalDate BETWEEN "${before}" AND "${after}"`;
  try {
    for await (const run of client.workflow.list({ query })) {
      const { workflowId, runId: execution, startTime, status, typedSearchAttributes } = run;
      const time = typedSearchAttributes.get(logicalDateKey)?.getTime();
      if (time === undefined || time < from || time > to || status.name === 'CONTINUED_AS_NEW') continue;
      const other = runs.get(time);
      if (other !== undefined && other.startTime > startTime) continue;
      const state = endStates[status.name] ?? typedSearchAttributes.get(runStateKey) ?? 'running';
      runs.set(time, { workflowId, execution, startTime, state, isOpen: status.name === 'RUNNING' });
    }
  } catch (error) {
    // A server that was not given Nightjar's search attributes can't answer.
    if (isGrpcServiceError(error) && /search attribute/i.test(error.message)) return new Map();
    throw error;
  }
  return runs;
}
