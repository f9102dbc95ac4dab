import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { CallbackEvent } from '../../dag/callback-event.js';
import type { CallbackAction } from '../../dag/schema/callbacks.js';
import { id } from '../../dag/schema/primitives.js';
import { runFolder } from '../context/layout.js';
import type { TaskEnvironment } from '../context/task-context.js';
import { deliver } from '../notifications/deliver.js';
import { OperatorError } from '../operator.js';
import { underPolicy } from '../policy.js';

/** An action with its templates rendered, and the event that it tells of. */
export type Notification = {
  action: CallbackAction;
  event: CallbackEvent;
  /** The DAG's folder, where commands run. Absolute. */
  folder: string;
  /** Origins of the addresses that the document writes; absent when there are none. */
  origins?: string[];
};

export type CallbackActivities = { notifyEvent(notification: Notification): Promise<void> };

/** The shape of a {@link Notification}. Keys that are not known here are let through, as in a task's input. */
export const notificationSchema = z.looseObject({
  action: z.looseObject({}),
  event: z.looseObject({ dagId: id, runId: z.string().min(1), workflowId: z.string(), kind: z.string() }),
  folder: z.string().min(1),
});

/** Carries out a callback's action, and notes in the run's log how that went. @throws ApplicationFailure */
export async function notifyEvent(
  { action, event, folder, origins }: Notification,
  { dataRoot, files, policy }: Pick<TaskEnvironment, 'dataRoot' | 'files' | 'policy'>,
): Promise<void> {
  const { dagId, runId, task, kind } = event;
  const bindings = { dag: dagId, run: runId, ...(task === undefined ? {} : { task }), event: kind };
  const { cancellationSignal: signal, info } = Context.current();
  const { log, close } = files.open(runFolder(dataRoot, dagId, runId), bindings);
  try {
    const delivery = { log, signal, env: process.env, cwd: folder };
    await underPolicy({ ...policy, origins }, () => deliver(action, event, delivery));
    log.info(`callback of ${kind} carried out`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error({ try: info.attempt }, `callback of ${kind} failed: ${message}`);
    if (!(error instanceof OperatorError)) throw error;
    const { type, retryable, retryAfter } = error;
    throw ApplicationFailure.create({
      message,
      type,
      nonRetryable: !retryable,
      ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter }),
    });
  } finally {
    close();
  }
}
