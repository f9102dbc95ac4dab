import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { peakBytes, resetPeak } from '../process-peak.js';
import { chain, layered, mapped } from './dags.js';
import { measure, type Side } from './side.js';

/** No history of ours may be longer: the server warns from 10,240 events on. */
export const maxEvents = 10_000;

type LargeDag = { name: string; dagId: string; yaml: string };

export const largeDags: readonly LargeDag[] = [
  { name: 'a task mapped 10,000 times', dagId: 'mapped-10000', yaml: mapped('mapped-10000', 10_000) },
  { name: 'chain of 1,000 tasks', dagId: 'chain-1000', yaml: chain('chain-1000', 1000) },
  {
    name: '20 layers of 100 tasks, 10,000 edges',
    dagId: 'layered-2000',
    yaml: layered('layered-2000', { layers: 20, width: 100, edges: 10_000 }),
  },
];

export type ScaleResult = {
  name: string;
  seconds: number;
  /** Workflow executions that the run took: itself, what it continued as, and its children. */
  executions: number;
  /** Events in the longest history among them, and in all. */
  mostEvents: number;
  allEvents: number;
  /** Highest resident set of the worker during the run, in bytes; undefined where there is no Linux /proc. */
  workerPeak: number | undefined;
};

/** Runs what is large, one after the other. @throws Error when a run fails or a history is too long */
export async function measureScale(side: Side): Promise<ScaleResult[]> {
  const results: ScaleResult[] = [];
  for (const { name, dagId } of largeDags) {
    const workflowId = `${dagId}/${randomUUID()}`;
    if (side.workerPid !== undefined) resetPeak(side.workerPid);
    const { seconds } = await measure(side, { type: dagId, args: [], workflowIds: [workflowId] });
    const histories = (await executionsOf(side.client, workflowId)).map(({ historyLength }) => historyLength);
    const mostEvents = Math.max(...histories);
    process.stderr.write(`${name}: ${seconds.toFixed(1)} s, at most ${mostEvents} events\n`);
    if (mostEvents >= maxEvents) {
      throw new Error(`${name}: a history of ${mostEvents} events, expected less than ${maxEvents}`);
    }
    results.push({
      name,
      seconds,
      executions: histories.length,
      mostEvents,
      allEvents: histories.reduce((sum, events) => sum + events, 0),
      workerPeak: side.workerPid === undefined ? undefined : peakBytes(side.workerPid),
    });
  }
  return results;
}

/** All workflow executions of a run, once the server lists them as closed. */
async function executionsOf(client: Client, workflowId: string): Promise<WorkflowExecutionInfo[]> {
  for (;;) {
    const found: WorkflowExecutionInfo[] = [];
    for await (const execution of client.workflow.list({ query: `RootWorkflowId = '${workflowId}'` })) {
      found.push(execution);
    }
    const isClosed = found.length > 0 && found.every(({ status }) => status.name !== 'RUNNING');
    if (isClosed) return found;
    await sleep(100);
  }
}
