import type { CallbackEvent } from '../../dag/callback-event.js';
import type { Json } from '../operator.js';

/** What a task of operator `notify` tells. Plain JSON. */
export type MessageEvent = {
  kind: 'message';
  dagId: string;
  runId: string;
  /** ISO 8601, UTC. */
  logicalDate: string;
  /** The task's id, with its index when it is mapped. */
  task: string;
  message?: string;
  data?: Json;
  /** ISO 8601, UTC: when it was sent. */
  at: string;
};

export type NotificationEvent = CallbackEvent | MessageEvent;

/** An event in one line, for people. */
export function describeEvent(event: NotificationEvent): string {
  const { dagId, runId, task } = event;
  const subject = `${dagId}${task === undefined ? '' : ` · ${task}`}`;
  if (event.kind === 'message')
    return (
      event.message ??
      `${subject} (run ${runId})${event.data === undefined ? '' : `: ${JSON.stringify(event.data)}`}`
    );
  const verbs = {
    success: 'succeeded',
    failure: 'failed',
    retry: 'will be tried again',
    deadline: 'has not ended by its deadline',
  };
  const reason = event.reason === undefined ? '' : `: ${event.reason}`;
  const verb = event.state === 'held' ? 'failed and is held' : verbs[event.kind];
  return `${subject} ${verb} (run ${runId})${reason}`;
}
