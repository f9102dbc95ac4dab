import { proxyActivities, startChild } from '@temporalio/workflow';

/** What a stranger's workflow does: calls an activity of another's worker, or starts a workflow there as its child. */
export type Foreign = {
  taskQueue: string;
  activity?: { name: string; input: unknown };
  child?: { type: string; workflowId: string; args: unknown[] };
};

/** Takes any workflow type, as Nightjar does: a stranger may name his after a DAG. */
export default async function foreign({ taskQueue, activity, child }: Foreign): Promise<unknown> {
  if (child !== undefined) {
    const { type, workflowId, args } = child;
    return (await startChild(type, { taskQueue, workflowId, args })).result();
  }
  const { name = '', input } = activity ?? {};
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue,
    startToCloseTimeout: '20s',
    retry: { maximumAttempts: 1 },
  });
  return activities[name]?.(input);
}
