import type { Client } from '@temporalio/client';
import { type PoolView, poolMessages, poolWorkflow } from '../../dag/pool/messages.js';

/** More pools than this are not asked: each look asks them all. */
const mostPools = 100;

/** How long an answer is good for, and how long a pool may take to give one, in milliseconds. */
const freshness = 10_000;
const patience = 2_000;

/** Asks all pools how they stand, at most every ten seconds. One that doesn't answer in time is left out. */
export function poolViews(client: Client): () => Promise<PoolView[]> {
  let last: { at: number; views: Promise<PoolView[]> } | undefined;
  const ask = async (): Promise<PoolView[]> => {
    const asked: Promise<PoolView | undefined>[] = [];
    const query = `WorkflowType = "${poolWorkflow}" AND ExecutionStatus = "Running"`;
    for await (const { workflowId } of client.workflow.list({ query, pageSize: mostPools })) {
      const handle = client.workflow.getHandle(workflowId);
      asked.push(
        client.connection
          .withDeadline(Date.now() + patience, () => handle.query<PoolView>(poolMessages.state))
          .catch(() => undefined),
      );
      if (asked.length === mostPools) break;
    }
    return (await Promise.all(asked)).filter((view) => view !== undefined);
  };
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > freshness) last = { at: now, views: ask().catch(() => []) };
    return last.views;
  };
}
