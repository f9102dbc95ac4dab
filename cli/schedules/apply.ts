import type { Client, ScheduleDescription, ScheduleUpdateOptions } from '@temporalio/client';
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
 * Starts the runs since `startDate` that the schedule hasn't had, by a backfill of Temporal's, and then notes how far they go. If
 * that is lost, the same backfill starts nothing again: a schedule never starts the same Workflow ID twice.
 */
async function catchUp(client: Client, { scheduleId, wanted, catchUp }: Step): Promise<void> {
  if (wanted === undefined || wanted.dag.startDate === undefined || catchUp === undefined) return;
  const handle = client.schedule.getHandle(scheduleId);
  const { startDate } = wanted.dag;
  const end =
    catchUp.until === undefined ? (await handle.describe()).info.createdAt : new Date(catchUp.until);
  await handle.backfill({ start: new Date(startDate), end, overlap: catchupPolicy(wanted.dag) });
  await handle.update(({ spec, policies, action, state }) => ({
    spec,
    policies,
    action: { ...action, memo: { ...action.memo, [caughtUpMemo]: startDate } },
    state,
  }));
}
