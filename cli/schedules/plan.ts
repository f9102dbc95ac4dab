import { existsSync } from 'node:fs';
import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleSummary,
} from '@temporalio/client';
import type { DagFile } from '../../activities/run/dag-files.js';
import { runsBetween } from '../../activities/run/timetable.js';
import type { DagDocument } from '../../dag/document.js';
import {
  type Difference,
  differences,
  presentSettings,
  type ScheduleSettings,
  scheduleId,
  scheduleIdPrefix,
  wantedSettings,
} from './settings.js';
import { hasTimes } from './times.js';

/** What is to be done with a schedule. */
export type Step = {
  dagId: string;
  scheduleId: string;
  action: 'create' | 'update' | 'unchanged' | 'pause' | 'delete' | 'keep' | 'refuse';
  differences: Difference[];
  /** Why, where it isn't plain. */
  reason?: string;
  /** Of a DAG that has a schedule. */
  wanted?: { dag: DagDocument; settings: ScheduleSettings };
  /** Whether it was paused because its DAG was gone, and the DAG is back. */
  resume?: boolean;
  /** The runs to make up for: how many, up to when. When undefined `until` is when the schedule is created. */
  catchUp?: { runs: number; until: string | undefined };
};

export type DeployOptions = {
  client: Client;
  /** What the folders hold, right or wrong. */
  files: readonly DagFile[];
  folders: readonly string[];
  /** Whose schedules these are: one installation, one task queue. */
  taskQueue: string;
  /** Deletes schedules whose DAGs are gone, instead of pausing them. */
  prune: boolean;
  now: Date;
};

/** The note of schedules that are paused because there is no DAG to run. */
export const goneNote = 'paused by nightjar deploy: its DAG is gone';

/** Where the schedule's own runs begin that were made up for, in the memo of the runs that it starts. */
export const caughtUpMemo = 'NightjarCaughtUpFrom';

/** What makes the server's schedules those of the DAGs. Changes nothing. */
export async function planDeploy(options: DeployOptions): Promise<Step[]> {
  const { client, files } = options;
  const steps: Step[] = [];
  for (const file of files) {
    if (!file.ok) continue;
    const step = await stepOf(file.dag, options);
    if (step !== undefined) steps.push(step);
  }
  const known = new Set(files.flatMap((file) => (file.ok ? [file.dag.dagId] : [])));
  for await (const summary of client.schedule.list()) {
    const dagId = summary.scheduleId.slice(scheduleIdPrefix.length);
    if (!isNightjars(summary) || known.has(dagId)) continue;
    const present = await describe(client, summary.scheduleId);
    if (present === undefined || present.action.taskQueue !== options.taskQueue) continue;
    steps.push(stepOfGone(dagId, present, options));
  }
  return steps.sort((a, b) => (a.dagId < b.dagId ? -1 : 1));
}

const isNightjars = ({ scheduleId, memo }: Pick<ScheduleSummary, 'scheduleId' | 'memo'>): boolean =>
  scheduleId.startsWith(scheduleIdPrefix) && memo?.owner === 'nightjar';

async function stepOf(dag: DagDocument, options: DeployOptions): Promise<Step | undefined> {
  const { client, taskQueue, now } = options;
  const id = scheduleId(dag.dagId);
  const step = { dagId: dag.dagId, scheduleId: id, differences: [] };
  const present = await describe(client, id);
  if (!hasTimes(dag)) {
    if (present === undefined || !isNightjars(present) || present.action.taskQueue !== taskQueue)
      return undefined;
    return { ...step, action: 'delete', reason: 'its DAG has no times any more' };
  }
  const settings = wantedSettings(dag, taskQueue, now);
  const wanted = { dag, settings };
  if (present === undefined) {
    const catchUp = dag.isPausedUponCreation ? undefined : catchUpOf(dag, now);
    return {
      ...step,
      action: 'create',
      differences: differences(undefined, settings),
      wanted,
      ...(catchUp && { catchUp: { ...catchUp, until: undefined } }),
    };
  }
  if (!isNightjars(present)) {
    return { ...step, action: 'refuse', reason: `there is a schedule of this id that isn't Nightjar's` };
  }
  const owner = present.action.taskQueue;
  if (owner !== taskQueue) {
    const reason = `it belongs to the installation with task queue "${owner}", not "${taskQueue}": give one of the two DAGs another id, or delete the schedule`;
    return { ...step, action: 'refuse', reason };
  }
  const changed = differences(presentSettings(present), settings);
  const resume = present.state.paused && present.state.note === goneNote;
  const catchUp = present.state.paused && !resume ? undefined : catchUpOf(dag, caughtUpFrom(present));
  return {
    ...step,
    action: changed.length > 0 || resume || catchUp !== undefined ? 'update' : 'unchanged',
    differences: changed,
    wanted,
    ...(resume && { resume }),
    ...(catchUp && { catchUp }),
  };
}

/** The runs that a DAG is to make up for, of those before a time. */
function catchUpOf(dag: DagDocument, before: Date): Step['catchUp'] {
  if (!dag.catchup || dag.startDate === undefined) return undefined;
  const until = new Date(before.getTime() - 1);
  const runs = runsBetween(dag, new Date(dag.startDate), until).length;
  return runs === 0 ? undefined : { runs, until: until.toISOString() };
}

/** From when on the schedule has had its runs: its creation, or what was made up for since. */
function caughtUpFrom({ action, info }: ScheduleDescription): Date {
  const from = action.memo?.[caughtUpMemo];
  return typeof from === 'string' ? new Date(from) : info.createdAt;
}

function stepOfGone(dagId: string, present: ScheduleDescription, options: DeployOptions): Step {
  const step = { dagId, scheduleId: present.scheduleId, differences: [] };
  const doubt = whyNotGone(dagId, options);
  if (doubt !== undefined) return { ...step, action: 'keep', reason: doubt };
  if (options.prune) return { ...step, action: 'delete', reason: 'its DAG is gone' };
  if (present.state.paused) {
    return { ...step, action: 'unchanged', reason: 'its DAG is gone; it is paused (--prune deletes it)' };
  }
  return { ...step, action: 'pause', reason: 'its DAG is gone (--prune deletes the schedule)' };
}

/** Why a DAG that wasn't found may be there all the same. */
function whyNotGone(dagId: string, { files, folders }: DeployOptions): string | undefined {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) return `there is no folder ${missing}, in which its DAG may be`;
  const broken = files.filter((file) => !file.ok);
  if (broken.some((file) => file.dagId === dagId)) return "its DAG's file is broken";
  // Of a module, and of what can't be read, it isn't known which DAGs it has.
  const unclear = broken.find(({ file, dagId: id }) => id === undefined || !/\.ya?ml$/.test(file));
  return unclear && `${unclear.file} is broken, in which its DAG may be`;
}

/** The schedule as it is, or undefined when there is none. */
export async function describe(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
