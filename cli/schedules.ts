import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { DagDocument } from '../dag/document.js';

/** Ids of the schedules that are Nightjar's. */
export const scheduleId = (dagId: string): string => `nightjar/${dagId}`;

/**
 * Makes the Temporal schedule of a DAG what its document says, keeping whether someone paused it.
 * @returns when it fires next, if it does
 */
export async function applySchedule(
  client: Client,
  dag: DagDocument,
  taskQueue: string,
): Promise<Date | undefined> {
  const options = scheduleOptions(dag, taskQueue);
  const handle = client.schedule.getHandle(options.scheduleId);
  try {
    await handle.update(({ state }) => ({ ...options, state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(options);
  }
  return (await handle.describe()).info.nextActionTimes[0];
}

function scheduleOptions(dag: DagDocument, taskQueue: string) {
  const { dagId, schedule, timezone, startDate, endDate, jitter, catchupWindow } = dag;
  if (schedule === undefined || 'datasets' in schedule)
    throw new Error(`DAG "${dagId}" has no times to run at`);
  return {
    scheduleId: scheduleId(dagId),
    spec: {
      ...('cron' in schedule
        ? { cronExpressions: [schedule.cron] }
        : { intervals: [{ every: schedule.every }] }),
      timezone,
      jitter,
      ...(startDate === undefined ? {} : { startAt: new Date(startDate) }),
      ...(endDate === undefined ? {} : { endAt: new Date(endDate) }),
    },
    // A run that takes longer than the interval must not swallow the next one.
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow },
    action: {
      type: 'startWorkflow',
      workflowType: dagId,
      // The server appends the scheduled time.
      workflowId: dagId,
      taskQueue,
      args: [],
    },
    memo: { owner: 'nightjar' },
  } satisfies ScheduleOptions;
}
