import { isDeepStrictEqual } from 'node:util';
import { type ScheduleDescription, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import type { DagDocument } from '../../dag/document.js';
import { formatDuration } from '../../dag/duration.js';
import type { OverlapPolicy } from '../../dag/schema/schedule.js';
import { type Times, timesOf } from './times.js';

/** Ids of the schedules that are Nightjar's. */
export const scheduleId = (dagId: string): string => `${scheduleIdPrefix}${dagId}`;
export const scheduleIdPrefix = 'nightjar/';

/** What a DAG says of its schedule, in a form that Temporal's description can be brought to as well. */
export type ScheduleSettings = Times & {
  timezone: string;
  startDate: string | undefined;
  endDate: string | undefined;
  jitter: number;
  overlap: string;
  catchupWindow: number;
  pauseOnFailure: boolean;
  workflow: string;
  taskQueue: string;
};

/** What a DAG wants. @param now says around which years clock changes are told */
export function wantedSettings(dag: DagDocument, taskQueue: string, now: Date): ScheduleSettings {
  const { timezone, startDate, endDate, jitter, catchupWindow, pauseOnFailure = false } = dag;
  return {
    ...timesOf(dag, now),
    timezone,
    startDate,
    endDate,
    jitter,
    overlap: overlapOf(dag),
    catchupWindow,
    pauseOnFailure,
    workflow: dag.dagId,
    taskQueue,
  };
}

/** What the server has. */
export function presentSettings({ spec, policies, action }: ScheduleDescription): ScheduleSettings {
  return {
    calendars: spec.calendars ?? [],
    intervals: (spec.intervals ?? []).map(({ every, offset }) => ({ every, offset: offset ?? 0 })),
    skip: spec.skip ?? [],
    timezone: spec.timezone || 'UTC',
    startDate: spec.startAt?.toISOString(),
    endDate: spec.endAt?.toISOString(),
    jitter: spec.jitter ?? 0,
    overlap: (policies.overlap ?? ScheduleOverlapPolicy.SKIP).toLowerCase().replace('_', '-'),
    catchupWindow: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    workflow: action.workflowType,
    taskQueue: action.taskQueue,
  };
}

/** What makes a schedule of Temporal's from them. */
export function scheduleOptions(settings: ScheduleSettings) {
  const { calendars, intervals, skip, timezone, startDate, endDate, jitter } = settings;
  const { overlap, catchupWindow, pauseOnFailure, workflow, taskQueue } = settings;
  return {
    spec: {
      calendars,
      intervals,
      skip,
      timezone,
      jitter,
      ...(startDate === undefined ? {} : { startAt: new Date(startDate) }),
      ...(endDate === undefined ? {} : { endAt: new Date(endDate) }),
    },
    policies: { overlap: toPolicy(overlap as OverlapPolicy), catchupWindow, pauseOnFailure },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      // The server appends the scheduled time.
      workflowId: workflow,
      taskQueue,
      args: [],
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
}

/** A setting that differs, in words for people. */
export type Difference = { field: string; from: string | undefined; to: string | undefined };

export function differences(present: ScheduleSettings | undefined, wanted: ScheduleSettings): Difference[] {
  const from = present && inWords(present);
  const to = inWords(wanted);
  const told = Object.entries(to).flatMap(([field, value]) =>
    from?.[field] === value ? [] : [{ field, from: from?.[field], to: value }],
  );
  const isSame = ({ calendars, intervals, skip }: Times) => ({ calendars, intervals, skip });
  if (present === undefined || told.length > 0 || isDeepStrictEqual(isSame(present), isSame(wanted)))
    return told;
  return [{ field: 'clock changes', from: 'of past years', to: 'of the years around this one' }];
}

/** Each setting in words; those that say nothing are left out of what is new. */
function inWords(settings: ScheduleSettings): Record<string, string | undefined> {
  const { calendars, intervals, skip } = settings;
  const comments = (some: Times['calendars']) =>
    [...new Set(some.map(({ comment }) => comment ?? 'unnamed'))].join('; ') || undefined;
  // Where there are calendars, intervals are moments on days on which clocks change.
  const every = intervals.map(({ every, offset }) =>
    offset === 0
      ? `every ${formatDuration(every)}`
      : `every ${formatDuration(every)} from ${formatDuration(offset)}`,
  );
  return {
    schedule: comments(calendars) ?? every.join('; '),
    skip: comments(skip),
    timezone: settings.timezone,
    startDate: settings.startDate,
    endDate: settings.endDate,
    jitter: formatDuration(settings.jitter),
    overlap: settings.overlap,
    catchupWindow: formatDuration(settings.catchupWindow),
    pauseOnFailure: String(settings.pauseOnFailure),
    workflow: settings.workflow,
    taskQueue: settings.taskQueue,
  };
}

/** What a run does that is due while another runs. @see docs/scheduling.md for why */
export function overlapOf({ overlap, catchup, maxActiveRuns }: DagDocument): OverlapPolicy {
  if (overlap !== undefined) return overlap;
  // The limit makes runs wait, in state `queued`.
  if (maxActiveRuns !== undefined) return 'allow-all';
  return catchup ? 'buffer-all' : 'buffer-one';
}

/** Runs that are made up for are never dropped. */
export const catchupPolicy = (dag: DagDocument): ScheduleOverlapPolicy =>
  overlapOf(dag) === 'allow-all' ? ScheduleOverlapPolicy.ALLOW_ALL : ScheduleOverlapPolicy.BUFFER_ALL;

const toPolicy = (overlap: OverlapPolicy): ScheduleOverlapPolicy =>
  ScheduleOverlapPolicy[
    overlap.toUpperCase().replace('-', '_') as Exclude<keyof typeof ScheduleOverlapPolicy, 'UNSPECIFIED'>
  ];
