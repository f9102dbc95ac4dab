import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { Progress } from '../activities/operator.js';
import type { RunView } from '../workflows/run-view.js';

/** What goes on in a task right now, beyond what its workflow knows. */
export type RunningTask = { key: string; attempt: number; progress?: Progress; lastFailure?: string };

/** Where a run stands at one moment. `view` is what the workflow last answered. */
export type Snapshot = { view: RunView | undefined; running: RunningTask[]; unreachable: boolean };

export type RunEnd =
  | { ok: true; view: RunView }
  | { ok: false; cancelled: boolean; error: string; view: RunView | undefined };

const pollIntervalMs = 500;

/** Watches a run until it ends, telling where it stands twice a second; lives through restarts of server and worker. */
export async function watchRun(
  client: Client,
  workflowId: string,
  tell: (snapshot: Snapshot) => void,
): Promise<RunEnd> {
  const handle = client.workflow.getHandle(workflowId);
  let view: RunView | undefined;
  for (;;) {
    const snapshot = await look(handle).catch((error: unknown) => {
      if (isGrpcServiceError(error)) return undefined;
      throw error;
    });
    view = snapshot?.view ?? view;
    tell({ view, running: snapshot?.running ?? [], unreachable: snapshot === undefined });
    if (snapshot?.closed) break;
    await sleep(pollIntervalMs);
  }
  try {
    const result = (await handle.result()) as RunView;
    return { ok: true, view: result };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const last = await lastView(handle);
    const cancelled = error.cause?.name === 'CancelledFailure';
    return { ok: false, cancelled, error: error.cause?.message ?? error.message, view: last ?? view };
  }
}

async function look(handle: WorkflowHandle): Promise<Omit<Snapshot, 'unreachable'> & { closed: boolean }> {
  const description = await handle.describe();
  const closed = description.status.name !== 'RUNNING';
  const view = await lastView(handle);
  return { view, running: await runningTasks(handle, description), closed };
}

/** What goes on in a run's tasks, by what the server has of them. */
export async function runningTasks(
  handle: WorkflowHandle,
  description: WorkflowExecutionDescription,
): Promise<RunningTask[]> {
  const activities = (description.raw.pendingActivities ?? []).map(async (activity): Promise<RunningTask> => {
    const details = activity.heartbeatDetails?.payloads?.[0];
    const progress = details == null ? undefined : await decode<Progress>(handle, details);
    return {
      key: activity.activityId ?? '',
      attempt: activity.attempt ?? 1,
      ...(progress === undefined ? {} : { progress }),
      ...(activity.lastFailure?.message ? { lastFailure: activity.lastFailure.message } : {}),
    };
  });
  return Promise.all(activities);
}

/** The SDK decodes what it knows; heartbeats come raw. */
async function decode<T>({ client }: WorkflowHandle, payload: Payload): Promise<T> {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let decoded = [payload];
  for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
  return payloadConverter.fromPayload<T>(decoded[0] ?? payload);
}

/** The workflow's own answer; undefined while no worker is there to give it. */
export async function lastView(handle: WorkflowHandle): Promise<RunView | undefined> {
  try {
    return await handle.query<RunView | undefined>('state');
  } catch (error) {
    if (error instanceof Error && /Query|ServiceError|Grpc/i.test(error.name)) return undefined;
    throw error;
  }
}
