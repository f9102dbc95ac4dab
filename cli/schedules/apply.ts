import {
  type Backfill,
  type Client,
  type ScheduleDescription,
  type ScheduleUpdateOptions,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { runsBetween } from '../../activities/run/timetable.js';
import { caughtUpMemo, goneNote, type Step } from './plan.js';
import { catchupPolicy, scheduleOptions } from './settings.js';

/** Does what a plan says of one schedule. What users set themselves, such as a pause and its note, stays. */
export async function applyStep(client: Client, step: Step): Promise<void> {
  const handle = client.schedule.getHandle(step.scheduleId);
  switch (step.action) {
    case 'create':
      await create(client, step);
      break;
    case 'update':
      await handle.update((present) => updated(present, step));
      break;
    case 'pause':
      await handle.pause(goneNote);
      break;
    case 'delete':
      await handle.delete();
      break;
  }
  if (step.catchUp !== undefined) await catchUp(client, step);
}

async function create(client: Client, { scheduleId, wanted }: Step): Promise<void> {
  if (wanted === undefined) return;
  const paused = wanted.dag.isPausedUponCreation === true;
  await client.schedule.create({
    scheduleId,
    ...scheduleOptions(wanted.settings),
    memo: { owner: 'nightjar' },
    ...(paused && { state: { paused, note: 'isPausedUponCreation' } }),
  });
}

function updated({ action, state }: ScheduleDescription, { wanted, resume }: Step): ScheduleUpdateOptions {
  if (wanted === undefined) throw new Error('an update needs settings');
  const options = scheduleOptions(wanted.settings);
  return {
    ...options,
    action: { ...options.action, ...(action.memo && { memo: action.memo }) },
    state: resume ? { ...state, paused: false, note: '' } : state,
  };
}

/**
 * Starts the runs since `startDate` that the schedule hasn't had, by a backfill of Temporal's, and then notes how far they go.
 * Where a deploy died in between, the runs that were started already are left out.
 */
async function catchUp(client: Client, { scheduleId, wanted, catchUp }: Step): Promise<void> {
  if (wanted === undefined || catchUp === undefined) return;
  const { dag } = wanted;
  const { dagId, startDate } = dag;
  if (startDate === undefined) return;
  const handle = client.schedule.getHandle(scheduleId);
  const end =
    catchUp.until === undefined ? (await handle.describe()).info.createdAt : new Date(catchUp.until);
  const ranges: Backfill[] = [];
  let range: Backfill | undefined;
  for (const time of runsBetween(dag, new Date(startDate), end)) {
    if (await exists(client, scheduledWorkflowId(dagId, time))) range = undefined;
    else if (range !== undefined) range.end = time;
    else {
      range = { start: time, end: time, overlap: catchupPolicy(dag) };
      ranges.push(range);
    }
  }
  if (ranges.length > 0) await handle.backfill(ranges);
  await handle.update(({ spec, policies, action, state }) => ({
    spec,
    policies,
    action: { ...action, memo: { ...action.memo, [caughtUpMemo]: startDate } },
    state,
  }));
}

/** The Workflow ID that a schedule gives to the run of a time. */
const scheduledWorkflowId = (dagId: string, time: Date): string =>
  `${dagId}-${time.toISOString().replace(/\.\d+Z$/, 'Z')}`;

/** A schedule starts a Workflow ID again whose execution has ended, so that it must be asked. */
async function exists(client: Client, workflowId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
